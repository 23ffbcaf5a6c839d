"""How far the record had come when this machine last sent something: one file in VAR_DIR. Knows no table.

Written before the first byte of each call, so that a database without that event is known to be older than something
that was sent. It never goes back by itself; `replace` is for whoever has stopped sending because of it.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

NAME = "head"
FORM = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})\n", re.ASCII)


@dataclass(frozen=True)
class Head:
    """The number and the hash of one event."""

    number: int
    hash: str


DAMAGED = Head(-1, "")  # no record has such an event


def read() -> Head | None:
    """What was noted last; None where nothing ever was. Raises OSError."""
    try:
        text = _path().read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    match = FORM.fullmatch(text)
    return Head(int(match[1]), match[2]) if match else DAMAGED


def note(head: Head) -> None:
    """Notes a later head; on return it is on the disk. An earlier one changes nothing. Raises OSError."""
    with locked():
        before = read()
        if before is None or before.number < head.number:
            replace(head)


@contextmanager
def locked() -> Iterator[None]:
    """Keeps the other workers of this machine from noting anything meanwhile."""
    folder = os.open(_path().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def replace(head: Head) -> None:
    """Notes this head whatever stood there; the caller holds the lock. On return it is on the disk. Raises OSError."""
    path = _path()
    new = path.with_name(f"{NAME}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:
        file.write(f"{head.number}:{head.hash}\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _path() -> Path:
    return Path(settings.VAR_DIR) / NAME
