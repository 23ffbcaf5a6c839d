"""What a backup says of itself, in front of the data: which database, when, how far its record, and how many rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from invitations.errors import BackupError

Ask = Callable[[str], list[Any]]  # runs a statement, gives its rows
LENGTH_BYTES = 4


@dataclass(frozen=True)
class Manifest:
    """`counts` are rows by table, `migrations` what was applied, `head` number and hash of the last event."""

    vendor: str
    made_at: datetime
    head: tuple[int, str]
    counts: dict[str, int]
    migrations: list[str]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.counts.values())

    def pack(self) -> bytes:
        """Its bytes, with their number before them."""
        data = json.dumps({**asdict(self), "made_at": self.made_at.isoformat()}).encode()
        return len(data).to_bytes(LENGTH_BYTES, "big") + data


def look(ask: Ask, *, vendor: str, tables: Iterable[str]) -> Manifest:
    """What a database holds now. Plain SQL, because it also looks at files that are not the portal's database."""
    head = ask("SELECT number, hash FROM invitations_audithead")
    applied = ask("SELECT app, name FROM django_migrations ORDER BY app, name")
    return Manifest(
        vendor=vendor,
        made_at=timezone.now().astimezone(UTC),
        head=(head[0][0], head[0][1]),
        counts={
            name: ask(f'SELECT count(*) FROM "{name}"')[0][0]  # noqa: S608  (a table's name, from the database)  # nosec B608  # names of our own tables
            for name in sorted(tables)
        },
        migrations=[f"{app}.{name}" for app, name in applied],
    )


def unpack(pieces: Iterator[bytes]) -> tuple[Manifest, bytes]:
    """The manifest, and what of the data came along with it. Raises BackupError."""
    start = next(pieces)
    while len(start) < LENGTH_BYTES or len(start) < _end(start):
        start += next(pieces, b"") or _cut()
    told = json.loads(start[LENGTH_BYTES : _end(start)])
    made = datetime.fromisoformat(told.pop("made_at"))
    head = (told["head"][0], told["head"][1])
    return Manifest(**{**told, "head": head, "made_at": made}), start[_end(start) :]


def _end(start: bytes) -> int:
    return LENGTH_BYTES + int.from_bytes(start[:LENGTH_BYTES], "big")


def _cut() -> bytes:
    raise BackupError("The backup is damaged: it was cut or changed.")
