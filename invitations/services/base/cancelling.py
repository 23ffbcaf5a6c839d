"""What waits in the queue and is not to leave any more. Called in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from invitations.models import AccessLink, Attempt, Status
from invitations.models.attempt import Outcome

WAITING = (Status.QUEUED, Status.DRAFT)


def cancel(*, links: Iterable[AccessLink], now: datetime) -> int:
    """Cancels those of the links that still wait, with their attempts, and says how many."""
    rows = AccessLink.objects.filter(pk__in=[link.pk for link in links])
    moved = sum(
        rows.move(status, Status.CANCELLED, not_before=None, wait_reason="", holds_open_slot=False)
        for status in WAITING
    )
    ended = Attempt.objects.filter(access_link__in=rows, access_link__status=Status.CANCELLED, outcome="")
    ended.update(outcome=Outcome.CANCELLED, finished_at=now)
    return moved
