"""`Dockerfile`, `.dockerignore` and `compose.yaml` name only what exists."""

import re
import runpy
from pathlib import Path

import pytest
from django.core.management import get_commands

from portal.env import env

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
SECRET = r"/run/secrets/([a-z_]+)"


@pytest.mark.parametrize("text", [DOCKERFILE, COMPOSE], ids=["Dockerfile", "compose.yaml"])
def test_every_setting_that_a_container_gets_is_one_that_is_read(text: str) -> None:
    runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    named = set(re.findall(r"^\s*(?:RUN |ENV )?([A-Z][A-Z_]+)(?:: |=)", text, re.MULTILINE))
    foreign = {name for name in named if name.startswith(("POSTGRES_", "PYTHON"))} | {"PATH"}
    ours = {name.removesuffix("_FILE") for name in named - foreign - {"ENV_FILE"}}
    assert len(ours) >= 4
    assert ours <= env.names


def test_every_secret_that_is_read_has_a_file_and_every_file_is_named_at_the_top() -> None:
    read = set(re.findall(SECRET, COMPOSE))
    files = set(re.findall(r"^  ([a-z_]+): \{file: \./secrets/\1\}$", COMPOSE, re.MULTILINE))
    assert read == files
    top = COMPOSE.partition("\n\n")[0]
    assert files <= set(re.findall(r"[a-z_]+", top))


def test_the_commands_of_the_containers_exist() -> None:
    commands = set(re.findall(r"manage\.py\W+([a-z_]+)", DOCKERFILE + COMPOSE))
    assert commands == {"collectstatic", "migrate", "run_worker"}
    assert commands <= set(get_commands())


def test_a_build_gets_files_by_name_and_no_hidden_ones() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    taken = [rule[1:] for rule in rules if rule.startswith("!")]
    assert [name for name in taken if not (ROOT / name).exists()] == []
    # The last rule that fits decides: what is kept out must stand behind what is let in.
    assert rules.index("**/.*") > max(rules.index(f"!{name}") for name in taken)
    assert not {".git", ".env", ".venv", "secrets", "tests", "var"} & set(taken)
