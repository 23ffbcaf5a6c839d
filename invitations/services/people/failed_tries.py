"""Records that somebody tried to sign in as somebody and failed: the first and the last try at a place, within a bound.

Nothing is recorded of addresses that nobody has: whoever makes them up would write the record.
"""

from __future__ import annotations

from datetime import datetime

from invitations.models import EventKind, User
from invitations.services.base import audit, throttle
from invitations.services.base.bounds import FAILED_EVENTS, WRONG_CODES_ANYWHERE, WRONG_PASSWORDS_ANYWHERE
from invitations.services.people.guesses import Guess


def password(*, address: str, guess: Guess, now: datetime | None = None) -> None:
    """A wrong password for this address."""
    who = address.strip().lower()
    person = User.objects.filter(email__iexact=who).first() if guess.marks else None
    if person is not None:
        tries = throttle.lately(WRONG_PASSWORDS_ANYWHERE, who, now=now)
        _note(EventKind.PERSON_SIGN_IN_FAILED, person, len(tries), now)


def code(*, person: User, guess: Guess, now: datetime | None = None) -> None:
    """A wrong second factor after the right password."""
    if guess.marks:
        tries = throttle.lately(WRONG_CODES_ANYWHERE, str(person.pk), now=now)
        _note(EventKind.PERSON_CODE_FAILED, person, len(tries), now)


def _note(kind: EventKind, person: User, tries: int, now: datetime | None) -> None:
    if throttle.take(FAILED_EVENTS, kind, str(person.pk), now=now).wait:
        return
    audit.note(
        kind=kind,
        by=audit.SYSTEM,
        about=f"user:{person.pk}",
        data={"tries": max(tries, 1)},
        people=(audit.Person(person.email, person.full_name, "member"),),
    )
