"""Counts what was tried lately against a bound, exactly and for all processes: in a table, one row for each count.

Holds nobody's name or network address: what is counted for is hashed with the portal's secret. Once a bound is reached
nothing more is written, so that whoever only tries costs one read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from invitations.models import Tally
from invitations.services.base.bounds import Bound

SKEW = 60.0  # seconds that another machine's clock may be ahead; what lies further off was counted by a wrong clock


@dataclass(frozen=True, slots=True)
class Taken:
    """`wait` in seconds: 0 when it was counted, else until the next one may be. `count` with this one."""

    wait: int = 0
    count: int = 0
    full: bool = False


def take(bound: Bound, *whom: str, now: datetime | None = None) -> Taken:
    """Counts one more, unless the bound is reached: then nothing is written. Commits by itself."""
    at = (now or timezone.now()).timestamp()
    key = _key(bound, whom)
    if wait := _wait(bound, _times(key, bound, at), at):
        return Taken(wait)
    with transaction.atomic():
        times = _locked(key, bound, at)
        if wait := _wait(bound, times, at):
            return Taken(wait)
        _write(key, bound, [*times, at])
    return Taken(count=len(times) + 1, full=len(times) + 1 >= bound.most)


def note(bound: Bound, *whom: str, now: datetime | None = None) -> int:
    """Counts one more in any case. How many there are; what lies beyond the bound is no longer told apart."""
    at = (now or timezone.now()).timestamp()
    key = _key(bound, whom)
    with transaction.atomic():
        times = [*_locked(key, bound, at), at]
        _write(key, bound, times[-4 * bound.most :])
    return len(times)


def give_back(bound: Bound, *whom: str, now: datetime | None = None) -> None:
    """Takes the last one back: it was none of those that count."""
    at = (now or timezone.now()).timestamp()
    key = _key(bound, whom)
    with transaction.atomic():
        _write(key, bound, _locked(key, bound, at)[:-1])


def lately(bound: Bound, *whom: str, now: datetime | None = None) -> list[datetime]:
    """When it was counted within the bound's time, the oldest first."""
    at = (now or timezone.now()).timestamp()
    return [datetime.fromtimestamp(one, UTC) for one in _times(_key(bound, whom), bound, at)]


def forget(bound: Bound, *whom: str) -> None:
    """Starts this count anew."""
    Tally.objects.filter(key=_key(bound, whom)).delete()


def _key(bound: Bound, whom: tuple[str, ...]) -> str:
    return salted_hmac("throttle", "\0".join((bound.name, bound.per, *whom)), algorithm="sha256").hexdigest()


def _recent(times: list[float], bound: Bound, at: float) -> list[float]:
    return [one for one in times if at - bound.seconds < one <= at + SKEW]


def _times(key: str, bound: Bound, at: float) -> list[float]:
    found = Tally.objects.filter(key=key).values_list("times", flat=True).first()
    return _recent(found or [], bound, at)


def _locked(key: str, bound: Bound, at: float) -> list[float]:
    ends = datetime.fromtimestamp(at + bound.seconds, UTC)
    tally, _made = Tally.objects.select_for_update().get_or_create(key=key, defaults={"ends_at": ends})
    return _recent(tally.times, bound, at)


def _write(key: str, bound: Bound, times: list[float]) -> None:
    ends = datetime.fromtimestamp((times[-1] if times else 0) + bound.seconds, UTC)
    Tally.objects.filter(key=key).update(times=times, ends_at=ends)


def _wait(bound: Bound, times: list[float], at: float) -> int:
    if len(times) < bound.most:
        return 0
    return max(1, math.ceil(times[-bound.most] + bound.seconds - at))
