#!/usr/bin/env python3
"""Every task of the repository: `python3 do.py run`, `test`, `check`, `bench`, `lock`, `messages`, `pictures`, `manage`.

Standard library only. The syntax stays readable for Python 3.6, so that an old one gets the sentence below.
Longer than a module should be, because it must work as a single file before anything is installed.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is what tells people
    sys.exit("Convite needs Python 3.11 or newer; this is {}.{}.".format(*sys.version_info))

import argparse
import base64
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
DEMO = ROOT / "var" / "demo"  # unless `run --data` says otherwise
# Each holds the one before it, so an environment that has a later one is never taken back.
LEVELS = ("run", "test", "browser")
IN_PARALLEL = ("-n", "auto")
ALONE = "crash or scan or soak"
SCANNER = ROOT / ".venv-scan"
# Packages of the scanner's that are published as source alone.
AS_SOURCE = "pyperclip,urwid-mitmproxy,yaswfp"
NONE_CHOSEN = 5  # pytest's exit code when the arguments choose no test
STOP_SECONDS = 10.0
START_SECONDS = 300.0  # the first start makes the demo data, which a busy machine is slow at
# Accounts of create_demo_data that the demo's manager works for; one more is for others.
CLIENT_IDS = ("100001", "100002")
# One process for all steps of the demo's set-up: starting Django costs more than most of them.
CALL_COMMANDS = """
import io, json, sys
import django
from django.core.management import call_command
django.setup()
for words, given in json.load(sys.stdin):
    sys.stdin = io.StringIO(given)
    call_command(*words)
"""


# The virtual environment ---------------------------------------------------------------------------


def digest(paths: Iterable[Path]) -> str:
    """One hash over the names and bytes of files."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(
            str(path.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest()
        )
    return total.hexdigest()


def lock_file(level: str) -> Path:
    """The lock of a level."""
    return ROOT / "requirements" / f"{level}.lock"


def make_venv() -> None:
    """Make `.venv`, without pip where this Python cannot put it in."""
    if PYTHON.exists():
        return
    if importlib.util.find_spec("venv") is None or not (has_ensurepip() or has_pip()):
        sys.exit("Python's venv module is incomplete. On Debian: apt-get install python3-venv")
    bare = [] if has_ensurepip() else ["--without-pip"]
    if subprocess.call([sys.executable, "-m", "venv", "--clear", *bare, str(VENV)]):
        sys.exit("The virtual environment .venv could not be made; the reason stands above.")


def has_ensurepip() -> bool:
    """Whether `python -m venv` can put pip into what it makes."""
    return importlib.util.find_spec("ensurepip") is not None


def has_pip() -> bool:
    """Whether this Python has a pip of its own, which can then install into the other one."""
    return importlib.util.find_spec("pip") is not None


def pip() -> list[str]:
    """The words that call pip for `.venv`."""
    if any(VENV.glob("lib/python*/site-packages/pip")) or not has_pip():
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def prepare(level: str) -> None:
    """Make `.venv`, install what `level` needs and collect static files; instant when all of it is done."""
    make_venv()
    stamp = VENV / "convite-installed.json"
    try:
        have = json.loads(stamp.read_text())
    except (OSError, ValueError):
        have = {"level": "run", "lock": ""}
    level = max(level, have["level"], key=LEVELS.index)
    lock = digest([lock_file(level)])
    if have["lock"] != lock:
        print(f"Installing requirements/{level}.lock into .venv ...", flush=True)
        options = [
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--no-input",
            "--disable-pip-version-check",
            "-q",
        ]
        if subprocess.call([*pip(), "install", *options, "-r", str(lock_file(level))], cwd=ROOT):
            sys.exit("Installing failed; the reason stands above.")
        stamp.write_text(json.dumps({"level": level, "lock": lock}))
    collect_static()


def prepare_scanner() -> None:
    """Install the scanner of the tests into an environment of its own: it wants older packages than the portal."""
    lock, stamp = lock_file("scan"), SCANNER / "convite-installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("Installing requirements/scan.lock into .venv-scan ...", flush=True)
    options = ["--require-hashes", "--only-binary", ":all:", "--no-binary", AS_SOURCE, "--no-input", "-q"]
    pip_there = [str(SCANNER / "bin" / "python"), "-m", "pip", "install", *options, "-r", str(lock)]
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(SCANNER)]) or subprocess.call(pip_there):
        sys.exit("The scanner could not be installed; the reason stands above.")
    stamp.write_text(wanted)


def collect_static() -> None:
    """Write the hashed and compressed static files when their sources or the packages changed."""
    # Beside what it tells of: an environment may serve more than one checkout.
    stamp = ROOT / "collected" / ".made-of"
    sources = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    wanted = digest([*sources, *ROOT.glob("portal/static.py"), lock_file("run")])
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    with production() as environment:
        words = ("collectstatic", "--noinput", "--clear", "--verbosity", "0")
        if call("manage.py", *words, environment=environment):
            sys.exit("Collecting static files failed; the reason stands above.")
    stamp.write_text(wanted)


