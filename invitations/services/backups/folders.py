"""Files of backups on the disk: made for one user alone, removed by the next run where one was killed. Knows no table."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

PREFIX = "backup-"


def touch(path: Path) -> None:
    """An empty file that only this user may read. Raises FileExistsError."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def sync(folder: Path) -> None:
    """A new, renamed or removed name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def working() -> Iterator[Path]:
    """A folder in VAR_DIR for what is not yet encrypted. Gone at the end; a killed run's goes at the next one."""
    _tidy()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=settings.VAR_DIR))
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _tidy() -> None:
    for folder in Path(settings.VAR_DIR).glob(f"{PREFIX}*/"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue  # another backup works there
        finally:
            os.close(handle)
