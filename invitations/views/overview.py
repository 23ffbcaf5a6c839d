"""The first page: what waits for me, what I sent last, three numbers. Changes nothing."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from invitations.models import User
from invitations.permissions import StaffRequest, can_change
from invitations.services import reading
from invitations.views.invitations import with_badges


@require_safe
def overview(request: StaffRequest) -> HttpResponse:
    """`/`."""
    user: User = request.user
    numbers = reading.numbers(user=user)
    return render(
        request,
        "overview/overview.html",
        {
            "needs_me": with_badges(reading.needs_me(user=user, now=timezone.now())),
            "latest": with_badges(reading.latest(user=user)),
            "numbers": numbers,
            "median": _spoken(numbers.median),
            "cap": reading.CAP,
            "can_change": can_change(user),
        },
    )


def _spoken(length: timedelta | None) -> str:
    """A length in hours, from two days on in days; empty when it is not known."""
    if length is None:
        return ""
    hours = round(length.total_seconds() / 3600)
    if hours < 48:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    days = round(hours / 24)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