# Running things in it ------------------------------------------------------------------------------


def call(*words: str, environment: dict[str, str] | None = None) -> int:
    """Run a Python of `.venv` in the project's folder; the exit code."""
    return subprocess.call([str(PYTHON), *words], cwd=ROOT, env=environment)


def become(*words: str) -> NoReturn:
    """Go on as a Python of `.venv`: its exit code, its signals and its terminal are then this command's."""
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), *words])


def bare_environment() -> dict[str, str]:
    """This process's environment without any of the portal's settings, and without `.env`."""
    text = (ROOT / ".env.example").read_text() if (ROOT / ".env.example").is_file() else ""
    names = {line.lstrip("# ").partition("=")[0] for line in text.splitlines() if "=" in line}
    names |= {f"{name}_FILE" for name in names}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return {**kept, "ENV_FILE": os.devnull}


def new_field_key() -> str:
    """32 random bytes in urlsafe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@contextlib.contextmanager
def production() -> Iterator[dict[str, str]]:
    """Production settings with secrets that nobody keeps, for commands that need settings and no data."""
    with tempfile.TemporaryDirectory() as var_dir:
        yield {
            **bare_environment(),
            "SECRET_KEY": secrets.token_urlsafe(64),
            "FIELD_KEYS": new_field_key(),
            "KONDADO_KEY": secrets.token_hex(16),
            "KONDADO_TOKEN": secrets.token_hex(16),
            "PORTAL_URL": "https://portal.example",
            "VAR_DIR": var_dir,
        }


# The demo ------------------------------------------------------------------------------------------


class Stopped(Exception):  # noqa: N818 - not an error when a person asked for it
    """The demo ends; `code` is the exit code, the text a reason to print."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code


class Processes:
    """The demo's processes, each the leader of a group of its own, so that none outlives a stop."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.stop_asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.ask_stop)

    def ask_stop(self, _number: int, _frame: object) -> None:
        """A signal only leaves a note: no process can be started and forgotten in between."""
        self.stop_asked = True

    def start(self, name: str, *words: str, given: str = "") -> None:
        """Start a Python of `.venv`; what it writes goes to its log, `given` to its standard input."""
        with log_of(name).open("wb") as log:
            process = subprocess.Popen(
                [str(PYTHON), *words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running[name] = process
        assert process.stdin is not None  # noqa: S101 - asked for above
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(given.encode())

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Until `ready()`. Raises Stopped when somebody asks, a process ends, or it takes too long."""
        give_up = time.monotonic() + START_SECONDS
        while not ready():
            self.look()
            if time.monotonic() > give_up:
                raise Stopped(
                    1, f"It did not start within {START_SECONDS:.0f} seconds. Look into {DEMO}/*.log."
                )
            time.sleep(0.05)

    def look(self) -> None:
        """Raises Stopped when somebody asked for it or a process has ended by itself."""
        if self.stop_asked:
            raise Stopped(0)
        for name, process in self.running.items():
            if process.poll() is not None:
                raise Stopped(
                    1, f"The {name} ended by itself (exit code {process.returncode}). See {log_of(name)}"
                )

    def finish(self, name: str) -> None:
        """Wait for a process that ends by itself. Raises Stopped when it fails."""
        process = self.running.pop(name)
        try:
            self.wait_until(lambda: process.poll() is not None)
        finally:
            if process.poll() is None:
                self.running[name] = process
        if process.returncode:
            raise Stopped(1, f"The {name} failed. See {log_of(name)}")

    def stop(self, grace: float = STOP_SECONDS) -> None:
        """SIGTERM to every group, SIGKILL to those that are left after `grace` seconds."""
        for process in self.running.values():
            signal_group(process.pid, signal.SIGTERM)
        give_up = time.monotonic() + grace
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, give_up - time.monotonic()))
            signal_group(process.pid, signal.SIGKILL)
            process.wait()


def log_of(name: str) -> Path:
    """Where a process of the demo writes."""
    return DEMO / f"{name}.log"


def signal_group(group: int, number: int) -> None:
    """Signal a process group that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def refuse_taken_port(port: int, option: str) -> None:
    """Leave with one sentence when a loopback port cannot be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            sys.exit(f"Port {port} cannot be used ({error}). Choose another: python3 do.py run {option} N")


def listens(port: int) -> bool:
    """Whether something accepts connections on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(port: int) -> bool:
    """Whether the web process is alive."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):  # nosec B310  # this machine, http
            return True
    except (OSError, urllib.error.URLError):
        return False


def keep_secret(name: str, text: str) -> str:
    """The path of a file only its owner may read, written once."""
    path = DEMO / name
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    return str(path)


