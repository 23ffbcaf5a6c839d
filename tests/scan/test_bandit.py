"""bandit over the whole program: what it finds is mended, or explained beside the line."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.scan
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ("portal", "invitations", "do.py", "manage.py", "gunicorn.conf.py")
EXPLAINED = re.compile(r"# nosec( B\d{3})+  # \w.*")


def test_s58_bandit_finds_nothing_of_medium_weight_that_is_not_explained() -> None:
    words = [sys.executable, "-m", "bandit", "--quiet", "-ll", "--format", "json", "--recursive", *PROGRAM]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)

    assert report["errors"] == []
    assert report["metrics"]["_totals"]["loc"] > 10_000
    found = [
        f"{one['filename']}:{one['line_number']} {one['test_id']} {one['issue_text']}"
        for one in report["results"]
    ]
    assert found == []


def test_whatever_is_hidden_from_bandit_has_its_reason() -> None:
    files = [
        path
        for name in PROGRAM
        for path in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
    ]
    lines = [line for path in files for line in path.read_text().splitlines() if "# nosec" in line]
    assert lines
    assert [line for line in lines if not EXPLAINED.search(line)] == []
