"""The commands in docs/operations.md do what the page says, typed as they stand there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.portals import SQLITE, Portal
from tests.processes import ROOT, free_port, wait_until
from tests.test_env_example import example

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
PAGE = (ROOT / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"^```(\S*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
# What cannot run here, and why. Everything else does.
NOT_HERE = {
    "docker": "needs Docker",
    "nginx": "is a part of nginx's configuration, not a command",
    "yaml": "is a file, not a command",
    "env": "is a setting, not a command",
}


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCKS if found == language]


def test_each_block_runs_here_or_says_by_its_kind_why_not():
    assert {language for language, _text in BLOCKS} <= {"sh", "sql", *NOT_HERE}
    assert len(blocks("sh")) >= 4
    for text in blocks("docker"):
        assert all(line.startswith(("docker ", "mkdir ", "    ")) for line in text.splitlines())
    names = {name for name, _value in example()}
    assert {line.partition("=")[0] for text in blocks("env") for line in text.splitlines()} <= names


def test_every_command_of_the_table_exists():
    table = PAGE.partition("## Commands\n")[2].partition("\n#")[0]
    named = set(re.findall(r"^\| `([a-z_]+)[ `]", table, re.MULTILINE))
    found = {path.stem for path in (ROOT / "invitations/management/commands").glob("[a-z]*.py")} | {"migrate"}
    assert named <= found
    assert found - named <= {"run_sandbox", "create_demo_data"}


@pytest.fixture
def desk(one: Portal, tmp_path: Path) -> Iterator[Path]:
    """A folder as an operator has it, with a web that runs."""
    folder = tmp_path / "desk"
    folder.mkdir()
    for name in (".venv", "manage.py"):
        (folder / name).symlink_to(Path(sys.prefix) if name == ".venv" else ROOT / name)
    return folder


def typed(text: str, folder: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, f"{text}\n{done.stderr}"
    return done.stdout


def test_the_blocks_run_one_after_the_other(one, desk):
    one.queue(1)
    said = {}
    with ExitStack() as stack:
        for text in blocks("sh"):
            env = one.env()
            if "/hooks/" in text:
                port = free_port()
                more = {
                    "MAIL_WEBHOOK_SECRET": "s" * 40,
                    "PORTAL_URL": f"http://localhost:{port}",
                    "DEBUG": "1",
                }
                web = stack.enter_context(
                    one.start("runserver", "--noreload", f"127.0.0.1:{port}", log="web", **more)
                )
                wait_until(lambda: "Quit the server" in (one.place / "web").read_text())
                said["hook"] = typed(text, desk, one.env(**more))
                web.kill()
                web.wait()
            else:
                said[text.split()[0]] = typed(text, desk, env)

    assert said["hook"] == '{"result": "nothing_changed"}'
    assert "Restored" in said[".venv/bin/python"]
    assert one.standing() == [("everything", "restored")]
    secrets = desk / "secrets"
    needed = set(re.findall(r"\./secrets/([a-z_]+)", (ROOT / "compose.yaml").read_text()))
    assert {path.name for path in secrets.iterdir()} == needed


if not SQLITE:

    def test_the_two_roles_are_made_as_it_says(one, tmp_path):
        (text,) = blocks("sql")
        name = f"convite_page_{os.getpid()}"
        where = connection.settings_dict
        server = f"{where['USER']}:{where['PASSWORD']}@{where['HOST']}:{where['PORT']}"
        text = re.sub(r"\bconvite", name, text).replace("'…'", "'x'")
        try:
            subprocess.run(
                ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", f"postgres://{server}/postgres"],
                input=text,
                text=True,
                check=True,
            )
            here = server.partition("@")[2]
            urls = {
                "DATABASE_URL": f"postgres://{name}:x@{here}/{name}",
                "MIGRATION_DATABASE_URL": f"postgres://{name}_owner:x@{here}/{name}",
            }
            one.done("migrate", "--verbosity", "0", **urls)
            assert "sound" in one.done("verify_audit", **urls)
            with (
                psycopg.connect(urls["DATABASE_URL"]) as role,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                role.execute("DELETE FROM invitations_auditevent")
        finally:
            with psycopg.connect(f"postgres://{server}/postgres", autocommit=True) as root:
                root.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                for role in (f"{name}_owner", name):
                    root.execute(f"DROP ROLE IF EXISTS {role}")
