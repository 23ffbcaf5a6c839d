"""Which processes of the portal live on this machine: a lock in VAR_DIR that ends with its process.

Web and worker share it, whoever replaces the database takes it alone. Knows nothing of other machines.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

NAME = "running"
_held: list[int] = []


class Busy(Exception):  # noqa: N818  (says what is the matter)
    """A web or a worker lives, or a restore is under way."""


def live() -> None:
    """Says that this process lives, until it ends; its children say so as well. Raises Busy during a restore."""
    if not _held:
        _held.append(_lock(fcntl.LOCK_SH))


@contextmanager
def alone() -> Iterator[None]:
    """While it lasts no web or worker can start on this machine. Raises Busy where one lives."""
    file = _lock(fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(file)


def _lock(kind: int) -> int:
    path = Path(settings.VAR_DIR) / NAME
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise Busy from None
    return file
