"""Keeps an answer of Kondado on disk from its arrival until it is in the database. Files only: knows no table.

One sealed file for each call, bound to its attempt, in a folder that only this user may read. Whoever works on a
file holds a lock on it, which ends with its process, so that several workers of one machine can share the folder.
Room for the next answer is set aside before a call is made: a full disk must not cost an answer.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from invitations.models import sealed
from invitations.services.base import disk

ROOM = 128 * 1024  # bytes: the longest answer is a withheld link of 64 KiB
NAME = re.compile(r"answer-([0-9]{1,18})-([0-9]{1,18})")
RESERVE = "room-"
UNREADABLE = "unreadable"


class NoRoom(Exception):  # noqa: N818  (says what is the matter)
    """An answer could not be kept, so that nothing may be asked."""


@dataclass(frozen=True)
class Kept:
    """One file in this process's hands. `file` holds the lock."""

    path: Path
    file: int
    attempt_id: int
    call_id: int


class _Room:
    """The file that this process has set aside for its next answer."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.file = -1
        self.owner = 0

    def stands(self) -> bool:
        """Whether it is still there, and ours: a child process starts without."""
        path = self.path
        return (
            path is not None
            and self.owner == os.getpid()
            and path.parent == folder()
            and _is_at(self.file, path)
        )

    def give(self) -> tuple[int, Path]:
        """The file and its path; from now on the caller's."""
        path, self.path = self.path, None
        if path is None:
            raise NoRoom("no room was set aside")
        return self.file, path


_room = _Room()


def folder() -> Path:
    """Where the files are, made at first use. Raises NoRoom."""
    path = Path(settings.VAR_DIR) / "spool"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise NoRoom(f"errno {error.errno}") from None
    return path


def set_room_aside() -> None:
    """Makes sure that the next answer has its place on the disk. Raises NoRoom."""
    try:
        place = folder()
        if shutil.disk_usage(place).free < disk.LEAST_FREE:
            raise NoRoom("the disk is full")
        if not _room.stands():
            _set_aside_anew(place)
    except OSError as error:
        raise NoRoom(f"errno {error.errno}") from None


def keep(*, attempt_id: int, call_id: int, text: str) -> Kept:
    """Writes an answer into the room set aside; on return it is on the disk. Raises NoRoom."""
    data = sealed.seal(text, table="spool", field="answer", row=attempt_id)
    try:
        if not _room.stands():
            _set_aside_anew(folder())
        file, path = _room.give()
        _write(file, data)
        os.ftruncate(file, len(data))
        os.fsync(file)
        kept = path.with_name(f"answer-{attempt_id}-{call_id}")
        path.rename(kept)
        _sync(kept.parent)
    except OSError as error:
        raise NoRoom(f"errno {error.errno}") from None
    return Kept(kept, file, attempt_id, call_id)


def drop(kept: Kept) -> None:
    """Removes a file whose answer is in the database."""
    kept.path.unlink(missing_ok=True)
    _sync(kept.path.parent)
    os.close(kept.file)


def let_go(kept: Kept) -> None:
    """Leaves a file where it is, for the next look."""
    os.close(kept.file)


def put_by(kept: Kept) -> None:
    """Moves a file out of the way that cannot be used; a start of a worker looks at it again."""
    aside = folder() / UNREADABLE
    aside.mkdir(mode=0o700, exist_ok=True)
    kept.path.rename(aside / kept.path.name)
    _sync(kept.path.parent)
    os.close(kept.file)


def waiting(*, also_put_by: bool = False) -> Iterator[Kept]:
    """The files that no living process works on, each locked for the caller, who must drop it or let it go."""
    places = [folder(), folder() / UNREADABLE] if also_put_by else [folder()]
    for place in places:
        for path in sorted(place.glob("answer-*")):
            name = NAME.fullmatch(path.name)
            file = _lock(path) if name else None
            if name and file is not None:
                yield Kept(path, file, int(name[1]), int(name[2]))


def read(kept: Kept) -> str:
    """The answer as it was kept. Raises sealed.Unreadable when the bytes are others', damaged, or their key is gone."""
    data = b""
    while chunk := os.pread(kept.file, 1 << 20, len(data)):
        data += chunk
    return sealed.unseal(data, table="spool", field="answer", row=kept.attempt_id)


def key_names() -> Iterator[bytes]:
    """The name of the key that sealed each answer kept on this machine, whoever works on it."""
    place = Path(settings.VAR_DIR) / "spool"
    for path in [*place.glob("answer-*"), *(place / UNREADABLE).glob("answer-*")]:
        with suppress(OSError), path.open("rb") as file:
            name = file.read(sealed.NAME_BYTES)
            if len(name) == sealed.NAME_BYTES:
                yield name


def seal_anew(kept: Kept, name: bytes) -> bool:
    """Seals an answer with the first key if the key of that name had sealed it. Raises sealed.Unreadable.

    The new file takes the place of the old one at once, so that a kill leaves the one or the other.
    """
    if os.pread(kept.file, sealed.NAME_BYTES, 0) != name:
        return False
    text = read(kept)
    new = folder() / f"{RESERVE}{os.urandom(8).hex()}"
    file = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _write(file, sealed.seal(text, table="spool", field="answer", row=kept.attempt_id))
        os.fsync(file)
        new.rename(kept.path)
        _sync(kept.path.parent)
    finally:
        os.close(file)
    return True


def counts() -> tuple[int, int]:
    """On this machine: how many answers are not yet in the database, and how many files cannot be used."""
    place = Path(settings.VAR_DIR) / "spool"
    names = [path.name for path in place.glob("*") if path.name != UNREADABLE]
    answers = [name for name in names if NAME.fullmatch(name)]
    others = [name for name in names if name not in answers and not name.startswith(RESERVE)]
    return len(answers), len(others) + len(list((place / UNREADABLE).glob("*")))


def tidy() -> None:
    """Removes room that dead processes had set aside."""
    for path in folder().glob(f"{RESERVE}*"):
        file = _lock(path)
        if file is not None:
            path.unlink(missing_ok=True)
            os.close(file)


def give_room_back() -> None:
    """Frees the room set aside, when the process ends."""
    if _room.stands():
        file, path = _room.give()
        path.unlink(missing_ok=True)
        os.close(file)


def _set_aside_anew(place: Path) -> None:
    path = place / f"{RESERVE}{os.urandom(8).hex()}"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _write(file, bytes(ROOM))
        os.fsync(file)
        _sync(place)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        os.close(file)
        raise
    _room.path, _room.file, _room.owner = path, file, os.getpid()


def _write(file: int, data: bytes) -> None:
    done = 0
    while done < len(data):
        done += os.pwrite(file, data[done:], done)


def _lock(path: Path) -> int | None:
    """The file, locked; None when a living process holds it or it is gone."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(file, path):
            return file
    except OSError:
        pass
    os.close(file)
    return None


def _is_at(file: int, path: Path) -> bool:
    """Whether the path still leads to this very file."""
    try:
        here, there = os.fstat(file), os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _sync(place: Path) -> None:
    """A new, renamed or removed name is on the disk only when its folder is."""
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
