"""Where a waiting link stands: how many are before it and when it can be expected to go out. Reads only.

The order is that of `AccessLinkQuerySet.due`, played forward: interactive before bulk, accounts in turns, and within
an account first come, first served.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from invitations.models import AccessLink, Hold, Priority, Status
from invitations.services.reads import call_budget, health


@dataclass(frozen=True)
class Place:
    """`expected_at` is None when nobody can say: sending is stopped, or no worker runs."""

    ahead: int
    expected_at: datetime | None
    hold: Hold | None
    worker_late_since: datetime | None


@dataclass(frozen=True)
class Waiting:
    """The due links of one account and priority: how many, and how many of them came before the one asked about."""

    account: int
    bulk: bool
    served_at: datetime | None
    first: datetime
    count: int
    before: int


def place(*, link: AccessLink, now: datetime | None = None) -> Place | None:
    """The place of a queued link; None when it is not queued."""
    now = now or timezone.now()
    if link.status != Status.QUEUED:
        return None
    hold = Hold.objects.of_link(link).first()
    late = health.worker_late_since(now)
    moment = max(link.not_before or now, now)
    ahead = _ahead(_waiting(link, moment), link.account_id, bulk=link.invitation.priority == Priority.BULK)
    expected = None
    if hold is None and late is None:
        seconds = call_budget.expected(ahead=ahead, now=now)
        expected = max(moment, now + timedelta(seconds=seconds))
    return Place(ahead, expected, hold, late)


def _waiting(link: AccessLink, moment: datetime) -> list[Waiting]:
    earlier = Q(queued_at__lt=link.queued_at) | Q(queued_at=link.queued_at, pk__lt=link.pk)
    rows = (
        Hold.objects.let_pass(AccessLink.objects.due(moment))
        .order_by()
        .values_list("account_id", "invitation__priority", "account__served_at")
        .annotate(first=Min("queued_at"), count=Count("pk"), before=Count("pk", filter=earlier))
    )
    return [
        Waiting(account, priority == Priority.BULK, served_at, *numbers)
        for account, priority, served_at, *numbers in rows
    ]


def _ahead(waiting: Sequence[Waiting], account: int, *, bulk: bool) -> int:
    """How many go out before the link of this account and priority, when nothing more comes in."""
    interactive = _in_turn(row for row in waiting if not row.bulk)
    if not bulk:
        return _ahead_in(interactive, account)
    # Whoever is served while interactive ones go out stands behind the others afterwards, the last one last.
    served = {row.account: (row.count, position) for position, row in enumerate(interactive)}
    fresh = _in_turn(row for row in waiting if row.bulk and row.account not in served)
    again = sorted(
        (row for row in waiting if row.account in served and row.bulk), key=lambda row: served[row.account]
    )
    return sum(row.count for row in interactive) + _ahead_in([*fresh, *again], account)


def _in_turn(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Longest unserved first; those never served before all others, by who came first."""
    return sorted(waiting, key=lambda row: (row.served_at is not None, row.served_at or row.first, row.first))


def _ahead_in(turns_: Sequence[Waiting], account: int) -> int:
    """Rounds in which every account sends one, until the one asked about is next."""
    own = next((position for position, row in enumerate(turns_) if row.account == account), len(turns_))
    rounds = turns_[own].before if own < len(turns_) else max((row.count for row in turns_), default=0)
    before = sum(min(row.count, rounds + 1) for row in turns_[:own])
    after = sum(min(row.count, rounds) for row in turns_[own + 1 :])
    return before + rounds + after if own < len(turns_) else before