def demo_environment(port: int, sandbox_port: int) -> dict[str, str]:
    """The settings of the demo: the stand-in Kondado, an own database, mails as files."""
    sandbox = f"127.0.0.1:{sandbox_port}"
    return {
        **bare_environment(),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "SECRET_KEY_FILE": keep_secret("secret_key", secrets.token_urlsafe(64)),
        "FIELD_KEYS_FILE": keep_secret("field_key", new_field_key()),
        "VAR_DIR": str(DEMO),
        "PORTAL_URL": f"http://localhost:{port}",
        "BIND": f"127.0.0.1:{port}",
        "EMAIL_URL": f"filemail://{DEMO / 'mails'}",
        "KONDADO_SANDBOX": "1",
        "KONDADO_API_URL": f"http://{sandbox}",
        "KONDADO_LINK_HOSTS": sandbox,
        "KONDADO_KEY": "demo-key-of-the-stand-in",
        "KONDADO_TOKEN": "demo-token-of-the-stand-in",
        # Shorter than a stop waits, so that a call in flight still gets its end written down.
        "KONDADO_DEADLINE_SECONDS": "8",
    }


def member(email: str, role: str, name: str, *more: str) -> list[str]:
    """The words that make a sign-in of the demo, or give it a new password."""
    return ["create_member", email, "--role", role, "--name", name, *more, "--password-stdin"]


def set_up(processes: Processes, *, from_scratch: bool) -> dict[str, str]:
    """Give the sign-ins new passwords, after filling the database where that is due; the passwords by address."""
    steps: list[tuple[list[str], str]] = []
    if from_scratch:
        migrate = ["migrate", "--noinput", "--verbosity", "0"]
        steps += [(migrate, ""), (["sync_connectors"], ""), (["create_demo_data"], "")]
    names = ("manager", "admin", "auditor")
    passwords = {f"{name}@example.com": secrets.token_urlsafe(12) for name in names}
    manager, admin, auditor = passwords
    accounts = [word for client_id in CLIENT_IDS for word in ("--account", client_id)]
    steps += [
        (member(manager, "manager", "Marina Costa", *accounts), passwords[manager]),
        (member(admin, "admin", "Adriano Lima"), passwords[admin]),
        (member(auditor, "auditor", "Helena Duarte"), passwords[auditor]),
    ]
    processes.start("set-up", "-c", CALL_COMMANDS, given=json.dumps(steps))
    processes.finish("set-up")
    return passwords


def serve(processes: Processes) -> None:
    """Start the web process and the worker."""
    processes.start("web", "-m", "gunicorn")
    processes.start("worker", "manage.py", "run_worker")


def run_demo(port: int, sandbox_port: int) -> NoReturn:
    """Start everything, say where it is, and watch. Ends by raising Stopped, with nothing left running."""
    stamp = DEMO / "set-up"
    schema = digest([*ROOT.glob("invitations/migrations/*.py"), lock_file("run")])
    known = stamp.read_text() if stamp.is_file() and (DEMO / "convite.sqlite3").is_file() else ""
    processes = Processes(demo_environment(port, sandbox_port))
    try:
        processes.start("stand-in", "manage.py", "run_sandbox", "--logos", "--port", str(sandbox_port))
        if known == schema:
            serve(processes)
            passwords = set_up(processes, from_scratch=False)
        else:
            processes.wait_until(lambda: listens(sandbox_port))
            if not (DEMO / "convite.sqlite3").is_file():
                # What the machine had seen of a demo that was deleted would stop the new one.
                (DEMO / "head").unlink(missing_ok=True)
            passwords = set_up(processes, from_scratch=True)
            stamp.write_text(schema)
            serve(processes)
        processes.wait_until(lambda: answers(port) and listens(sandbox_port))
        print(f"\nConvite is at http://localhost:{port}\n\nSign in as")
        for email, password in passwords.items():
            print(f"  {email:<22} {password}")
        print(f"\nStand-in Kondado, with the mails sent: http://127.0.0.1:{sandbox_port}")
        print(f"Data and logs: {DEMO}\nCtrl-C stops everything.", flush=True)
        while True:
            processes.look()
            time.sleep(0.2)
    finally:
        processes.stop()


# The tasks -----------------------------------------------------------------------------------------


