"""Real processes of the portal on the test's database, for tests that kill them or look at them from outside."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.db import connection

from invitations.kondado.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
PATIENCE = 25.0


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
