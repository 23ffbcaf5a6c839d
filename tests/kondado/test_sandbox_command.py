"""`manage.py run_sandbox`, as a process of its own with settings of its own."""

import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = """
import tempfile
from django.conf import settings
settings.configure(KONDADO_SANDBOX={on}, KONDADO_KEY="key-0123456789", KONDADO_TOKEN="token-0123456789",
                   EMAIL_FILE_PATH=None, PORTAL_URL="http://localhost:8000", VAR_DIR=tempfile.mkdtemp())
from django.core.management import call_command
from django.core.management.base import CommandError
from invitations.management.commands.run_sandbox import Command
try:
    call_command(Command(), port={port})
except CommandError as error:
    raise SystemExit(f"refused: {{error}}")
"""


def start(port: int, *, on: bool = True) -> subprocess.Popen[str]:
    script = START.format(on=on, port=port)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, text=True, **pipes)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_one_line_serves_and_ends_cleanly(number: signal.Signals) -> None:
    process = start(0)
    try:
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", line)[0]
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert b"Stand-in Kondado" in answer.read()
        taken = start(int(address.rstrip("/").rpartition(":")[2]))
        said, complaint = taken.communicate(timeout=20)
        assert taken.returncode == 1
        assert (said, complaint.startswith("refused: Port")) == ("", True)
    finally:
        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest, errors) == (0, "", "")
    assert "0123456789" not in line + complaint


def test_it_refuses_to_start_beside_the_real_service() -> None:
    said, complaint = start(0, on=False).communicate(timeout=20)
    assert said == ""
    assert complaint.startswith("refused: KONDADO_SANDBOX is off")
