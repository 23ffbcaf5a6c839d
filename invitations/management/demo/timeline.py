"""Plays many lives in the order of time up to a moment, so that the record is written as it would have been.

A life is a generator: it does what happens now, and yields the moment at which it goes on. What would go on after the
end stays as it is.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta

from invitations.management.demo import hours

Life = Iterator[datetime]


class Timeline:
    """`now` is the time of what happens; it only ever goes on."""

    def __init__(self, end: datetime) -> None:
        self.end = end
        self.now = end
        self._waiting: list[tuple[datetime, int, Life]] = []
        self._number = 0

    def add(self, life: Life, at: datetime) -> None:
        """Lets a life begin at a moment."""
        self._number += 1  # of two at the same moment the first added goes first
        heapq.heappush(self._waiting, (at, self._number, life))

    def play(self) -> None:
        """Everything up to the end."""
        while self._waiting and self._waiting[0][0] <= self.end:
            self.now, _number, life = heapq.heappop(self._waiting)
            goes_on = next(life, None)
            if goes_on is not None:
                self.add(life, max(goes_on, self.now))

    def soon(self, seconds: float) -> datetime:
        """So many seconds from now."""
        return self.now + timedelta(seconds=seconds)

    def working(self, hours_worked: float) -> datetime:
        """So many working hours from now."""
        return hours.later(self.now, hours_worked)
