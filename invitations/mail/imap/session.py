"""One IMAP conversation that cannot last: every step is clipped to one deadline, every byte is counted.

Only reads: the folder is opened with EXAMINE and mails are fetched with PEEK. Must not know what a mail means.
"""

from __future__ import annotations

import imaplib
import io
import re
import socket
import ssl
import time
from datetime import date
from typing import Any

from .place import Place

STEP_SECONDS = 5.0
MOST_BYTES = 16 * 1024 * 1024  # in one conversation
MOST_AT_ONCE = 1024 * 1024  # in one literal
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
REFERENCE = re.compile(r"[a-z0-9]{8,32}")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class MailboxError(Exception):
    """The mailbox could not be read. `fault` is one stable word, never a text from outside."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class _Clipped(io.RawIOBase):
    """A socket's reading side. Raises TimeoutError past the deadline, MailboxError past the cap on bytes."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._left = MOST_BYTES

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """One `recv`."""
        self._sock.settimeout(_clip(self._deadline))
        count = self._sock.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise MailboxError("too_much")
        return count


def _clip(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, STEP_SECONDS)


class _Connection(imaplib.IMAP4):
    """imaplib's conversation over a socket of our own; these are the methods it offers to be replaced."""

    def __init__(self, place: Place, deadline: float) -> None:
        self._place = place
        self._deadline = deadline
        super().__init__(place.host, place.port)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """Connects, and shakes hands with TLS unless the place is loopback without it."""
        sock = socket.create_connection((self._place.host, self._place.port), _clip(self._deadline))
        try:
            if self._place.tls:
                sock.settimeout(_clip(self._deadline))
                context = ssl.create_default_context()
                sock = context.wrap_socket(sock, server_hostname=self._place.host)
        except BaseException:
            sock.close()
            raise
        self.sock = sock
        self._reader = io.BufferedReader(_Clipped(sock, self._deadline))

    def read(self, size: int) -> bytes:
        """A literal."""
        if size > MOST_AT_ONCE:
            raise MailboxError("too_much")
        return self._reader.read(size)

    def readline(self) -> bytes:
        """A line."""
        return self._reader.readline(MOST_AT_ONCE)

    def send(self, data: Any) -> None:
        """A command."""
        self.sock.settimeout(_clip(self._deadline))
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Hangs up."""
        self.sock.close()


class Session:
    """A signed-in, read-only conversation. Every method raises MailboxError; leave it by `close`."""

    def __init__(self, place: Place, deadline: float) -> None:
        self._connection = _guarded("connect", lambda: _Connection(place, deadline))
        try:
            self._sign_in(place)
            name = place.folder.replace("\\", "\\\\").replace('"', '\\"')
            self._ask("folder", lambda: self._connection.select(f'"{name}"', readonly=True))
        except MailboxError:
            self.close()
            raise

    def _sign_in(self, place: Place) -> None:
        connection = self._connection
        if (place.user + place.password).isascii():
            self._ask("sign_in", lambda: connection.login(place.user, place.password))
        else:
            secret = f"\0{place.user}\0{place.password}".encode()
            self._ask("sign_in", lambda: connection.authenticate("PLAIN", lambda _challenge: secret))

    def search(self, reference: str, since: date) -> list[bytes]:
        """Names of the mails whose addresses hold `reference`, that arrived on `since` or later."""
        if not REFERENCE.fullmatch(reference):
            raise MailboxError("reference")
        day = f"{since.day:02d}-{MONTHS[since.month - 1]}-{since.year}"
        fields = ("TO", "CC", "HEADER Delivered-To", "HEADER X-Original-To")
        either = " ".join(["OR", fields[0], reference, "OR", fields[1], reference])
        either += " " + " ".join(["OR", fields[2], reference, fields[3], reference])
        lines = self._ask("search", lambda: self._connection.uid("SEARCH", "SINCE", day, either))
        return [name for line in lines if isinstance(line, bytes) for name in line.split()]

    def size(self, name: bytes) -> int:
        """Bytes of one mail, as the server counts them."""
        lines = self._ask("fetch", lambda: self._connection.uid("FETCH", name.decode(), "(RFC822.SIZE)"))
        sizes = [found for line in lines if isinstance(line, bytes) and (found := SIZE.search(line))]
        if not sizes:
            raise MailboxError("fetch")
        return int(sizes[0][1])

    def mail(self, name: bytes, most_bytes: int) -> bytes:
        """The first bytes of one mail, which stays unread."""
        part = f"(BODY.PEEK[]<0.{most_bytes}>)"
        lines = self._ask("fetch", lambda: self._connection.uid("FETCH", name.decode(), part))
        return next((line[1] for line in lines if isinstance(line, tuple)), b"")

    def close(self) -> None:
        """Says goodbye, or hangs up."""
        try:
            self._connection.logout()
        except (imaplib.IMAP4.error, OSError, MailboxError):
            self._connection.shutdown()

    def _ask(self, fault: str, question: Any) -> list[Any]:
        kind, lines = _guarded(fault, question)
        if kind != "OK":
            raise MailboxError(fault)
        return [line for line in lines if line is not None]


def _guarded(fault: str, step: Any) -> Any:
    """What `step` gives; its failures become a word, because imaplib's texts repeat what the server said."""
    try:
        return step()
    except MailboxError:
        raise
    except ssl.SSLCertVerificationError:
        problem = "certificate"
    except TimeoutError:
        problem = "timeout"
    except (imaplib.IMAP4.error, OSError, ValueError):
        problem = fault
    raise MailboxError(problem)
