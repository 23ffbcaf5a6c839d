"""Sockets under one deadline: names, TCP, TLS, reads and writes are all clipped to what is left of it.

A network backend for httpcore. httpx knows only timeouts for single reads, which a dripping server outlasts for
ever. Must not know HTTP, and must not let an address through that `addresses` refuses.
"""

import contextlib
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpcore

from .addresses import IPAddress, address_problem

Resolve = Callable[[str, int], list[str]]

HEADERS_AT_MOST = 64 * 1024  # informational answers included
READ_AT_MOST = 64 * 1024
HEADER_READ = 4 * 1024  # small, so that the cap on headers is not mistaken for a large body


class NotConnectedError(Exception):
    """No connection stands, nothing was sent. `detail` is an error number or a rule, never a text from outside."""

    def __init__(self, fault: str, detail: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.detail = detail


@dataclass(slots=True)
class Wire:
    """What one call does to the network: its deadlines in, counts and the first fault out. Monotonic seconds."""

    deadline: float
    connect_deadline: float
    read_at_most: int
    sandbox: bool
    plain: bool
    started: float = field(default_factory=time.monotonic)
    bytes_read: int = 0
    bytes_written: int = 0
    ended: bool = False  # the other side closed
    answered: bool = False  # the headers of the final answer are complete
    write_failed: bool = False
    fault: str = ""

    def left(self) -> float:
        """Seconds until the deadline, at most 0 when it has passed."""
        return self.deadline - time.monotonic()

    def milliseconds(self) -> int:
        """How long the call has lasted."""
        return round((time.monotonic() - self.started) * 1000)

    def left_to_connect(self) -> float:
        """Seconds until the connection must stand; raise NotConnectedError when that has passed."""
        seconds = min(self.connect_deadline, self.deadline) - time.monotonic()
        if seconds <= 0:
            raise NotConnectedError("timeout")
        return seconds


def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of `host`, in the system's order; raise OSError when there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections for one call. Raises NotConnectedError for every reason that none stands."""

    def __init__(self, wire: Wire, resolve: Resolve) -> None:
        self._wire = wire
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a vetted address of `host`; httpcore's own timeout is not used, the wire's is."""
        addresses = self._vetted(host, port)
        failure = NotConnectedError("dns")
        for position, address in enumerate(addresses):
            share = self._wire.left_to_connect() / (len(addresses) - position)
            try:
                return DeadlineStream(_connected(address, port, share), self._wire)
            except TimeoutError:
                failure = NotConnectedError("timeout")
            except OSError as error:
                failure = NotConnectedError("refused", str(error.errno or ""))
        raise failure

    def _vetted(self, host: str, port: int) -> list[IPAddress]:
        addresses = _resolved(self._resolve, host, port, self._wire.left_to_connect())
        for address in addresses:
            problem = address_problem(address, sandbox=self._wire.sandbox, plain=self._wire.plain)
            if problem is not None:
                raise NotConnectedError("address_forbidden", problem)
        return addresses


class DeadlineStream(httpcore.NetworkStream):
    """One socket. Notes in the wire what went wrong, because httpcore's exceptions lose it."""

    def __init__(self, sock: socket.socket, wire: Wire) -> None:
        self._sock = sock
        self._wire = wire

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Shake hands within the time to connect, verifying `server_hostname`."""
        try:
            self._sock.settimeout(self._wire.left_to_connect())
            return DeadlineStream(
                ssl_context.wrap_socket(self._sock, server_hostname=server_hostname), self._wire
            )
        except ssl.SSLCertVerificationError as error:
            failure = NotConnectedError("certificate", str(error.verify_code))
        except TimeoutError:
            failure = NotConnectedError("tls", "timeout")
        except OSError as error:
            failure = NotConnectedError("tls", str(getattr(error, "reason", None) or error.errno or ""))
        self.close()
        raise failure

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most `max_bytes`, empty at the end; raise httpcore's read errors past the deadline or the caps."""
        wire = self._wire
        if wire.bytes_read > (wire.read_at_most if wire.answered else HEADERS_AT_MOST):
            raise self._failed("too_large", httpcore.ReadError)
        try:
            self._clip()
            got = self._sock.recv(min(max_bytes, READ_AT_MOST if wire.answered else HEADER_READ))
        except TimeoutError:
            failure = self._failed("no_answer", httpcore.ReadTimeout)
        except OSError:
            failure = self._failed("reset", httpcore.ReadError)
        else:
            wire.bytes_read += len(got)
            wire.ended = not got
            return got
        raise failure

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of `buffer`; after a failure the answer is still read, in case the server refused early."""
        rest = memoryview(buffer)
        wire = self._wire
        try:
            while rest:
                self._clip()
                count = self._sock.send(rest)
                wire.bytes_written += count
                rest = rest[count:]
        except TimeoutError:
            failure = self._failed("request_cut", httpcore.WriteTimeout)
        except OSError:
            failure = self._failed("request_cut", httpcore.WriteError)
        else:
            return
        wire.write_failed = True
        raise failure

    def close(self) -> None:
        """Close the socket without waiting for anybody."""
        with contextlib.suppress(OSError):
            self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        """httpcore asks for `ssl_object` to learn the protocol, which is always HTTP/1.1 here."""
        return None

    def _clip(self) -> None:
        left = self._wire.left()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)

    def _failed(self, fault: str, error: type[Exception]) -> Exception:
        self._wire.fault = self._wire.fault or fault
        return error(fault)


def _connected(address: IPAddress, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((str(address), port))
    except BaseException:
        sock.close()
        raise
    return sock


def _resolved(resolve: Resolve, host: str, port: int, seconds: float) -> list[IPAddress]:
    """Ask in a thread that nobody waits for: getaddrinfo takes no timeout and cannot be interrupted."""
    answers: queue.SimpleQueue[list[str] | str] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except OSError as error:
            answers.put(str(error.errno or ""))
        except UnicodeError:
            answers.put("name")

    threading.Thread(target=ask, name="kondado-dns", daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except queue.Empty:
        raise NotConnectedError("dns", "timeout") from None
    if isinstance(found, str) or not found:
        raise NotConnectedError("dns", found if isinstance(found, str) else "empty")
    # A link-local IPv6 address comes with its interface, which is of no use: it is refused anyway.
    return [ipaddress.ip_address(text.partition("%")[0]) for text in found]
