"""The SQLite file is one that any program can open: nothing in it needs a function of the portal's."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that `migrate` made."""
    var = tmp_path_factory.mktemp("var")
    bare = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**bare, "DJANGO_SETTINGS_MODULE": "portal.settings", "VAR_DIR": str(var)},
        check=True,
        capture_output=True,
    )
    return var / "convite.sqlite3"


@pytest.fixture
def plain(migrated: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(migrated)) as connection:
        yield connection
        connection.rollback()


def add_account(connection: sqlite3.Connection, client_id: str) -> None:
    columns = {
        row[1]: "" if "char" in row[2] or row[2] == "BLOB" else 0
        for row in connection.execute("PRAGMA table_info(invitations_account)")
        if row[3] and row[1] != "id"
    }
    values = {**columns, "client_id": client_id, "created_at": "2026-01-01"}
    places = ", ".join(f":{name}" for name in values)
    connection.execute(f"INSERT INTO invitations_account ({', '.join(values)}) VALUES ({places})", values)  # noqa: S608


def test_the_file_is_whole_and_can_be_copied(plain, tmp_path):
    assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    plain.execute("VACUUM INTO ?", [str(tmp_path / "copy.sqlite3")])

    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as copy:
        assert copy.execute("SELECT number FROM invitations_audithead").fetchall() == [(0,)]


@pytest.mark.parametrize("client_id", ["1", "123456789012"])
def test_a_row_with_a_rule_of_its_own_can_be_written(plain, client_id):
    add_account(plain, client_id)
    assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert plain.execute("SELECT client_id FROM invitations_account").fetchall() == [(client_id,)]


@pytest.mark.parametrize("client_id", ["", "12a", "a12", "1 2", "12\n", "-1", "1234567890123", "١٢"])
def test_the_rule_still_holds(plain, client_id):
    with pytest.raises(sqlite3.IntegrityError, match="account_client_id_digits"):
        add_account(plain, client_id)
