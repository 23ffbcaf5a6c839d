"""Dumps and restores a PostgreSQL database by the server's own programs, which are called and not imitated.

Everything that a restore does to the database is one transaction, which commits only after the rows were counted.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction

from invitations.errors import BackupError
from invitations.models import guards
from invitations.services.backups.manifest import Manifest, look

VENDOR = "postgresql"
# The settings' names, and the client programs'. A password in the environment is in no list of processes.
PLACE = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}
OPTIONS = {name: f"PG{name.upper()}" for name in ("sslmode", "sslrootcert", "sslcert", "sslkey")}
PATIENCE = "SET lock_timeout = '10s';\n"


@contextmanager
def dump() -> Iterator[tuple[Manifest, Iterator[bytes]]]:
    """A dump as of one moment: what it holds, counted at that same moment, and its bytes. Others go on writing."""
    with transaction.atomic():
        ask("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        (snapshot,) = ask("SELECT pg_export_snapshot()")[0]
        manifest = look(ask, vendor=VENDOR, tables=connection.introspection.table_names())
        words = ["pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--snapshot={snapshot}"]
        with _program(words, stdout=subprocess.PIPE) as process:
            stdout = process.stdout
            assert stdout is not None  # noqa: S101
            yield manifest, iter(lambda: stdout.read(1 << 20), b"")


def count_rows(pieces: Iterable[bytes]) -> dict[str, int]:
    """The rows by table that a dump would bring back, read from the dump itself."""
    counts: dict[str, int] = {}
    table = ""
    with _script(pieces, "--data-only") as lines:
        for line in lines:
            if line == b"\\.\n":
                table = ""
            elif table:
                counts[table] += 1
            elif line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n"):
                table = line.split()[1].decode().rpartition(".")[2].strip('"')
                counts[table] = 0
    return counts


def bring_back(pieces: Iterable[bytes], manifest: Manifest) -> None:
    """Replaces every table by those of a dump, with a mark and the rights of the portal's role. All or nothing.

    Raises BackupError.
    """
    (place,) = ask("SELECT current_schema()")[0]
    schema, role = _name(place), settings.RUNTIME_ROLE
    before = ["BEGIN;\n", PATIENCE, *(f"DROP TABLE IF EXISTS {_name(name)} CASCADE;\n" for name in _tables())]
    before.append("DROP FUNCTION IF EXISTS convite_append_only() CASCADE;\n")
    counted = "".join(
        f"IF (SELECT count(*) FROM {schema}.{_name(name)}) <> {int(count)} THEN "  # noqa: S608  # nosec B608  # names of our own tables and role
        "RAISE EXCEPTION 'the number of rows is another one'; END IF;\n"
        for name, count in manifest.counts.items()
    )
    after = [
        f"DO $$ BEGIN\n{counted}END $$;\n",
        f"UPDATE {schema}.invitations_callturn SET restored_at = now();\n",  # noqa: S608  # nosec B608  # names of our own tables and role
        *(f"{text};\n" for text in guards.rights_statements(connection, role=role, schema=place) if role),
        "COMMIT;\n",
    ]
    connection.close()
    words = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    with _program(words, stdin=subprocess.PIPE) as process:
        stdin = process.stdin
        assert stdin is not None  # noqa: S101
        # Cut at any place before COMMIT, whoever was killed, the server takes everything back.
        with suppress(BrokenPipeError):
            stdin.writelines(text.encode() for text in before)
            with _script(pieces) as lines:
                stdin.writelines(lines)
            stdin.writelines(text.encode() for text in after)
            stdin.close()


def others() -> list[str]:
    """Whose other connections to the database are open; more of them is for the server's ruler to see."""
    rows = ask(
        "SELECT DISTINCT usename FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL"
    )
    return sorted(str(name) for (name,) in rows)


def ask(text: str) -> list[Any]:
    """The rows of a statement of our own."""
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else []


def _tables() -> list[str]:
    return connection.introspection.table_names()


def _name(table: str) -> str:
    return connection.ops.quote_name(table)


@contextmanager
def _script(pieces: Iterable[bytes], *words: str) -> Iterator[IO[bytes]]:
    """A dump as lines of SQL. Raises BackupError at the end where not all of it came."""
    with _program(
        ["pg_restore", "--no-owner", "--no-acl", *words, "--file=-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        feeder = _Feeder(pieces, process.stdin)
        feeder.start()
        yield process.stdout
        feeder.join()
        if feeder.error is not None:
            raise feeder.error


class _Feeder(threading.Thread):
    """Writes into a program while another thread reads from it."""

    def __init__(self, pieces: Iterable[bytes], into: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pieces, self._into = pieces, into
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with suppress(BrokenPipeError), self._into:
                self._into.writelines(self._pieces)
        except Exception as error:  # noqa: BLE001  (told by the thread that waits)
            self.error = error


@contextmanager
def _program(words: list[str], **pipes: int) -> Iterator[subprocess.Popen[bytes]]:
    """One of the server's programs, which knows where the database is; gone at the end, however that comes.

    Raises BackupError with its own words where it did not end well.
    """
    with tempfile.TemporaryFile() as said:
        try:
            process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603
                words, env=_environment(), stderr=said, **pipes
            )
        except FileNotFoundError:
            raise BackupError(f"{words[0]} is missing. It comes with PostgreSQL's client programs.") from None
        try:
            yield process
            if process.wait():
                said.seek(0)
                last = said.read(2000).decode(errors="replace").strip().splitlines()
                raise BackupError(f"{words[0]} failed: {last[0] if last else process.returncode}")
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()


def _environment() -> dict[str, str]:
    place = connection.settings_dict
    found = {ours: str(place[name]) for name, ours in PLACE.items() if place.get(name)}
    options = place.get("OPTIONS") or {}
    found |= {ours: str(options[name]) for name, ours in OPTIONS.items() if options.get(name)}
    return {**os.environ, **found, "PGCONNECT_TIMEOUT": "10"}
