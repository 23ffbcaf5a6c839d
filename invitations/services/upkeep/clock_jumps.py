"""Puts right what a clock that was set back leaves behind: moments that lie ahead, and would hold work up until then.

What limits, leases or orders by time is moved back by as far as the clock was ahead. What tells people of the past
stays as it was written, the record above all. Nothing here sends anything, and nothing that may have left is undone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import models, transaction
from django.db.models import F

from invitations.errors import NotYours
from invitations.models import (
    AccessLink,
    Account,
    Attempt,
    EventKind,
    Hold,
    Message,
    User,
    VendorCall,
    WorkerBeat,
)
from invitations.services.base import audit
from invitations.services.base.clock import database_now
from invitations.services.calls import pacing
from invitations.services.invitations import expire
from invitations.services.reads import clock_ahead

log = logging.getLogger("invitations.clock")
TOLD_EVERY = timedelta(hours=1)  # a machine whose clock stays wrong must not fill the record

# Each table with its columns that limit, lease or order, in the order in which rows are locked everywhere. A column of
# the past that lies ahead is wrong for certain. One that waits for a moment may be right: it then comes too early by as
# far as the clock was wrong, and whatever it waits for is asked again before anything is done.
PUT_RIGHT: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (AccessLink, ("queued_at", "not_before", "lease_until")),
    (Attempt, ("first_failed_at", "finished_at")),
    (Message, ("not_before", "lease_until")),
    (Hold, ("since", "released_at")),
    (Account, ("served_at",)),
    (WorkerBeat, ("started_at", "beat_at")),
)


def put_right(*, by: User | None = None, now: datetime | None = None) -> timedelta | None:
    """Moves back what lies ahead; by how far, or None where nothing does. `by` is None for the machine.

    Raises NotYours.
    """
    if by is not None and not by.is_admin:
        raise NotYours
    now = now or database_now()
    gap = clock_ahead.ahead(now)
    if gap is None:
        return None
    _move_back(gap, by=by, now=now)
    # Whatever was to be left alone for a while, by a clock that was ahead, would be for much longer.
    cache.clear()
    reopened = expire.reopen(now=now)
    log.warning(
        "moments lay ahead and were put right",
        extra={"seconds": round(gap.total_seconds()), "reopened": reopened},
    )
    return gap


@transaction.atomic
def _move_back(gap: timedelta, *, by: User | None, now: datetime) -> None:
    pacing.lock()
    _calls(gap, now)
    for model, columns in PUT_RIGHT:
        for column in columns:
            _earlier(model.objects.filter(**{f"{column}__gt": now}), column, gap)  # type: ignore[attr-defined]
    if by is None and clock_ahead.last_put_right(now, TOLD_EVERY):
        return
    audit.record(
        kind=EventKind.CLOCK_SET_BACK,
        by=by or audit.SYSTEM,
        about="calls:kondado",
        data={"seconds": round(gap.total_seconds())},
        now=now,
    )


def _calls(gap: timedelta, now: datetime) -> None:
    """Answers that came "later" came before now; one still awaited is awaited no longer than any other.

    A pause is as long as it was: it began with the answer that asked for it.
    """
    answered = VendorCall.objects.filter(arrived_at__gt=now)
    answered.filter(pause_until__isnull=False).update(pause_until=F("pause_until") - gap)
    answered.update(arrived_at=F("arrived_at") - gap, started_at=F("started_at") - gap)
    awaited = VendorCall.objects.filter(arrived_at=None, started_at__gt=now)
    awaited.update(started_at=F("started_at") - gap, deadline_at=F("deadline_at") - gap)


def _earlier(rows: models.QuerySet[models.Model], column: str, gap: timedelta) -> None:
    """Locks the rows in the order of their keys, as everybody does, and moves one column."""
    keys: Iterable[object] = rows.select_for_update().order_by("pk").values_list("pk", flat=True)
    rows.filter(pk__in=list(keys)).update(**{column: F(column) - gap})
