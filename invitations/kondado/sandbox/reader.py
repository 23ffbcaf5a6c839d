"""Reads one HTTP request from a connection and closes it after one answer.

It must survive whatever a client sends, and print nothing.
"""

import re
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from invitations.kondado.sandbox.messages import Reply, Request, reason

MOST_BODY_BYTES = 1024 * 1024
READ_TIMEOUT = 15.0
LOOPBACK_HOST = re.compile(r"(?:127\.0\.0\.1|localhost)(?::\d{1,5})?", re.IGNORECASE)


class RequestReader(BaseHTTPRequestHandler):
    """The reading half of a connection's handler; `serve` is for the writing half to define."""

    protocol_version = "HTTP/1.1"
    timeout = READ_TIMEOUT
    connection: socket.socket

    def handle(self) -> None:
        """Serve one request; a client that goes away in the middle is no event."""
        try:
            self._read_and_serve()
        except OSError:
            return

    def serve(self, head: Request) -> None:
        """Answer the request whose head was read."""
        raise NotImplementedError

    def _read_and_serve(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            return
        if len(self.raw_requestline) > 65536:
            self.requestline = self.request_version = self.command = ""
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
        elif self.parse_request():
            self._check_and_serve()

    def _check_and_serve(self) -> None:
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or not LOOPBACK_HOST.fullmatch(hosts[0]):
            # Another name that resolves to this machine would let a foreign page read the answers.
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        try:
            target = urlsplit(self.path)
            query = tuple(parse_qsl(target.query, keep_blank_values=True, max_num_fields=100))
        except ValueError:
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.serve(Request(self.command, target.path, self.client_address[0], query, headers))

    def read_body(self) -> bytes | None:
        """The body as long as its header says; None after an error was answered, or when it came short."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not re.fullmatch(r"[0-9]{1,12}", length):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return None
        if int(length) > MOST_BODY_BYTES:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no sound request in plain text, without repeating any of it."""
        del message, explain
        reply = Reply(code, reason(code).encode(), "text/plain; charset=utf-8")
        self.connection.sendall(reply.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Print nothing: a request line holds the key and the token."""
