"""Counts what goes wrong from one network address, so that whoever only tries has to wait.

The counts live in the cache, which is a table here; once an address is over the limit nothing more is written.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.utils import timezone

WINDOW_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Wrong:
    """One more wrong try. `wait` is in seconds, 0 within the limit; `reached` just now."""

    wait: int = 0
    reached: bool = False


def wrong(*, what: str, address: str, most: int, now: datetime | None = None) -> Wrong:
    """Counts one wrong try of this kind from a network address."""
    at = (now or timezone.now()).timestamp()
    name = f"{what}:{_network(address)}"
    since, count = cache.get(name, (at, 0))
    left = since + WINDOW_SECONDS - at
    if left <= 0:
        since, count, left = at, 0, WINDOW_SECONDS
    if count > most:
        return Wrong(int(left) + 1)
    cache.set(name, (since, count + 1), WINDOW_SECONDS)
    return Wrong(int(left) + 1, reached=True) if count >= most else Wrong()


def _network(address: str) -> str:
    """One bucket for an IPv4 address, or for the /64 that one customer of a provider has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network(f"{found}/64", strict=False).network_address).replace(":", "-")
