"""Slows down whoever tries keys to guest pages. Only wrong keys count: a right one is never refused."""

from __future__ import annotations

import logging
from datetime import datetime

from django.core.cache import cache
from django.db import transaction

from invitations.models import EventKind
from invitations.services.base import audit, throttle

log = logging.getLogger("invitations.guests")
MOST_WRONG_KEYS = 30
TOLD = "guest-keys-told"


def wrong_key(*, address: str, now: datetime | None = None) -> int:
    """Counts one wrong key from a network address. The seconds to wait when it was one too many, else 0."""
    one = throttle.wrong(what="guest-keys", address=address, most=MOST_WRONG_KEYS, now=now)
    if one.reached:
        _tell(now)
    return one.wait


def _tell(now: datetime | None) -> None:
    """One event for a window, however many addresses try."""
    log.warning("many wrong guest keys from one network address")
    if cache.add(TOLD, 1, throttle.WINDOW_SECONDS):
        with transaction.atomic():
            audit.record(
                kind=EventKind.GUEST_KEYS_TRIED,
                by=audit.SYSTEM,
                about="guest:keys",
                data={"tries": MOST_WRONG_KEYS, "seconds": throttle.WINDOW_SECONDS},
                now=now,
            )
