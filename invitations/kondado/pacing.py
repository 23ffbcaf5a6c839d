"""When the next call may start. Pure arithmetic on times the caller read from one clock; must not read one itself.

Kondado allows one request a second and twenty a minute, counted per address and per key, by its own clock
(https://kondado.io/wiki/en/a/getting-started-API). It counts a request at some moment between sending and answer,
so that only distances from the *arrival* of earlier answers are safe under every latency.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MARGIN = timedelta(milliseconds=50)
MINUTE = timedelta(seconds=60)
REFUSAL_PAUSE = timedelta(seconds=60)  # at least: what every refusal for the rate asks for
NONE = timedelta(0)
SETTLED_AFTER = 3  # cycles of `per_minute` calls until their rhythm no longer changes


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls a second and calls in any minute; 0 turns one off, and with both at 0 several may be in flight."""

    per_second: float
    per_minute: int

    @property
    def unlimited(self) -> bool:
        """True when nothing but a pause holds calls back."""
        return self.per_second <= 0 and self.per_minute <= 0

    @property
    def gap(self) -> timedelta:
        """The least distance between an answer and the next call."""
        return timedelta(seconds=1 / self.per_second) + MARGIN if self.per_second > 0 else NONE


def wait_seconds(
    *,
    arrivals: Sequence[datetime],
    in_flight_until: datetime | None,
    pause_until: datetime | None,
    now: datetime,
    limits: Limits,
) -> float:
    """Seconds until a call may start, 0.0 for now.

    `arrivals` are when the answers of earlier calls came, in any order; the latest `per_minute` of them suffice.
    `in_flight_until` is the deadline of a call under way, or of one that never reported: it takes its place as if
    its answer came then. The longest wait is returned; an answer that comes earlier makes it shorter.
    """
    stamps = [*arrivals] if in_flight_until is None else [*arrivals, in_flight_until]
    return max(NONE, _earliest(sorted(stamps), pause_until, now, limits) - now).total_seconds()


def expected_seconds(
    *,
    ahead: int,
    arrivals: Sequence[datetime],
    in_flight_until: datetime | None,
    pause_until: datetime | None,
    now: datetime,
    limits: Limits,
    call_seconds: float = 1.0,
) -> float:
    """Seconds until a call with `ahead` others before it can be expected to start.

    An estimate for people: each call, the one in flight too, is taken to last `call_seconds`.
    """
    call = timedelta(seconds=call_seconds)
    stamps = sorted(arrivals)
    if in_flight_until is not None:
        stamps = sorted([*stamps, min(in_flight_until, now + call)])
    cycle = max(limits.per_minute, 1)
    recent = deque(stamps, maxlen=cycle)
    starts = [_earliest(recent, pause_until, now, limits)]
    ahead = 0 if limits.unlimited else ahead
    # After a few full cycles each takes as long as the one before it: no need to count through thousands.
    skipped = max(0, ahead // cycle - SETTLED_AFTER)
    for _ in range(ahead - skipped * cycle):
        recent.append(starts[-1] + call)
        starts.append(_earliest(recent, pause_until, starts[-1], limits))
    rest = skipped * (starts[-1] - starts[-1 - cycle]) if skipped else NONE
    return (starts[-1] + rest - now).total_seconds()


def _earliest(
    ascending: Iterable[datetime], pause_until: datetime | None, now: datetime, limits: Limits
) -> datetime:
    bounds = [now] if pause_until is None else [now, pause_until]
    stamps = list(ascending)
    if stamps and not limits.unlimited:
        bounds.append(stamps[-1] + limits.gap)
        if 0 < limits.per_minute <= len(stamps):
            bounds.append(stamps[-limits.per_minute] + MINUTE + MARGIN)
    return max(bounds)
