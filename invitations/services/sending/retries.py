"""When a try that left nothing behind is made again, and when the machine gives up. Reads only.

Eight tries, or 24 hours from the first failed one; the hours stand still while a hold stops the link. A refusal
for the rate limit is none of the eight: it never holds before the day is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from invitations.models import AccessLink, Attempt, Hold
from invitations.models.hold import HoldScope

PAUSES = (5, 15, 30, 60, 120, 300, 900)  # seconds after the first, second, … failed try
MOST_TRIES = 8
LONGEST = timedelta(hours=24)


def pause_after(tries: int) -> int:
    """Seconds before the next try, growing with those made."""
    return PAUSES[max(0, min(tries, len(PAUSES)) - 1)]


def used_up(*, attempt: Attempt, link: AccessLink, now: datetime) -> bool:
    """Whether the machine has tried often or long enough."""
    first = attempt.first_failed_at
    if first is None:
        return False
    if attempt.tries >= MOST_TRIES:
        return True
    return now - first >= LONGEST and now - first - _stood_still(attempt, link, first, now) >= LONGEST


def _stood_still(attempt: Attempt, link: AccessLink, since: datetime, now: datetime) -> timedelta:
    """How long holds stopped this link between two moments; holds at the same time count once."""
    stopping = Hold.objects.filter(
        Q(scope=HoldScope.EVERYTHING)
        | Q(scope=HoldScope.CREDENTIAL, credential=attempt.credential)
        | Q(scope=HoldScope.ACCOUNT, account_id=link.account_id)
        | Q(scope=HoldScope.LINK, access_link=link),
        Q(released_at=None) | Q(released_at__gt=since),
        since__lt=now,
    )
    total, reached = timedelta(0), since
    for start, end in stopping.order_by("since").values_list("since", "released_at"):
        end = min(end or now, now)
        total += max(timedelta(0), end - max(start, reached))
        reached = max(reached, end)
    return total
