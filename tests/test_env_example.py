"""`.env.example` names exactly what is read from the environment, and holds no secret."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.env import Env, env

ROOT = Path(__file__).resolve().parent.parent
LINE = re.compile(r"#?([A-Z][A-Z0-9_]*)=(.*)")
SECRETS = {"SECRET_KEY", "FIELD_KEYS", "KONDADO_KEY", "KONDADO_TOKEN"}


def example() -> list[tuple[str, str]]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return [found.groups() for line in lines if (found := LINE.fullmatch(line))]


def test_it_names_every_variable_that_is_read_and_no_other() -> None:
    assert settings.SECRET_KEY
    runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    names = [name for name, _value in example()]
    assert sorted(names) == sorted({*env.names, "ENV_FILE"})


def test_it_holds_no_secret() -> None:
    assert {name for name, value in example() if not value} >= SECRETS


def test_each_name_has_a_comment_above_it() -> None:
    above = ""
    for line in (ROOT / ".env.example").read_text().splitlines():
        if LINE.fullmatch(line):
            assert above.startswith("# "), line
        else:
            above = line


def test_the_example_with_its_two_keys_filled_in_is_a_working_file(tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text()
    text = text.replace("\nSECRET_KEY=", "\nSECRET_KEY=" + "k" * 60)
    text = text.replace("\nFIELD_KEYS=", "\nFIELD_KEYS=" + "QUJD" * 10 + "QUI=")
    (tmp_path / "env").write_text(text)
    names = {name for name, _value in example()}
    bare = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import portal.settings as s; print(s.KONDADO_API_URL, s.DATABASES['default']['NAME'])",
        ],
        cwd=ROOT,
        env={**bare, "ENV_FILE": str(tmp_path / "env"), "VAR_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["https://k2.kondado.com.br", str(tmp_path / "var" / "convite.sqlite3")], (
        done.stderr
    )


def test_a_secret_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("$tarts-like-a-reference\n")
    monkeypatch.setenv("SOME_TOKEN_FILE", str(tmp_path / "token"))
    assert Env().raw("SOME_TOKEN") == "$tarts-like-a-reference"


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ABSENT_TOKEN", raising=False)
    with pytest.raises(ImproperlyConfigured, match="ABSENT_TOKEN is not set"):
        Env().raw("ABSENT_TOKEN")
