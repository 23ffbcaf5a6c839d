"""The first page: what waits for me, what I sent last, three numbers. Changes nothing."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from invitations.models import User
from invitations.permissions import StaffRequest
from invitations.services.reads import overview as figures
from invitations.words import rows
from invitations.words.lengths import spoken


@require_safe
def overview(request: StaffRequest) -> HttpResponse:
    """`/`."""
    user: User = request.user
    numbers = figures.numbers(user=user)
    return render(
        request,
        "overview/overview.html",
        {
            "needs_me": rows.lines(figures.needs_me(user=user, now=timezone.now())),
            "latest": rows.lines(figures.latest(user=user)),
            "numbers": numbers,
            "weeks": _bars(figures.weekly(user=user, now=timezone.now())),
            "median": spoken(numbers.median),
            "cap": figures.CAP,
            "can_change": user.can_change,
            "unknown": figures.unknown_count(user) if user.can_change else 0,
        },
    )


def _bars(weeks: list[tuple[datetime, int]]) -> list[dict[str, Any]]:
    """Bars of a chart 240 by 48: twelve weeks, the highest one over the whole height, none a thin line."""
    most = max(count for _, count in weeks) or 1
    bars = []
    for place, (start, count) in enumerate(weeks):
        height = max(round(count / most * 48), 1)
        words = ngettext(
            "week of %(day)s: %(count)d invitation", "week of %(day)s: %(count)d invitations", count
        )
        label = words % {"day": date_format(start, "MONTH_DAY_FORMAT"), "count": count}
        bars.append({"x": place * 20 + 2, "y": 48 - height, "height": height, "label": label})
    return bars
