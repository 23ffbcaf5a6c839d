"""Names that sources and destinations will bear in Kondado: made from the account's pattern, free where possible.

A repeated name is never an error. Reads only.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import count, islice

from invitations.models import AccessLink, Account, Connector

LIMIT = 100  # ours: Kondado's page states none
STEM = LIMIT - 6  # what is left where a number follows


@dataclass(frozen=True)
class Wanted:
    """One connector that a guest is asked for, and the name that it will bear in Kondado.

    `made` where the name was not typed but made from the account's pattern.
    """

    connector: Connector
    name: str
    made: bool = False


def in_use(*, account: Account, name: str) -> bool:
    """Whether this account already used the name. A warning, never a stop."""
    return bool(_taken(account, [name]))


def _taken(account: Account, names: Collection[str]) -> set[str]:
    rows = AccessLink.objects.filter(account=account, assigned_collection_name__in=names)
    return set(rows.order_by().values_list("assigned_collection_name", flat=True))


def suggest(*, account: Account, connector_name: str, guest: str, besides: Collection[str] = ()) -> str:
    """A name for the new source from the account's pattern, with a number when it is taken.

    `besides` are names that were given a moment ago and are not stored yet.
    """
    pattern = account.name_pattern or "{connector} · {guest}"
    base = " ".join(pattern.replace("{connector}", connector_name).replace("{guest}", guest).split()).rstrip(
        " ·"
    )
    base = base[:LIMIT]
    stem = base[:STEM].rstrip()
    numbers = count(2)
    batch = [base]
    while True:
        # Exact names use the index; a search by beginning would read every name of the account.
        batch += [f"{stem} ({number})" for number in islice(numbers, 20)]
        taken = _taken(account, batch).union(besides)
        free = next((name for name in batch if name not in taken), None)
        if free is not None:
            return free
        batch = []
