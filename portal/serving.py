"""How a web process talks to the network: a gunicorn worker that takes a request in whole before a view sees it.

gunicorn starts, watches and replaces the processes; waitress reads and writes all connections of one process without
waiting for any. So a client that sends or reads slowly holds up nobody, with a proxy in front or without. One request
runs at a time in each process: threads made creating slower on SQLite and nothing faster. Knows nothing of the portal.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, UnixWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher

LARGEST_HEAD = 32_768
LARGEST_BODY = 1_048_576 + 1  # one byte more than the portal takes, which answers 413 with a page
HEAD_AND_BODY_SECONDS = 20  # for all of one request, however steadily it drips
IDLE_SECONDS = 10  # between two requests of a connection
ANSWER_SECONDS = 60  # for an answer to be read
MOST_CONNECTIONS = 500  # of one process; the oldest of those that only wait give way
TICK_SECONDS = 1.0
# What the portal's middleware gives to pages, for answers that no middleware sees.
HEADERS = (
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)  # fmt: skip


class Refusal(ErrorTask):
    """What cannot be read as a request: a plain sentence that repeats nothing of it."""

    def execute(self) -> None:
        """Writes the answer."""
        error = self.request.error
        number = uuid4().hex
        body = f"{error.code} {error.reason}. Nothing was changed. ({number})\n".encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [*HEADERS, ("X-Request-ID", number)]
        self.set_close_on_finish()
        self.content_length = len(body)  # type: ignore[assignment]
        self.write(body)
        self.logger.warning("refused unread: %s %s (%s)", error.code, error.reason, number)


class Connection(HTTPChannel):
    """One connection, with the time at which what it is waiting for began."""

    error_task_class = Refusal
    waiting_since = 0.0

    def received(self, data: bytes) -> bool:
        """Takes bytes in; the clock of a request starts with its first one."""
        if self.request is None:
            self.waiting_since = time.monotonic()
        return bool(super().received(data))

    def service(self) -> None:
        """Runs one request, and lets the next connection in."""
        self.server.running_since = time.monotonic()
        try:
            super().service()
        finally:
            self.server.running_since = None
            self.waiting_since = time.monotonic()
            self.server.pull_trigger()

    def is_over(self, now: float) -> bool:
        """Whether it has had its time: for a request to come in whole, for the next one, or for reading an answer."""
        if self.requests:
            return False
        if self.total_outbufs_len:
            return now - self.waiting_since > ANSWER_SECONDS
        return now - self.waiting_since > (IDLE_SECONDS if self.request is None else HEAD_AND_BODY_SECONDS)


class _Door:
    """What the listener of a process adds to waitress's own."""

    channel_class = Connection
    running_since: float | None = None

    def readable(self) -> bool:
        """Takes the next connection while nothing runs: another process may be free for it."""
        free = self.running_since is None and not self.task_dispatcher.queue  # type: ignore[attr-defined]
        return bool(super().readable()) and free  # type: ignore[misc]

    def maintenance(self, _now: float) -> None:
        """Closes what has had its time, and the oldest of those that wait when there are too many."""
        now = time.monotonic()
        waiting = sorted(
            (one for one in self.active_channels.values() if not one.requests),  # type: ignore[attr-defined]
            key=lambda one: one.waiting_since or now,
        )
        surplus = max(0, len(self.active_channels) - MOST_CONNECTIONS * 4 // 5)  # type: ignore[attr-defined]
        for number, one in enumerate(waiting):
            one.waiting_since = one.waiting_since or now
            if number < surplus or one.is_over(now):
                one.will_close = True


class _TcpDoor(_Door, TcpWSGIServer):
    pass


class _UnixDoor(_Door, UnixWSGIServer):
    pass


class BufferingWorker(Worker):
    """One web process."""

    def run(self) -> None:
        """Serves until told to stop, then finishes what has begun."""
        self.connections: dict[int, Any] = {}
        self.dispatcher = ThreadedTaskDispatcher()
        self.dispatcher.set_thread_count(1)
        self.doors = [self._door(listener.sock) for listener in self.sockets]
        while self.alive and self.ppid == os.getppid():
            self._tick()
        for door in self.doors:
            door.accepting = False
        give_up = time.monotonic() + self.cfg.graceful_timeout
        while self._is_busy() and time.monotonic() < give_up:
            self._tick()
        self.dispatcher.shutdown(timeout=1)

    def _tick(self) -> None:
        wasyncore.loop(timeout=TICK_SECONDS, use_poll=True, map=self.connections, count=1)
        began = min((door.running_since for door in self.doors if door.running_since), default=None)
        if began is None or time.monotonic() - began < TICK_SECONDS * 2:
            self.notify()  # a request that hangs ends this: gunicorn replaces the process then

    def _is_busy(self) -> bool:
        channels = [one for door in self.doors for one in door.active_channels.values()]
        return any(one.requests or one.total_outbufs_len for one in channels)

    def _door(self, listener: socket.socket) -> Any:
        kind = _UnixDoor if listener.family == socket.AF_UNIX else _TcpDoor
        return kind(
            self._counted,
            map=self.connections,
            _sock=listener,
            dispatcher=self.dispatcher,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            adj=Adjustments(
                sockets=[listener],
                ident="",
                clear_untrusted_proxy_headers=False,  # Django decides, by TRUSTED_PROXY_COUNT
                max_request_header_size=LARGEST_HEAD,
                max_request_body_size=LARGEST_BODY,
                inbuf_overflow=LARGEST_BODY + 1,  # in memory: nothing that is sent is put on the disk
                connection_limit=MOST_CONNECTIONS,
                cleanup_interval=1,
                log_socket_errors=False,
            ),
        )

    def _counted(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("Autorestarting worker after current request.")
            self.alive = False
        answer: Iterable[bytes] = self.wsgi(environ, start_response)
        return answer
