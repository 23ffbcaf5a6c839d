"""Everywhere that sealed values are, and how many each of FIELD_KEYS holds there. Reads only.

Counts stop at MANY, so that they cost the same whatever has piled up.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Model, QuerySet

from invitations.models import Attempt, Message, PseudonymKey, sealed
from invitations.services.base import spool

MANY = 1001


class Place(ABC):
    """One table and field that values are sealed for."""

    table: str
    field: str

    def __str__(self) -> str:
        return f"{self.table}.{self.field}"

    @abstractmethod
    def names(self) -> Iterable[bytes]:
        """Of each key that sealed something here."""

    @abstractmethod
    def count(self, name: bytes) -> int:
        """How many values a key holds, up to MANY."""


class Column(Place):
    """A column of ours whose values are bound to their rows."""

    def __init__(self, model: type[Model], field: str) -> None:
        self.model, self.table, self.field = model, model._meta.db_table, field

    def rows(self) -> QuerySet[Any]:
        """Those with a value, each with its `key_name`."""
        rows: QuerySet[Any] = self.model._default_manager.filter(**{f"{self.field}__isnull": False}).annotate(
            key_name=sealed.KeyName(self.field)
        )
        return rows

    def names(self) -> Iterator[bytes]:
        """Found by going from one to the next in the index."""
        rows = self.rows().order_by("key_name").values_list("key_name", flat=True)
        last = b""  # which is also what an empty value has
        while (name := rows.filter(key_name__gt=last).first()) is not None:
            last = bytes(name)
            yield last

    def count(self, name: bytes) -> int:
        """Read from the index."""
        return self.rows().filter(key_name=name)[:MANY].count()


class SecondFactors(Place):
    """Seeds inside the rows of django-allauth, in hexadecimal: a few for each person, so that all are looked at."""

    table, field = "mfa_authenticator", "data"
    WITHIN = ("secret", "seed")

    def names(self) -> Iterable[bytes]:
        """Of all rows."""
        return sorted(self._counts())

    def count(self, name: bytes) -> int:
        """Over all rows."""
        return min(self._counts()[name], MANY)

    def _counts(self) -> Counter[bytes]:
        rows = Authenticator.objects.values_list("data", flat=True)
        return Counter(
            sealed.sealed_with(bytes.fromhex(data[field]))
            for data in rows.iterator()
            for field in self.WITHIN
            if field in data
        )


class Spool(Place):
    """The answers kept on this machine's disk; the worker removes each as soon as it is written down."""

    table, field = "spool", "answer"

    def names(self) -> Iterable[bytes]:
        """Of this machine's files."""
        return sorted(set(spool.key_names()))

    def count(self, name: bytes) -> int:
        """Of this machine's files."""
        return min(Counter(spool.key_names())[name], MANY)


NAMES_OF_PEOPLE = Column(PseudonymKey, "secret")
PLACES: tuple[Place, ...] = (
    NAMES_OF_PEOPLE,
    SecondFactors(),
    Column(Attempt, "kondado_link"),
    Column(Attempt, "quarantined_link"),
    Column(Message, "content"),
    Spool(),
)


@dataclass(frozen=True, slots=True)
class Use:
    """How much one key holds. `count` is exact up to MANY - 1, and "at least" from there on."""

    name: str
    seals: bool
    known: bool
    count: int

    @property
    def many(self) -> bool:
        """Whether there are more than `counted`."""
        return self.count >= MANY

    @property
    def counted(self) -> int:
        """The number to tell."""
        return self.count - 1 if self.many else self.count


def usage() -> list[Use]:
    """Every key of FIELD_KEYS in its order, then those that values were sealed with and that are not among them."""
    ours = sealed.key_names()
    counts: Counter[bytes] = Counter(dict.fromkeys(ours, 0))
    for place in PLACES:
        for name in place.names():
            counts[name] += place.count(name)
    return [
        Use(name.hex(), name == ours[0], name in ours, min(count, MANY)) for name, count in counts.items()
    ]


def missing() -> dict[str, list[str]]:
    """The names of keys that values were sealed with and that FIELD_KEYS lacks, with where those values are.

    Names in FIELD_KEYS_LOST are left out, except where the portal cannot work without the value.
    """
    ours = set(sealed.key_names())
    found: dict[str, list[str]] = {}
    for place in PLACES:
        for name in place.names():
            given_up = name.hex() in settings.FIELD_KEYS_LOST and place is not NAMES_OF_PEOPLE
            if name not in ours and not given_up:
                found.setdefault(name.hex(), []).append(str(place))
    return found
