"""Who tries passwords and one-time codes, and how long they have to wait before the next try.

Counted before it is looked at and given back when it was right, so that many tries at once get no more than their due.
What others try from elsewhere never refuses a right password: it only makes each place wait between its own tries.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from invitations.errors import TooManyTries
from invitations.services.base import throttle
from invitations.services.base.bounds import (
    SIGN_INS,
    WRONG_CODES_ANYWHERE,
    WRONG_CODES_HERE,
    WRONG_PASSWORDS,
    WRONG_PASSWORDS_ANYWHERE,
    WRONG_PASSWORDS_HERE,
    Bound,
)

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=5)
LONGEST_CODE = 8  # digits of a one-time code; a recovery code is far longer, and nobody guesses one


@dataclass(frozen=True, slots=True)
class Source:
    """From where somebody tries. `known`: by what a browser is counted in which this very person signed in before."""

    place: str
    known: str = ""

    @property
    def counted_as(self) -> str:
        """One name for it, in which a browser and a place cannot be taken for each other."""
        return f"browser {self.known}" if self.known else f"place {self.place}"


@dataclass(frozen=True, slots=True)
class Guess:
    """One try that was counted. `marks` the first of several at this place, and the last before it has to wait."""

    counts: tuple[tuple[Bound, tuple[str, ...]], ...]
    marks: bool = False

    def was_right(self) -> None:
        """It was no guess: it counts nowhere."""
        for bound, whom in self.counts:
            throttle.give_back(bound, *whom)


def password(*, address: str, source: Source, now: datetime | None = None) -> Guess:
    """Counts one password for this address, whether anybody has it or not. Raises TooManyTries."""
    now = now or timezone.now()
    who, here = address.strip().lower(), source.counted_as
    _take(SIGN_INS, here, now=now)
    if not source.known:
        _pause(who, here, now)
    at_once = _take(WRONG_PASSWORDS_HERE, here, who, now=now)
    counts: tuple[tuple[Bound, tuple[str, ...]], ...] = ((WRONG_PASSWORDS_HERE, (here, who)),)
    _take(WRONG_PASSWORDS, here, now=now)
    counts += ((WRONG_PASSWORDS, (here,)),)
    if not source.known:
        throttle.note(WRONG_PASSWORDS_ANYWHERE, who, now=now)
        counts += ((WRONG_PASSWORDS_ANYWHERE, (who,)),)
    return Guess(counts, marks=at_once.count == 1 or at_once.full)


def code(*, person: int, typed: str, source: Source, now: datetime | None = None) -> Guess:
    """Counts one second factor of somebody whose password was right. Raises TooManyTries.

    Beyond the bound for all places together `only_recovery` of the error is set: six digits can be guessed by many
    machines, so an unknown browser needs a recovery code then.
    """
    now = now or timezone.now()
    who, here = str(person), source.counted_as
    at_once = _take(WRONG_CODES_HERE, here, who, now=now)
    counts: tuple[tuple[Bound, tuple[str, ...]], ...] = ((WRONG_CODES_HERE, (here, who)),)
    if not source.known and sum(sign.isdigit() for sign in typed) <= LONGEST_CODE:
        if wait := throttle.take(WRONG_CODES_ANYWHERE, who, now=now).wait:
            raise TooManyTries(wait, only_recovery=True)
        counts += ((WRONG_CODES_ANYWHERE, (who,)),)
    return Guess(counts, marks=at_once.count == 1 or at_once.full)


def start_anew(*, address: str, source: Source) -> None:
    """A password was chosen with a mailed link: what was mistyped here before is over."""
    throttle.forget(WRONG_PASSWORDS_HERE, source.counted_as, address.strip().lower())


def pause_after(tries: int) -> timedelta:
    """How long a place waits between its own tries when so many were wrong from everywhere: doubles, and ends."""
    over = tries - WRONG_PASSWORDS_ANYWHERE.most
    if over < 0:
        return timedelta()
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(over // WRONG_PASSWORDS_ANYWHERE.most, 10)))


def _take(bound: Bound, *whom: str, now: datetime) -> throttle.Taken:
    taken = throttle.take(bound, *whom, now=now)
    if taken.wait:
        raise TooManyTries(taken.wait)
    return taken


def _pause(who: str, here: str, now: datetime) -> None:
    pause = pause_after(len(throttle.lately(WRONG_PASSWORDS_ANYWHERE, who, now=now)))
    tried = throttle.lately(WRONG_PASSWORDS_HERE, here, who, now=now) if pause else []
    if tried and (left := tried[-1] + pause - now) > timedelta():
        raise TooManyTries(math.ceil(left.total_seconds()))
