"""Moves everything that is sealed to the first of FIELD_KEYS while the portal works.

Any process may be killed at any time: what was moved stays moved, and the next run goes on with the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from invitations.models import sealed
from invitations.services.keys.resealing import Batch, reseal
from invitations.services.reads.sealed_values import PLACES, Place

ROUNDS = 5
BETWEEN = 1.0  # seconds between rounds, for those who have a row in hand


@dataclass
class Moved:
    """What a run did: values by place, those that no key here can read by the name of theirs, and what is left."""

    done: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    left: bool = False
    stopped: bool = False


def move(
    *,
    stop: Callable[[], bool] = lambda: False,
    wait: Callable[[float], object] = lambda _seconds: None,
    tell: Callable[[str, int], object] = lambda _place, _done: None,
) -> Moved:
    """Seals everything anew with the first key, in rounds until nothing else is left that can be read.

    Asks `stop` after each batch, `tell`s the place and how many are done there so far.
    """
    moved = Moved()
    for number in range(ROUNDS):
        if number:
            wait(BETWEEN)
        moved.unreadable.clear()
        for place in PLACES:
            for name, batch in _batches(place):
                moved.done[str(place)] += batch.done
                moved.unreadable[name.hex()] += batch.unreadable
                tell(str(place), moved.done[str(place)])
                if stop():
                    moved.stopped = True
                    return moved
        moved.left = _left() > moved.unreadable.total()
        if not moved.left:
            break
    return moved


def _batches(place: Place) -> Iterator[tuple[bytes, Batch]]:
    first = sealed.key_names()[0]
    for name in place.names():
        after: int | None = 0
        while name != first and after is not None:
            batch = reseal(place, name, after=after)
            yield name, batch
            after = batch.last


def _left() -> int:
    """How many values another key than the first holds, up to MANY for each key and place."""
    first = sealed.key_names()[0]
    return sum(place.count(name) for place in PLACES for name in place.names() if name != first)
