"""`Dockerfile`, `.dockerignore` and `compose.yaml` name only what exists; the image's health check tells well from ill."""

import http.server
import json
import os
import re
import runpy
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from portal.env import env

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
SECRET = r"/run/secrets/([a-z_]+)"


class Portal(http.server.BaseHTTPRequestHandler):
    """Answers as the portal does: its own name only."""

    def do_GET(self) -> None:
        known = self.headers["Host"] == "portal.example" and self.path == "/healthz"
        self.send_response(200 if known else 400)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Nothing to say."""


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), Portal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def health_check(port: int, portal_url: str) -> int:
    """How the image's own command ends when the web listens on that port."""
    found = re.search(r"^HEALTHCHECK .*? CMD (\[.*?\])$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)
    assert found
    program, *words = json.loads(found[1])
    assert program == "python"
    words[-1] = words[-1].replace("8000", str(port))
    done = subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "PORTAL_URL": portal_url},
        capture_output=True,
        check=False,
        timeout=30,
    )
    return done.returncode


def test_the_health_check_is_content_with_the_portal(port: int) -> None:
    assert health_check(port, "https://portal.example") == 0
    assert health_check(port, "https://portal.example/") == 0


def test_the_health_check_fails_over_another_answer(port: int) -> None:
    assert health_check(port, "https://other.example") != 0


def test_the_health_check_fails_when_nothing_listens() -> None:
    assert health_check(1, "https://portal.example") != 0


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
    commands = set(re.findall(r'manage\.py(?: |", ")([a-z_]+)', DOCKERFILE + COMPOSE))
    assert commands == {"collectstatic", "migrate", "run_worker"}
    assert commands <= set(get_commands())


def test_the_image_brings_the_client_programs_of_the_server_beside_it() -> None:
    (server,) = re.findall(r"image: postgres:([0-9]+)$", COMPOSE, re.MULTILINE)
    assert f"postgresql-client-{server} " in DOCKERFILE
    bases = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    assert bases == {"python:3.13-slim-trixie"}  # Debian 13 is the one that has version 17


def test_a_build_gets_files_by_name_and_no_hidden_ones() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    taken = [rule[1:] for rule in rules if rule.startswith("!")]
    assert [name for name in taken if not (ROOT / name).exists()] == []
    # The last rule that fits decides: what is kept out must stand behind what is let in.
    assert rules.index("**/.*") > max(rules.index(f"!{name}") for name in taken)
    assert not {".git", ".env", ".venv", "secrets", "tests", "var"} & set(taken)
