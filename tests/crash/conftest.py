"""Ways to stop a worker from outside, at a chosen point, without a hook in the product."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from invitations.kondado.sandbox import Sandbox
from invitations.models import AccessLink, AuditHead
from tests.portals import Blank, Portal, blank

SQLITE = connection.vendor == "sqlite"


@pytest.fixture
def dead_end() -> Iterator[str]:
    """An address where a connection is neither made nor refused: its queue of one is full."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="session")
def blank_portal(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blank]:
    """A migrated database, for portals of the tests' own."""
    with blank(tmp_path_factory.mktemp("blank")) as made:
        yield made


@pytest.fixture
def one(blank_portal: Blank, sandbox: Sandbox, tmp_path: Path) -> Iterator[Portal]:
    """A portal of this test's own, in processes."""
    with blank_portal.portal(sandbox, tmp_path) as made:
        yield made


@pytest.fixture
def var(tmp_path: Path) -> Path:
    """A VAR_DIR for the workers of one test, so that they share a spool and no other test does."""
    path = tmp_path / "var"
    path.mkdir()
    return path


@pytest.fixture
def kept(var: Path) -> Callable[[], list[Path]]:
    """The answers in that spool."""
    return lambda: sorted((var / "spool").glob("answer-*"))


@contextmanager
def nobody_writes(table: str = AccessLink._meta.db_table) -> Iterator[None]:
    """Holds what every writer of the table needs; reading goes on. On SQLite that is the whole database."""
    other = connection.copy()
    try:
        other.connect()
        if not SQLITE:
            other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE" if SQLITE else f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield
            cursor.execute("ROLLBACK")
    finally:
        with suppress(Exception):
            other.close()


def nobody_records() -> Any:
    """Holds the end of the record, which a settling transaction needs last."""
    return nobody_writes(AuditHead._meta.db_table)


class Gate:
    """A way to the database server that can be shut: every connection through it breaks, and no new one is made."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0
        self.let_through()

    def let_through(self) -> None:
        """Opens it, always on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Shuts it, and ends what goes through it."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for sock in list(self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(self._target)
                for source, sink in ((here, there), (there, here)):
                    self._open.add(source)
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for sock in (source, sink):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._open.discard(source)
        source.close()
