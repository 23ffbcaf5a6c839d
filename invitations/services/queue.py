"""Where a waiting link stands: how many are before it and when it can be expected to go out. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from invitations.models import AccessLink, Hold, Status
from invitations.services import health, holds, turns


@dataclass(frozen=True)
class Place:
    """`expected_at` is None when nobody can say: sending is stopped, or no worker runs."""

    ahead: int
    expected_at: datetime | None
    hold: Hold | None
    worker_late_since: datetime | None


def place(*, link: AccessLink, now: datetime | None = None) -> Place | None:
    """The place of a queued link; None when it is not queued."""
    now = now or timezone.now()
    if link.status != Status.QUEUED:
        return None
    hold = holds.first_for_link(link)
    late = health.worker_late_since(now)
    moment = max(link.not_before or now, now)
    order = list(holds.unstopped(AccessLink.objects.due(moment)).values_list("pk", flat=True)[:2000])
    ahead = order.index(link.pk) if link.pk in order else len(order)
    expected = None
    if hold is None and late is None:
        seconds = turns.expected(ahead=ahead, now=now)
        expected = max(moment, now + timedelta(seconds=seconds))
    return Place(ahead, expected, hold, late)
