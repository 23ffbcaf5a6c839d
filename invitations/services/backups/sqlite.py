"""Copies a SQLite database while it is in use, and puts another in its place. Needs nothing of Django's to open one."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from django.db import connection

from invitations.errors import BackupError
from invitations.services.backups import folders
from invitations.services.backups.manifest import Manifest, look

VENDOR = "sqlite"
ASIDE = ".before-restore-"
NEW = ".restoring"
BESIDE = ("-wal", "-shm", "-journal")
SECONDS = 20.0  # how long to wait for somebody who writes


def place() -> Path:
    """The portal's own database. Raises BackupError where it is no file."""
    path = Path(str(connection.settings_dict["NAME"]))
    if not path.is_absolute():
        raise BackupError("The database is not a file.")
    return path


@contextmanager
def dump() -> Iterator[tuple[Manifest, Iterator[bytes]]]:
    """A copy as it is at one moment, checked and counted: what it holds, and its bytes. Others go on writing."""
    source = place()
    if not source.is_file():
        raise BackupError("There is no database to back up.")
    with folders.working() as folder:
        copy = folder / "copy.sqlite3"
        folders.touch(copy)
        try:
            with closing(_open(source)) as one, closing(_open(copy)) as other:
                one.backup(other)
        except sqlite3.Error as error:
            raise BackupError(f"The database could not be copied: {error}.") from None
        manifest = examine(copy)
        with copy.open("rb") as file:
            yield manifest, iter(lambda: file.read(1 << 20), b"")


def examine(path: Path) -> Manifest:
    """Checks every page, and says what is there. Leaves one file without others beside it. Raises BackupError."""
    try:
        with closing(_open(path)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
            found = database.execute("PRAGMA integrity_check").fetchall()
            if found != [("ok",)]:
                raise BackupError(f"The database file is not sound: {found[0][0]}")
            tables = [
                name
                for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                if not name.startswith("sqlite_")
            ]
            return look(lambda text: database.execute(text).fetchall(), vendor=VENDOR, tables=tables)
    except sqlite3.DatabaseError as error:
        raise BackupError(f"The database file is not sound: {error}.") from None


@contextmanager
def beside() -> Iterator[Path]:
    """A file beside the database, gone at the end unless it took its place. What a killed run left goes first."""
    path = place()
    new = path.with_name(path.name + NEW)
    _discard(new)
    folders.touch(new)
    try:
        yield new
    finally:
        _discard(new)


def fill(path: Path, pieces: Iterable[bytes]) -> None:
    """The bytes of a backup, into an empty file."""
    with path.open("r+b") as file:
        file.writelines(pieces)


def _discard(path: Path) -> None:
    for end in ("", *BESIDE):
        path.with_name(path.name + end).unlink(missing_ok=True)


@contextmanager
def pointed_at(path: Path) -> Iterator[None]:
    """While it lasts, the portal's own code works on another file."""
    own = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(path)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own


def settle_old() -> None:
    """Takes everything into the one file of the old database, so that it can be put aside.

    Raises BackupError where another process has it open. One that is damaged stays as it is.
    """
    path = place()
    if not path.exists():
        return
    with closing(_open(path, seconds=1.0)) as database:
        try:
            database.execute("PRAGMA journal_mode = DELETE").fetchall()
        except sqlite3.OperationalError:
            raise BackupError("Another program has the database open. Stop it, then try again.") from None
        except sqlite3.DatabaseError:
            return


def swap(new: Path, *, stamp: str) -> Path | None:
    """Puts the new file in the place of the old one, in one step; gives where the old one is now.

    There is a whole database under the name at every moment. Ended in between, the old one works on.
    """
    path = place()
    aside = None
    with new.open("rb") as file:
        os.fsync(file.fileno())
    if path.exists():
        aside = path.with_name(f"{path.name}{ASIDE}{stamp}")
        _drop_names_of(path)
        _keep(path, aside)
        for end in BESIDE:  # only a damaged one still has them
            with suppress(FileNotFoundError):
                path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    new.replace(path)
    folders.sync(path.parent)
    if aside is not None:
        aside.chmod(0o600)
    return aside


def _drop_names_of(path: Path) -> None:
    """A restore that was ended between its two steps left a second name of the database that is in use."""
    for name in path.parent.glob(f"{path.name}{ASIDE}*"):
        if name.samefile(path):
            name.unlink()


def _keep(path: Path, aside: Path) -> None:
    try:
        os.link(path, aside)
    except OSError:  # a disk without hard links
        shutil.copy2(path, aside)
    folders.sync(path.parent)


def _open(path: Path, *, seconds: float = SECONDS) -> sqlite3.Connection:
    """For plain statements: each stands for itself."""
    return sqlite3.connect(path, timeout=seconds, isolation_level=None)