def run(options: argparse.Namespace, _rest: list[str]) -> int:
    """Start the demo: portal, worker and a stand-in Kondado on this machine."""
    global DEMO
    DEMO = options.data.resolve()
    refuse_taken_port(options.port, "--port")
    refuse_taken_port(options.sandbox_port, "--sandbox-port")
    if options.port == options.sandbox_port:
        sys.exit("--port and --sandbox-port must differ.")
    prepare("run")
    DEMO.parent.mkdir(mode=0o700, exist_ok=True)
    DEMO.mkdir(mode=0o700, exist_ok=True)
    with (DEMO / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit("The demo of this folder is running already.")
        try:
            run_demo(options.port, options.sandbox_port)
        except Stopped as stopped:
            print(str(stopped) or "\nStopped.", file=sys.stderr if stopped.code else sys.stdout)
            return stopped.code


def test(options: argparse.Namespace, rest: list[str]) -> int:
    """Run the tests; `--all` with a browser, a mail server, scanners, killed processes and load. Takes pytest's arguments."""
    prepare("browser" if options.all else "test")
    if options.all:
        prepare_scanner()
    else:
        become("-m", "pytest", *IN_PARALLEL, *rest)
    # Those that kill processes or load the machine would disturb, and be disturbed by, tests beside them.
    code = call("-m", "pytest", *IN_PARALLEL, "-m", f"not ({ALONE})", *rest)
    alone = call("-m", "pytest", "-m", ALONE, *rest)
    return next((each for each in (code, alone) if each not in (0, NONE_CHOSEN)), code and alone)


def bench(_options: argparse.Namespace, rest: list[str]) -> NoReturn:
    """Measure speed against the goals."""
    prepare("test")
    become("-m", "tests.bench", *rest)


def check(_options: argparse.Namespace, _rest: list[str]) -> int:
    """Everything but the tests: format, lint, types, templates, migrations, deployment settings."""
    prepare("test")
    checks = (
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "ruff", "check", "."),
        ("-m", "mypy", "portal", "invitations", "do.py"),
        ("-m", "djlint", "--lint", "--quiet", "templates"),
        ("manage.py", "makemigrations", "--check", "--dry-run"),
        ("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
    )
    with production() as environment:
        failed = [" ".join(words) for words in checks if call(*words, environment=environment)]
    for words in failed:
        print(f"failed: {words}", file=sys.stderr)
    return 1 if failed else 0


def lock(_options: argparse.Namespace, rest: list[str]) -> int:
    """Make requirements/*.lock again from pyproject.toml. Takes uv's arguments, such as --upgrade."""
    prepare("test")
    options = ["-q", "--universal", "--python-version", "3.11"]
    options += ["--generate-hashes", "--no-header", "--no-annotate"]
    extras: list[str] = []
    for level, before in zip(LEVELS, (None, *LEVELS), strict=False):
        if before:
            extras = [*extras, "--extra", level]
        within = ["-c", f"requirements/{before}.lock"] if before else []
        target = ["pyproject.toml", "-o", f"requirements/{level}.lock"]
        code = call("-m", "uv", "pip", "compile", *options, *extras, *within, *rest, *target)
        if code:
            return code
    scan = ["requirements/scan.in", "-o", "requirements/scan.lock"]
    return call("-m", "uv", "pip", "compile", *options, *rest, *scan)


def messages(_options: argparse.Namespace, _rest: list[str]) -> int:
    """Bring the catalogues of translated texts in step with the code, and compile them."""
    prepare("test")
    with production() as environment:
        return call(
            "-m", "tests.catalogues", environment={**environment, "DJANGO_SETTINGS_MODULE": "portal.settings"}
        )


def pictures(_options: argparse.Namespace, _rest: list[str]) -> NoReturn:
    """Take README's pictures of a fresh demo, with chromium."""
    prepare("browser")
    become("-m", "tests.pictures")


def manage(words: list[str]) -> NoReturn:
    """Run Django's manage.py with the settings of this environment and .env."""
    prepare("run")
    become("manage.py", *words)


def main() -> int:
    """Read the command line and do the task."""
    parser = argparse.ArgumentParser(prog="do.py", description="The tasks of this repository.")
    tasks = parser.add_subparsers(title="tasks", required=True)
    for task in (run, test, bench, check, lock, messages, pictures):
        name = task.__name__
        words = tasks.add_parser(name, help=task.__doc__, allow_abbrev=False)
        words.set_defaults(task=task)
        if name == "run":
            words.add_argument("--port", type=int, default=8000, help="port of the portal (default 8000)")
            words.add_argument("--data", type=Path, default=DEMO, help="folder of its data and logs")
            words.add_argument(
                "--sandbox-port", type=int, default=8900, help="port of the stand-in (default 8900)"
            )
        if name == "test":
            words.add_argument(
                "--all", action="store_true", help="also browser, mail server, scanners, crash and soak"
            )
    # Nothing after `manage` is ours to read, not even --help.
    tasks.add_parser("manage", help=manage.__doc__)
    if sys.argv[1:2] == ["manage"]:
        manage(sys.argv[2:])
    options, rest = parser.parse_known_args()
    if rest and options.task in (run, check, messages, pictures):
        parser.error(f"unknown: {' '.join(rest)}")
    code: int = options.task(options, rest)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
