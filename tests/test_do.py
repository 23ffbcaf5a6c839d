"""`do.py` as a person meets it, in a folder of its own with a stand-in for the environment's Python."""

import ast
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
READY = "Ctrl-C stops everything."

# Writes down how it was called, then plays the part of each program that the demo starts.
PYTHON = f"""#!{sys.executable} -S
import http.server, json, os, pathlib, signal, socket, subprocess, sys, time
words = sys.argv[1:]
root = pathlib.Path(__file__).absolute().parent.parent.parent
with open(root / "calls", "a") as calls:
    print(" ".join(words[:2]) if words[0] == "-c" else " ".join(words), file=calls)
if "collectstatic" in words:
    (root / "collected").mkdir(exist_ok=True)
if "pytest" in words:
    sys.exit(3)
if "run_sandbox" in words:
    server = socket.create_server(("127.0.0.1", int(words[-1])))
if words[0] == "-c":
    (root / "steps").write_text(sys.stdin.read())
    (root / "environment").write_text(json.dumps(dict(os.environ)))
    pathlib.Path(os.environ["VAR_DIR"], "convite.sqlite3").touch()
if "run_worker" in words:
    child = subprocess.Popen(["/bin/sh", "-c", "trap '' TERM; sleep 60; true"])
    (root / "grandchild").write_text(f"{{child.pid}}\\n")
    (root / "worker").write_text(f"{{os.getpid()}}\\n")
if "gunicorn" in words:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
    host, port = os.environ["BIND"].split(":")
    http.server.HTTPServer((host, int(port)), Handler).serve_forever()
if "run_sandbox" in words or "run_worker" in words:
    time.sleep(60)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with do.py, its locks, and the stand-in where the environment's Python would be; the scanner is there."""
    for name in ("do.py", ".env.example"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    (tmp_path / "requirements").mkdir()
    for level in ("run", "test", "browser", "scan"):
        (tmp_path / "requirements" / f"{level}.lock").write_text(level)
    (tmp_path / ".venv-scan").mkdir()
    (tmp_path / ".venv-scan" / "convite-installed").write_text(hashlib.sha256(b"scan").hexdigest())
    pip = tmp_path / ".venv" / "lib" / "python3" / "site-packages" / "pip"
    pip.mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir()
    python.write_text(PYTHON)
    python.chmod(0o755)
    return tmp_path


def do(project: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "do.py", *words],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def calls(project: Path) -> list[str]:
    """What the environment's Python was asked since the last look."""
    path = project / "calls"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def installed(project: Path) -> list[str]:
    return [Path(line.split()[-1]).stem for line in calls(project) if " pip install " in f" {line} "]


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_s59_the_first_call_installs_by_hash_and_collects_static_files(project: Path) -> None:
    done = do(project, "manage", "check", "--deploy")
    assert done.returncode == 0, done.stderr
    install, collect, check = calls(project)
    assert "--require-hashes --only-binary :all:" in install
    assert install.endswith("requirements/run.lock")
    assert collect.startswith("manage.py collectstatic")
    assert check == "manage.py check --deploy"


def test_the_second_call_does_neither(project: Path) -> None:
    do(project, "manage", "check")
    calls(project)
    do(project, "manage", "check")
    assert calls(project) == ["manage.py check"]


def test_a_changed_lock_is_installed(project: Path) -> None:
    do(project, "manage", "check")
    calls(project)
    (project / "requirements" / "run.lock").write_text("newer")
    do(project, "manage", "check")
    assert installed(project) == ["run"]


def test_an_environment_grows_and_never_shrinks(project: Path) -> None:
    do(project, "manage", "check")
    do(project, "test")
    do(project, "test", "--all")
    assert installed(project) == ["run", "test", "browser"]
    do(project, "test")
    do(project, "manage", "check")
    assert installed(project) == []
    (project / "requirements" / "browser.lock").write_text("newer")
    do(project, "manage", "check")
    assert installed(project) == ["browser"]


def test_changed_static_files_are_collected_again(project: Path) -> None:
    do(project, "manage", "check")
    calls(project)
    (project / "static").mkdir()
    (project / "static" / "a.css").write_text("a {}")
    do(project, "manage", "check")
    assert calls(project)[0].startswith("manage.py collectstatic")


def test_the_exit_code_and_arguments_of_pytest_pass_through(project: Path) -> None:
    done = do(project, "test", "-k", "name")
    assert done.returncode == 3
    assert calls(project)[-1] == "-m pytest -n auto -k name"
    done = do(project, "test", "--all", "-x")
    assert done.returncode == 3
    assert calls(project)[-2:] == [
        "-m pytest -n auto -m not (crash or scan or soak) -x",
        "-m pytest -m crash or scan or soak -x",
    ]


def test_a_check_that_fails_is_named(project: Path) -> None:
    python = project / ".venv" / "bin" / "python"
    python.write_text(PYTHON + 'if "mypy" in words:\n    sys.exit(1)\n')
    done = do(project, "check")
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["failed: -m mypy portal invitations do.py"]
    assert "manage.py check --deploy --fail-level WARNING" in calls(project)


def test_an_old_python_gets_one_sentence() -> None:
    pretend = "import sys; sys.version_info = (3, 6, 0, 'final', 0); exec(compile(open('do.py').read(), 'do.py', 'exec'))"
    done = subprocess.run(
        [sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 1
    assert done.stderr == "Convite needs Python 3.11 or newer; this is 3.6.\n"


def test_an_old_python_can_read_the_file() -> None:
    ast.parse((ROOT / "do.py").read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("option", ["--port", "--sandbox-port"])
def test_a_taken_port_is_one_sentence_before_anything_starts(project: Path, option: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        other = "--port" if option == "--sandbox-port" else "--sandbox-port"
        done = do(project, "run", option, str(port), other, str(free_port()))
    assert done.returncode == 1
    assert re.fullmatch(rf"Port {port} cannot be used .*{option} N\n", done.stderr)
    assert calls(project) == []


@contextmanager
def running(project: Path) -> Iterator["subprocess.Popen[str]"]:
    """`do.py run`, up; what it said until then is in `seen`."""
    words = [sys.executable, "do.py", "run", "--port", str(free_port()), "--sandbox-port", str(free_port())]
    with subprocess.Popen(
        words,
        cwd=project,
        env={**os.environ, "DATABASE_URL": "postgres://elsewhere/real", "KONDADO_TOKEN_FILE": "/real/token"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        seen = []
        while not seen or READY not in seen[-1]:
            seen.append(process.stdout.readline())
            assert seen[-1], "".join(seen)
        process.seen = "".join(seen)
        yield process
        process.terminate()


@pytest.fixture
def demo(project: Path) -> Iterator["subprocess.Popen[str]"]:
    with running(project) as process:
        yield process


def pid_of(project: Path, name: str) -> int:
    """The process that wrote this file; the demo may be up before its worker got that far."""
    path = project / name
    give_up = time.monotonic() + 10
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < give_up, name
        time.sleep(0.02)
    return int(path.read_text())


def leftovers(pids: list[int]) -> list[int]:
    """Those still alive after a moment."""
    give_up = time.monotonic() + 5
    while any(map(alive, pids)) and time.monotonic() < give_up:
        time.sleep(0.02)
    return [pid for pid in pids if alive(pid)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_of_the_demo(project: Path, demo: "subprocess.Popen[str]", number: int) -> None:
    pids = [pid_of(project, name) for name in ("worker", "grandchild")]
    demo.send_signal(number)
    assert demo.wait(15) == 0
    assert leftovers(pids) == []


def test_one_that_dies_ends_the_others_and_is_named(project: Path, demo: "subprocess.Popen[str]") -> None:
    pids = [pid_of(project, name) for name in ("worker", "grandchild")]
    os.kill(pids[0], signal.SIGKILL)
    out, _ = demo.communicate(timeout=15)
    assert demo.returncode == 1
    assert "The worker ended by itself" in out
    assert "worker.log" in out
    assert leftovers(pids) == []


def test_the_demo_says_where_it_is_and_who_may_sign_in(demo: "subprocess.Popen[str]") -> None:
    port, sandbox_port = demo.args[4], demo.args[6]
    assert f"http://localhost:{port}\n" in demo.seen
    assert f"http://127.0.0.1:{sandbox_port}\n" in demo.seen
    assert re.search(r"manager@example\.com +\S{16}\n", demo.seen)
    assert re.search(r"admin@example\.com +\S{16}\n", demo.seen)
    assert re.search(r"auditor@example\.com +\S{16}\n", demo.seen)


def test_the_demo_takes_nothing_from_the_real_settings(project: Path, demo: "subprocess.Popen[str]") -> None:
    environment = (project / "environment").read_text()
    assert "elsewhere" not in environment
    assert "/real/token" not in environment
    assert '"KONDADO_SANDBOX": "1"' in environment
    assert f'"ENV_FILE": "{os.devnull}"' in environment


def test_the_secrets_of_the_demo_are_readable_by_their_owner_alone(
    project: Path, demo: "subprocess.Popen[str]"
) -> None:
    folder = project / "var" / "demo"
    assert oct(folder.stat().st_mode)[-3:] == "700"
    for name in ("secret_key", "field_key"):
        assert oct((folder / name).stat().st_mode)[-3:] == "600"


def test_passwords_go_to_the_set_up_by_its_standard_input_alone(
    project: Path, demo: "subprocess.Popen[str]"
) -> None:
    password = re.search(r"admin@example\.com +(\S+)", demo.seen)[1]
    assert password in (project / "steps").read_text()
    assert password not in (project / "environment").read_text()
    assert password not in (project / "calls").read_text()


def test_a_second_demo_in_the_same_folder_is_refused(project: Path, demo: "subprocess.Popen[str]") -> None:
    done = do(project, "run", "--port", str(free_port()), "--sandbox-port", str(free_port()))
    assert done.returncode == 1
    assert done.stderr == "The demo of this folder is running already.\n"


def test_a_second_demo_fills_nothing_and_gives_new_passwords(project: Path) -> None:
    steps = []
    for _time in range(2):
        with running(project):
            steps.append(json.loads((project / "steps").read_text()))
    first, second = ([words[0] for words, _given in each] for each in steps)
    assert first == ["migrate", "sync_connectors", "create_demo_data", *["create_member"] * 3]
    assert second == ["create_member"] * 3
    assert not {given for _words, given in steps[0]} & {given for _words, given in steps[1]}


def test_a_new_migration_is_applied_by_the_next_demo(project: Path) -> None:
    with running(project):
        pass
    (project / "invitations" / "migrations").mkdir(parents=True)
    (project / "invitations" / "migrations" / "0002_more.py").write_text("")
    with running(project):
        assert "migrate" in (project / "steps").read_text()
