"""Which workers of this machine live: each holds a lock on a file of its own, which ends with its process.

Files only: knows no table. Of workers on other machines it says nothing; their claims end with their leases.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from invitations.models.base import new_public_id


class _Own:
    """The file of this process. A child process is somebody else."""

    def __init__(self) -> None:
        self.name = ""
        self.file = -1
        self.place: Path | None = None
        self.owner = 0


_own = _Own()


def folder() -> Path:
    """Where the files are."""
    return Path(settings.VAR_DIR) / "workers"


def own_name() -> str:
    """The name under which this process claims; empty where the disk takes no file, so that nobody misses it."""
    place = folder()
    if _own.owner == os.getpid() and _own.place == place and (place / _own.name).exists():
        return _own.name
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = new_public_id()
        file = os.open(place / name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return ""
    _own.name, _own.file, _own.place, _own.owner = name, file, place, os.getpid()
    return name


def dead() -> frozenset[str]:
    """Names of this machine's workers that ended without a word."""
    try:
        names = [path.name for path in folder().iterdir()]
    except OSError:
        return frozenset()
    return frozenset(name for name in names if name != _own.name and _is_free(folder() / name))


def bury(names: frozenset[str]) -> None:
    """Removes the files of dead workers that have nothing in hand any more."""
    for name in names:
        with suppress(OSError):
            (folder() / name).unlink()


def leave() -> None:
    """Ends this process's own file, when it has nothing in hand any more."""
    if _own.owner == os.getpid() and _own.name:
        bury(frozenset({_own.name}))
        with suppress(OSError):
            os.close(_own.file)
        _own.name, _own.file = "", -1


def _is_free(path: Path) -> bool:
    """Whether nobody holds the lock. One that is made this very moment counts as held: it is not there to be opened."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True
