"""Makes a backup: a new file each time, encrypted, on the disk and read back before it has its name."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO, Any

from django.db import connection
from django.utils import timezone

from invitations.errors import BackupError
from invitations.services.backups import folders, postgres, sealed_file, sqlite
from invitations.services.backups.manifest import Manifest, unpack

PART = ".part"


def make(*, to: Path, keys: Sequence[bytes], now: datetime | None = None) -> tuple[Path, Manifest]:
    """Backs the database up while it is in use. `to` is a file that is not there, or a folder; the first key encrypts.

    Raises BackupError; then nothing is left of it.
    """
    path = _name(to, now or timezone.now())
    try:
        with _part(path) as part:
            manifest, digest = _write(part, keys[0])
            part.flush()
            os.fsync(part.fileno())
            part.seek(0)
            _read_back(part, keys, manifest, digest)
            if path.exists():
                raise BackupError(f"{path} is there already.")
            path.with_name(path.name + PART).rename(path)
            folders.sync(path.parent)
    except OSError as error:
        raise BackupError(f"The backup could not be written: {error.strerror}.") from None
    return path, manifest


def database() -> Any:
    """What knows how to copy the database at hand."""
    return postgres if connection.vendor == postgres.VENDOR else sqlite


def _name(to: Path, now: datetime) -> Path:
    path = to / f"convite-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup" if to.is_dir() else to
    if path.exists():
        raise BackupError(f"{path} is there already. A backup never overwrites a file.")
    if not path.parent.is_dir():
        raise BackupError(f"There is no folder {path.parent}.")
    return path.absolute()


@contextmanager
def _part(path: Path) -> Iterator[IO[bytes]]:
    """The file under another name, until it is whole. What a killed run left under that name is used again."""
    part = path.with_name(path.name + PART)
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError("Another backup writes to the same file.") from None
        if path.exists():
            raise BackupError(f"{path} is there already. A backup never overwrites a file.")
        try:
            os.fchmod(file.fileno(), 0o600)
            file.truncate()
            yield file
        finally:
            part.unlink(missing_ok=True)


def _write(part: IO[bytes], key: bytes) -> tuple[Manifest, bytes]:
    """Gives what it holds, and the hash of its data."""
    writer, digest = sealed_file.Writer(part, key), hashlib.sha256()
    with database().dump() as (manifest, pieces):
        writer.write(manifest.pack())
        for piece in pieces:
            digest.update(piece)
            writer.write(piece)
    writer.close()
    return manifest, digest.digest()


def _read_back(part: IO[bytes], keys: Sequence[bytes], manifest: Manifest, digest: bytes) -> None:
    """Whether it opens, is whole, and would bring back as many rows as there were. Raises BackupError."""
    inside = sealed_file.read(part, keys)
    told, start = unpack(inside)
    found = hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        for piece in chain([start], inside):
            found.update(piece)
            yield piece

    if manifest.vendor == postgres.VENDOR:
        sound = postgres.count_rows(pieces()) == manifest.counts
    else:
        sound = (
            sum(len(piece) for piece in pieces()) > 0
        )  # it was examined as a database before it was written
    if not sound or told != manifest or found.digest() != digest:
        raise BackupError("The backup was written and does not read back as it should. Look at the disk.")
