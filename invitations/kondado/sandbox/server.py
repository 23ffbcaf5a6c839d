"""Starts and stops the stand-in Kondado on this machine alone, and is the handle tests hold it by.

It must never listen on an address that other machines can reach.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Self

from invitations.kondado.sandbox.api import Api, Credential
from invitations.kondado.sandbox.catalogue import Catalogue, Direction
from invitations.kondado.sandbox.handler import Handler
from invitations.kondado.sandbox.ledger import Call, CreatedInvitation, Ledger
from invitations.kondado.sandbox.limiter import Limiter
from invitations.kondado.sandbox.memory import Memory
from invitations.kondado.sandbox.site import LOGO_PATH
from invitations.kondado.sandbox.world import World

LOOPBACK = "127.0.0.1"
STOP_SECONDS = 2.0
logger = logging.getLogger(__name__)


class Listener(ThreadingTCPServer):
    """One thread for each connection; keeps them in hand, so that a stop ends them all."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, handler: Callable[..., Handler]) -> None:
        # Made before the base class, whose own start-up already may need them.
        self._lock = threading.Lock()
        self._threads_by_socket: dict[socket.socket, threading.Thread] = {}
        super().__init__((LOOPBACK, port), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a daemon thread of its own."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self._lock:
            self._threads_by_socket[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Close without a polite end before it, which would turn a reset into a normal close."""
        with self._lock:
            self._threads_by_socket.pop(request, None)
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a mistake of the stand-in itself; the server goes on."""
        logger.error("the stand-in Kondado failed to serve a connection", exc_info=True)  # noqa: LOG014 - called while it is handled

    def open_connections(self) -> int:
        """How many connections are being served now."""
        with self._lock:
            return len(self._threads_by_socket)

    def hang_up(self) -> None:
        """End every open connection and wait for its thread."""
        with self._lock:
            connections = dict(self._threads_by_socket)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections.values():
            thread.join(STOP_SECONDS)


class Sandbox:
    """A running stand-in Kondado: use it in a `with` block, or call `start` and `stop`.

    `per_second` and `per_minute` are the call limits, 0 for none. `port` 0 takes a free one and keeps it over a
    stop and a start. `mail_dir` is where Django's file mail backend writes, shown at `/mails/`. What exists is written to the file `memory`, and read from
    there, where one is given. `clock` gives
    seconds for the limits. With `logos` the catalogue names pictures that the stand-in draws itself; without, it
    names Kondado's, as documented.
    """

    def __init__(
        self,
        *,
        key: str,
        token: str,
        port: int = 0,
        per_second: int = 1,
        per_minute: int = 20,
        mail_dir: Path | str | None = None,
        memory: Path | None = None,
        portal_url: str = "",
        logos: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        api = Api(Credential(key, token), Limiter(per_second, per_minute, clock), Catalogue())
        self._world = World(
            api,
            Path(mail_dir) if mail_dir else None,
            portal_url,
            ledger=Ledger(Memory(memory) if memory else None),
        )
        self._port = port
        self._logos = logos
        self._listener: Listener | None = None

    def start(self) -> Self:
        """Listen; raises OSError when the port is taken."""
        self._listener = Listener(self._port, partial(Handler, self._world))
        self._port = self._listener.server_address[1]
        self._world.link_host = self.link_host
        if self._logos:
            self._world.catalogue.images = self.url + LOGO_PATH
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Refuse new connections and end the open ones; what was remembered stays."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown()
            listener.server_close()
            listener.hang_up()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address of the API, for KONDADO_API_URL."""
        return f"http://{self.link_host}"

    @property
    def link_host(self) -> str:
        """The host and port of every link it gives, for KONDADO_LINK_HOSTS."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def ledger(self) -> list[CreatedInvitation]:
        """Every invitation that exists, oldest first."""
        return self._world.ledger.invitations()

    @property
    def calls(self) -> list[Call]:
        """Every API call it got, oldest first."""
        return self._world.ledger.calls()

    @property
    def open_connections(self) -> int:
        """How many connections are being served now."""
        return self._listener.open_connections() if self._listener else 0

    def misbehave(self, name: str, times: int = 1, method: str = "POST") -> None:
        """Spoil the next `times` sound answers to `method` (POST, GET or any) with a fault or `slow-SECONDS`.

        Raises ValueError for an unknown name.
        """
        self._world.mischief.ask(name, times, method)

    def behave(self) -> None:
        """Forget every fault asked for."""
        self._world.mischief.clear()

    def catalogue(self, direction: Direction) -> list[dict[str, Any]]:
        """What it lists for that direction."""
        return self._world.catalogue.items(direction)

    def withdraw(self, kondado_id: int, direction: Direction) -> None:
        """Stop listing a connector; KeyError when it is not listed."""
        self._world.catalogue.withdraw(kondado_id, direction)

    def offer(self, kondado_id: int, direction: Direction, name: str, **fields: Any) -> None:
        """List a connector, new or changed; `fields` override parts of its JSON."""
        self._world.catalogue.offer(kondado_id, direction, name, **fields)

    def reset(self) -> None:
        """Forget everything, as after a fresh start."""
        self._world.reset()
