"""Kondado's two call limits, each counted per IP and per key.

Refused calls count too: whether they do in the real service is not documented, and this is the stricter reading.
It must not answer anything itself.
"""

import threading
from collections import deque
from collections.abc import Callable

SECOND = 1.0
MINUTE = 60.0


class Limiter:
    """Sliding windows of one second and one minute; a limit of 0 means none.

    A call exactly one second (or one minute) after the one that filled the window is allowed.
    Source: https://kondado.io/wiki/en/a/getting-started-API
    """

    def __init__(self, per_second: int, per_minute: int, clock: Callable[[], float]) -> None:
        self.per_second = per_second
        self.per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._arrivals: dict[tuple[str, str], deque[float]] = {}

    def admit(self, ip: str, key: str) -> bool:
        """Count one call and say whether it is within both limits, for its IP and for its key."""
        with self._lock:
            now = self._clock()
            logs = [self._log(("ip", ip)), self._log(("key", key))]
            within = not any(self._full(log, now) for log in logs)
            for log in logs:
                log.append(now)
            return within

    def used(self, ip: str) -> tuple[int, int]:
        """How many calls of that IP stand in the last second and in the last minute."""
        with self._lock:
            now = self._clock()
            ages = [now - then for then in self._arrivals.get(("ip", ip), ())]
            return sum(age < SECOND for age in ages), sum(age < MINUTE for age in ages)

    def clear(self) -> None:
        """Forget every call."""
        with self._lock:
            self._arrivals.clear()

    def _log(self, name: tuple[str, str]) -> deque[float]:
        # Only the newest `limit` arrivals can matter, so a flood cannot grow the log.
        return self._arrivals.setdefault(name, deque(maxlen=max(self.per_second, self.per_minute, 1)))

    def _full(self, log: deque[float], now: float) -> bool:
        limits = ((self.per_second, SECOND), (self.per_minute, MINUTE))
        return any(limit and len(log) >= limit and now - log[-limit] < window for limit, window in limits)
