"""Slows down whoever tries keys to guest pages. Only wrong keys count: a right one is never refused."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from invitations.models import EventKind
from invitations.services.base import audit, throttle
from invitations.services.base.bounds import GUEST_KEY_EVENTS, WRONG_GUEST_KEYS

log = logging.getLogger("invitations.guests")


def wrong_key(*, place: str, now: datetime | None = None) -> int:
    """Counts one wrong key from a place. The seconds to wait when it was one too many, else 0."""
    one = throttle.take(WRONG_GUEST_KEYS, place, now=now)
    if one.full:
        _tell(now)
    return one.wait


def _tell(now: datetime | None) -> None:
    """One event for a window, however many addresses try."""
    log.warning("many wrong guest keys from one network address")
    if not throttle.take(GUEST_KEY_EVENTS, now=now).wait:
        with transaction.atomic():
            audit.record(
                kind=EventKind.GUEST_KEYS_TRIED,
                by=audit.SYSTEM,
                about="guest:keys",
                data={"tries": WRONG_GUEST_KEYS.most, "seconds": WRONG_GUEST_KEYS.seconds},
                now=now,
            )
