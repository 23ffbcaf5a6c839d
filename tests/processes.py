"""Real processes of the portal on the test's database, for tests that kill them or look at them from outside."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from invitations.kondado.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
PATIENCE = 25.0
CSRF = "a" * 32


def database_url() -> str:
    """Where this test's rows are, as a setting for another process."""
    place = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{place['NAME']}"
    return f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{place['NAME']}"


def environment(sandbox: Sandbox, **more: str) -> dict[str, str]:
    """The portal's own settings module with this test's database and stand-in.

    tests.settings has put throwaway secrets into this process's environment; a file is read by neither.
    """
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": database_url(),
        "KONDADO_API_URL": sandbox.url,
        "KONDADO_LINK_HOSTS": sandbox.link_host,
        **more,
    }


@contextmanager
def running(words: list[str], *, log: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the portal's Python that is gone, at the latest, when the block ends."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def worker(sandbox: Sandbox, *words: str, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A `run_worker`."""
    with running(["manage.py", "run_worker", *words], log=log, env=environment(sandbox, **more)) as process:
        yield process


@contextmanager
def web(sandbox: Sandbox, *, log: Path, port: int = 0, **more: str) -> Iterator[Web]:
    """A gunicorn that is ready, on this port or any."""
    port = port or free_port()
    chosen = {
        "DJANGO_SETTINGS_MODULE": "tests.soak.settings",
        "BIND": f"127.0.0.1:{port}",
        "PORTAL_URL": f"http://localhost:{port}",
        **more,
    }
    with running(["-m", "gunicorn"], log=log, env=environment(sandbox, **chosen)) as process:
        portal = Web(port, process.pid)
        wait_until(portal.is_ready)
        yield portal


@dataclass(frozen=True)
class Web:
    """A running web process, `pid` the first of its processes."""

    port: int
    pid: int

    def ask(self, method: str, path: str, cookie: str = "", **fields: object) -> Answer:
        """One request on a connection of its own, with a forged pair of CSRF tokens; follows nothing."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": CSRF, **fields}) if method == "POST" else None
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrftoken={CSRF}; {cookie}",
        }
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            return Answer(answer.status, dict(answer.getheaders()), text)
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Whether it takes requests."""
        try:
            return self.ask("GET", "/readyz").status == 200
        except OSError:
            return False


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop(process: subprocess.Popen[Any]) -> int:
    """SIGTERM, and the exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(PATIENCE)


def wait_until(ready: Callable[[], Any]) -> None:
    """Fails the test when it takes too long."""
    give_up = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)
