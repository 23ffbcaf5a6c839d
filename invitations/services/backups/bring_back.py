"""Brings a backup back: everything is looked at before anything is changed, and what was there before is kept.

Nothing is sent from a restored database until an administrator has compared: the hold that says so, or the mark that
becomes it, is in the database before any worker can see it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from invitations.errors import BackupError
from invitations.models import WorkerBeat, guards
from invitations.services.backups import make, postgres, sealed_file, sqlite
from invitations.services.backups.manifest import Manifest, unpack
from invitations.services.base import audit, seen_head
from invitations.services.decisions import restoring
from portal import alive

SILENT_FOR = timedelta(seconds=60)  # after which a worker of another machine counts as gone


@dataclass(frozen=True)
class Done:
    """`kept` is where the former database is; `problem` what is wrong with the record, which was so in the backup."""

    kept: Path | None
    head: tuple[int, str]
    problem: str


def examine(*, path: Path, keys: Sequence[bytes]) -> Manifest:
    """Reads the whole file, and says what it holds. Raises BackupError where it cannot be brought back here."""
    with _opened(path, keys) as (manifest, pieces):
        for _piece in pieces:
            pass
    if manifest.vendor != connection.vendor:
        raise BackupError(
            f"This is a backup of {manifest.vendor}, and the database here is {connection.vendor}."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if not known.issuperset(manifest.migrations):
        raise BackupError("This backup is of a newer version of the portal. Install that first.")
    return manifest


@contextmanager
def nobody_else() -> Iterator[None]:
    """While it lasts, no web or worker of this machine can start. Raises BackupError where one lives anywhere."""
    try:
        with alive.alone():
            _refuse_others()
            yield
    except alive.Busy:
        raise BackupError("A web or a worker of this machine runs. Stop every one, then try again.") from None


def restore(*, path: Path, keys: Sequence[bytes], manifest: Manifest, now: datetime | None = None) -> Done:
    """Replaces the database. The caller examined the file and keeps the others away. Raises BackupError."""
    now = now or timezone.now()
    bring_back = _into_postgres if connection.vendor == postgres.VENDOR else _into_sqlite
    try:
        return bring_back(path, keys, manifest, now)
    except OSError as error:
        raise BackupError(f"The backup could not be brought back: {error.strerror}.") from None


def _into_sqlite(path: Path, keys: Sequence[bytes], manifest: Manifest, now: datetime) -> Done:
    """Beside the old one, until it is whole and stopped; then in its place in one step."""
    sqlite.settle_old()
    with _opened(path, keys) as (_manifest, pieces), sqlite.beside() as new:
        sqlite.fill(new, pieces)
        _compare(sqlite.examine(new), manifest)
        with sqlite.pointed_at(new):
            problem = _put_right()
            restoring.stop_everything(now=now)
            head = restoring.head()
        sqlite.examine(new)
        sqlite.settle_old()
        kept = sqlite.swap(new, stamp=_stamp(now))
    return _done(kept, head, problem)


def _into_postgres(path: Path, keys: Sequence[bytes], manifest: Manifest, now: datetime) -> Done:
    """All in one transaction, with a mark that the first worker turns into the hold if this does not get so far."""
    kept = None
    if connection.introspection.table_names():
        name = Path(settings.VAR_DIR) / f"before-restore-{_stamp(now)}.backup"
        kept, _before = make.make(to=name, keys=keys, now=now)
    with _opened(path, keys) as (_manifest, pieces):
        postgres.bring_back(pieces, manifest)
    try:
        problem = _put_right()
        restoring.stop_everything(now=now)
        return _done(kept, restoring.head(), problem)
    except Exception as error:
        raise _half_way(error) from error


def _half_way(error: Exception) -> BackupError:
    told = BackupError(
        f"The rows are back and nothing is sent, but the rest failed: {error} Restore once more."
    )
    told.half_way = True
    return told


def _put_right() -> str:
    """Migrations, triggers, rights and single rows, as `migrate` leaves them; then the record. What is wrong with it."""
    call_command("migrate", verbosity=0, interactive=False)
    if guards.missing(connection):
        raise BackupError("The triggers that guard the record could not be put back.")
    return next(audit.problems(), "")


def _done(kept: Path | None, head: seen_head.Head, problem: str) -> Done:
    with seen_head.locked():
        seen_head.replace(head)
    (Path(settings.VAR_DIR) / restoring.MARKER).unlink(missing_ok=True)
    return Done(kept, (head.number, head.hash), problem)


def _compare(found: Manifest, wanted: Manifest) -> None:
    if (found.counts, found.head) != (wanted.counts, wanted.head):
        raise BackupError("The backup does not hold the rows that it says. Nothing was changed.")


@contextmanager
def _opened(path: Path, keys: Sequence[bytes]) -> Iterator[tuple[Manifest, Iterator[bytes]]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from None
    with file:
        inside = sealed_file.read(file, keys)
        manifest, start = unpack(inside)
        yield manifest, chain([start], inside)


def _refuse_others() -> None:
    """Signs of life of workers elsewhere; on PostgreSQL also whoever has a connection."""
    if connection.vendor == sqlite.VENDOR and not sqlite.place().is_file():
        return
    try:
        here = f"{socket.gethostname()}:"
        beats = WorkerBeat.objects.filter(beat_at__gt=timezone.now() - SILENT_FOR).exclude(
            name__startswith=here
        )
        name = beats.values_list("name", flat=True).first()
    except DatabaseError:
        name = None  # empty, or damaged: that is what a restore is for
    finally:
        connection.close()
    if name:
        raise BackupError(
            f"The worker {name} showed itself within the last minute. Stop it, or wait a minute."
        )
    roles = postgres.others() if connection.vendor == postgres.VENDOR else []
    if roles:
        raise BackupError(
            f"Others are connected to the database, as {', '.join(roles)}. Stop every web and worker."
        )


def _stamp(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
