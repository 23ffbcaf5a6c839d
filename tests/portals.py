"""A whole portal of a test's own, in processes: its database, its VAR_DIR, its commands. Nothing of it is shared."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.db import connection

from invitations.kondado.sandbox import Sandbox
from tests.processes import PATIENCE, ROOT, environment, running

SQLITE = connection.vendor == "sqlite"
QUEUE = """
from tests import factories
from invitations.models import Account, Connector, User
from invitations.services.people import accounts
account = Account.objects.first() or factories.make_account()
user = User.objects.filter(role="admin").first() or factories.make_user("admin@example.com", "admin")
connector = Connector.objects.first() or factories.make_connector(kondado_id=92)
import time
for number in range({count}):
    factories.make_invitation(
        user, account, connector, form_nonce=f"{{time.time_ns()}}", recipient_email=f"g{{time.time_ns()}}@example.com"
    )
"""


@dataclass
class Portal:
    """One portal. `url` is what web and worker use, `owner_url` what `migrate` and `restore` use."""

    sandbox: Sandbox
    place: Path
    url: str
    owner_url: str
    more: dict[str, str] = field(default_factory=dict)

    @property
    def var(self) -> Path:
        return self.place / "var"

    @property
    def file(self) -> Path:
        """The database of one on SQLite."""
        return self.var / "convite.sqlite3"

    def env(self, **more: str) -> dict[str, str]:
        own = {"DATABASE_URL": self.url, "MIGRATION_DATABASE_URL": self.owner_url, "VAR_DIR": str(self.var)}
        return environment(self.sandbox, **{**own, **self.more, **more})

    def manage(self, *words: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """A command, to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env(**more),
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE * 2,
        )

    def done(self, *words: str, **more: str) -> str:
        """What a command prints that must not fail."""
        result = self.manage(*words, **more)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def start(self, *words: str, log: str = "log", **more: str) -> Any:
        """A command that goes on, killed at the latest when the block ends."""
        return running(["manage.py", *words], log=self.place / log, env=self.env(**more))

    def queue(self, count: int) -> None:
        """So many invitations that wait."""
        self.done("shell", "-c", QUEUE.format(count=count))

    def work(self, **more: str) -> None:
        """A worker, until nothing is left that it may do."""
        self.done("run_worker", "--until-idle", **more)

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Past the portal, as any other program would."""
        if SQLITE:
            with closing(sqlite3.connect(self.file, isolation_level=None)) as database:
                return database.execute(statement).fetchall()
        with psycopg.connect(self.owner_url, autocommit=True) as database:
            cursor = database.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @property
    def runtime(self) -> str:
        """The role that owns nothing."""
        return str(urlsplit(self.url).username)

    def connected(self) -> Any:
        """Somebody else's connection."""
        return psycopg.connect(self.url)

    def statuses(self) -> list[str]:
        return [status for (status,) in self.ask("SELECT status FROM invitations_accesslink ORDER BY id")]

    def standing(self) -> list[tuple[str, str]]:
        return self.ask("SELECT scope, reason FROM invitations_hold WHERE released_at IS NULL")

    def keep_by_hand(self) -> Path:
        """A backup as the databases' own tools make it."""
        kept = self.place / f"by-hand-{secrets.token_hex(4)}"
        if SQLITE:
            with closing(sqlite3.connect(self.file)) as one, closing(sqlite3.connect(kept)) as other:
                one.backup(other)
        else:
            subprocess.run(["pg_dump", "-Fc", "-f", kept, self.owner_url], check=True)
        return kept

    def bring_back_by_hand(self, kept: Path) -> None:
        """A restore as the databases' own tools make it."""
        if SQLITE:
            new = self.var / "new"
            shutil.copyfile(kept, new)
            for end in ("-wal", "-shm"):
                self.file.with_name(self.file.name + end).unlink(missing_ok=True)
            new.replace(self.file)
        else:
            words = ["pg_restore", "--clean", "--if-exists", "--exit-on-error", "-d", self.owner_url, kept]
            subprocess.run(words, check=True)


@dataclass
class Blank:
    """A database as `migrate` leaves it, to be copied: migrating takes longer than most tests."""

    file: Path
    server: str = ""
    name: str = ""

    @contextmanager
    def portal(self, sandbox: Sandbox, place: Path) -> Iterator[Portal]:
        """Empty; two roles where there are roles."""
        (place / "var").mkdir()
        if SQLITE:
            url = f"sqlite:///{place / 'var' / 'convite.sqlite3'}"
            shutil.copy(self.file, place / "var" / "convite.sqlite3")
            yield Portal(sandbox, place, url, url)
            return
        with self.database(template=self.name) as urls:
            yield Portal(sandbox, place, *urls)

    @contextmanager
    def database(self, *, template: str = "template1", name: str = "") -> Iterator[tuple[str, str]]:
        """One on the server, as the role that owns nothing and as its owner."""
        name = name or f"{self.name}_{secrets.token_hex(4)}"
        where = self.server.partition("@")[2]
        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name} OWNER {self.name}_owner TEMPLATE {template}")
            try:
                yield (
                    f"postgres://{self.name}_runtime:x@{where}/{name}",
                    f"postgres://{self.name}_owner:x@{where}/{name}",
                )
            finally:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def blank(place: Path) -> Iterator[Blank]:
    """On the kind of database that the tests run on."""
    if SQLITE:
        one = Blank(place / "blank.sqlite3")
        _migrate(f"sqlite:///{one.file}", f"sqlite:///{one.file}")
        with closing(sqlite3.connect(one.file)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
        yield one
        return
    where = connection.settings_dict
    server = f"postgres://{where['USER']}:{where['PASSWORD']}@{where['HOST']}:{where['PORT']}"
    one = Blank(place, server, f"convite_blank_{secrets.token_hex(4)}")
    roles = [f"{one.name}_owner", f"{one.name}_runtime"]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as root:
        for role in roles:
            root.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
        try:
            with one.database(name=one.name) as urls:
                _migrate(*urls)
                yield one
        finally:
            for role in roles:
                root.execute(f"DROP ROLE {role}")


def _migrate(url: str, owner_url: str) -> None:
    names = {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": url,
        "MIGRATION_DATABASE_URL": owner_url,
    }
    words = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(words, cwd=ROOT, env={**os.environ, **names}, check=True, capture_output=True)
