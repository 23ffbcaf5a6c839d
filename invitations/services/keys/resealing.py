"""Seals a few values of one place anew with the first of FIELD_KEYS.

A value is replaced only where it is still the one that was read, and never while somebody else has its row in hand:
nobody is waited for while rows are held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import connection, transaction
from django.db.models import QuerySet

from invitations.models import sealed
from invitations.services.base import spool
from invitations.services.reads.sealed_values import Column, Place, SecondFactors, Spool

BATCH = 100


@dataclass(frozen=True)
class Batch:
    """What became of a few values. `last` is the row to go on after; None when there are no more."""

    done: int
    unreadable: int
    last: int | None


def reseal(place: Place, name: bytes, *, after: int) -> Batch:
    """Some of what the key of that name sealed in a place."""
    return HOW[type(place)](place, name, after)


@transaction.atomic
def _column(place: Column, name: bytes, after: int) -> Batch:
    found = _in_hand(place.rows().filter(key_name=name), place.field, after)
    done = unreadable = 0
    for pk, old in found:
        try:
            new = anew(place, pk, old)
        except sealed.Unreadable:
            unreadable += 1
            continue
        unchanged = place.model._default_manager.filter(pk=pk, **{place.field: old})
        done += unchanged.update(**{place.field: new})
    return Batch(done, unreadable, found[-1][0] if found else None)


@transaction.atomic
def _second_factors(place: SecondFactors, name: bytes, after: int) -> Batch:
    """What else stands in such a row, like which codes are used up, stays as it is."""
    found = _in_hand(Authenticator.objects.all(), "data", after)
    done = unreadable = 0
    for pk, old in found:
        mine = [field for field in place.WITHIN if str(old.get(field, "")).startswith(name.hex())]
        try:
            new = old | {field: anew(place, 0, bytes.fromhex(old[field])).hex() for field in mine}
        except sealed.Unreadable:
            unreadable += 1
            continue
        if mine:
            done += Authenticator.objects.filter(pk=pk, data=old).update(data=new)
    return Batch(done, unreadable, found[-1][0] if found else None)


def _spool(_place: Spool, name: bytes, _after: int) -> Batch:
    """All at once: there are a handful. A file that a worker has in hand is its own."""
    done = unreadable = 0
    for kept in spool.waiting(also_put_by=True):
        try:
            done += spool.seal_anew(kept, name)
        except sealed.Unreadable:
            unreadable += 1
        finally:
            spool.let_go(kept)
    return Batch(done, unreadable, None)


HOW: dict[type[Place], Callable[[Any, bytes, int], Batch]] = {
    Column: _column,
    SecondFactors: _second_factors,
    Spool: _spool,
}


def anew(place: Place, row: int, old: bytes) -> bytes:
    """One value, sealed with the first key. Raises sealed.Unreadable."""
    text = sealed.unseal(old, table=place.table, field=place.field, row=row)
    return sealed.seal(text, table=place.table, field=place.field, row=row)


def _in_hand(rows: QuerySet[Any], field: str, after: int) -> list[tuple[int, Any]]:
    """The next rows with their values, locked for this transaction, without those that somebody else has locked."""
    skip = connection.features.has_select_for_update_skip_locked
    found = rows.filter(pk__gt=after).order_by("pk").select_for_update(skip_locked=skip)
    return list(found.values_list("pk", field)[:BATCH])
