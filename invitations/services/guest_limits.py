"""Slows down whoever tries keys to guest pages. Only wrong keys count: a right one is never refused.

The counts live in the cache, which is a table here; once an address is over the limit nothing more is written.
"""

from __future__ import annotations

import ipaddress
import logging
from datetime import datetime

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from invitations.services import audit

log = logging.getLogger("invitations.guests")
MOST_WRONG_KEYS = 30
WINDOW_SECONDS = 300
TOLD = "guest-keys-told"


def wrong_key(*, address: str, now: datetime | None = None) -> int:
    """Counts one wrong key from a network address. The seconds to wait when it was one too many, else 0."""
    at = (now or timezone.now()).timestamp()
    name = f"guest-keys:{_network(address)}"
    since, count = cache.get(name, (at, 0))
    left = since + WINDOW_SECONDS - at
    if left <= 0:
        since, count, left = at, 0, WINDOW_SECONDS
    if count > MOST_WRONG_KEYS:
        return int(left) + 1
    cache.set(name, (since, count + 1), WINDOW_SECONDS)
    if count < MOST_WRONG_KEYS:
        return 0
    _tell(now)
    return int(left) + 1


def _network(address: str) -> str:
    """One bucket for an IPv4 address, or for the /64 that one customer of a provider has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network(f"{found}/64", strict=False).network_address).replace(":", "-")


def _tell(now: datetime | None) -> None:
    """One event for a window, however many addresses try."""
    log.warning("many wrong guest keys from one network address")
    if cache.add(TOLD, 1, WINDOW_SECONDS):
        with transaction.atomic():
            audit.record(
                kind="guest.keys_tried",
                by=audit.SYSTEM,
                about="guest:keys",
                data={"tries": MOST_WRONG_KEYS, "seconds": WINDOW_SECONDS},
                now=now,
            )
