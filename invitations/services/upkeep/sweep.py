"""Takes away what only grows: one list, each entry with how long it is kept. The worker calls it, a little at a time.

Nothing that tells what became of an invitation is in this list: attempts, mails to guests and the record stay.
docs/operations.md names the same times.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.core.cache import cache
from django.db import models
from django.utils import timezone

from invitations.models import Message, Tally, VendorCall, WorkerBeat
from invitations.models.message import MessageKind, MessageStatus

log = logging.getLogger("invitations.upkeep")
TURN, EVERY_SECONDS = "upkeep.turn", 300
BATCH = 500  # rows of one table at a time: no writer waits long for it
# Pacing reads the last minute, reports the last month; a year and a month may be compared with the one before.
CALLS_KEPT = timedelta(days=400)
SIGN_IN_MAILS_KEPT = timedelta(days=30)
SIGNS_OF_LIFE_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One thing that grows. `rows` are those that nobody needs any more at a time."""

    name: str
    kept: timedelta
    rows: Callable[[datetime], models.QuerySet[models.Model]]


SWEEPS = (
    Sweep("tallies", timedelta(), lambda until: Tally.objects.filter(ends_at__lt=until)),
    Sweep(
        "calls to Kondado",
        CALLS_KEPT,
        lambda until: VendorCall.objects.filter(arrived_at__lt=until).exclude(pause_until__gt=until),
    ),
    Sweep(
        "mails about sign-in and password",
        SIGN_IN_MAILS_KEPT,
        lambda until: Message.objects.filter(kind=MessageKind.SIGN_IN, created_at__lt=until).exclude(
            status__in=[MessageStatus.QUEUED, MessageStatus.SENDING]
        ),
    ),
    Sweep(
        "signs of life of workers that ended",
        SIGNS_OF_LIFE_KEPT,
        lambda until: WorkerBeat.objects.filter(beat_at__lt=until),
    ),
)


def step() -> bool:
    """One batch of everything, every five minutes, whichever worker comes first. Whether there is more at once."""
    # A look first: taking the turn is a write, and a worker asks twice a second.
    if cache.get(TURN) or not cache.add(TURN, 1, EVERY_SECONDS):
        return False
    more = any(count >= BATCH for count in sweep().values())
    if more:
        cache.delete(TURN)
    return more


def sweep(*, now: datetime | None = None) -> dict[str, int]:
    """Takes away one batch of each; how many rows of each that were."""
    now = now or timezone.now()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    gone = {one.name: _batch(one, now) for one in SWEEPS}
    if any(gone.values()):
        log.info("swept", extra={name.replace(" ", "_"): count for name, count in gone.items()})
    return gone


def _batch(one: Sweep, now: datetime) -> int:
    rows = one.rows(now - one.kept)
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return rows.filter(pk__in=keys).delete()[0] if keys else 0
