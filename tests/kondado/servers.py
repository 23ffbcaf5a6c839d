"""Raw socket servers for the client's tests: they misbehave byte by byte, which no HTTP server would do."""

import contextlib
import datetime
import ipaddress
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from invitations.kondado.client import Kondado
from invitations.kondado.errors import KondadoError
from invitations.kondado.types import Config, Credential, Direction, GuestLink

KEY = "0c7a11e5-CANARY-KEY-5b1d"
TOKEN = "CANARYtoken+/=9f2e7d"
GUEST_TOKEN = "CANARY-guest-token-71c3"
LINK = f"https://app.kondado.com.br/collection_guest/{GUEST_TOKEN}"
GRANTED = {"success": True, "data": {"success": True, "data": {"link": LINK}}}
REFUSED = {"success": False, "error": "SOME_CODE", "message": "No."}
LIMITED = {
    "success": False,
    "error": "RATE_LIMIT_EXCEEDED",
    "message": "Too many requests. Please try again in 60 seconds.",
}
AMPLE, SHORT = 5.0, 0.4  # deadlines in seconds: for calls that end by themselves, and for those that hang
UNUSED_CONTEXT = (
    ssl.create_default_context()
)  # reading the roots anew for each plain client takes half the run

Behaviour = Callable[["Visit"], None]


class Visit:
    """One accepted connection, seen from the server."""

    def __init__(self, sock: socket.socket, stopping: threading.Event) -> None:
        self.sock = sock
        self.received = b""
        self._stopping = stopping

    def read_request(self) -> bytes:
        """Read the headers and as much body as they announce."""
        while b"\r\n\r\n" not in self.received and self._more():
            pass
        head, _, body = self.received.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length and self._more():
            body = self.received.partition(b"\r\n\r\n")[2]
        return self.received

    def _more(self) -> bool:
        got = self.sock.recv(65536)
        self.received += got
        return bool(got)

    def send(self, *pieces: bytes) -> None:
        self.sock.sendall(b"".join(pieces))

    def drip(self, data: bytes, every: float = 0.05) -> None:
        """One byte at a time, until the other side has gone or the test is over."""
        for position in range(len(data)):
            if self._stopping.wait(every):
                return
            self.sock.sendall(data[position : position + 1])

    def hang(self) -> None:
        self._stopping.wait(10)

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Server:
    """Listens on a free port of 127.0.0.1 and gives each connection to `behaviour`."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.visits: list[Visit] = []
        self.visited = threading.Event()
        self._behaviour = behaviour
        self._tls = tls
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:  # shut down by __exit__
                return
            sock.settimeout(10)
            self._receive(sock)

    def _receive(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with sock:
                visit = Visit(sock, self._stopping)
                self.visits.append(visit)
                self.visited.set()
                self._behaviour(visit)

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()

    @property
    def received(self) -> bytes:
        """Every byte of a request that came, over all connections."""
        return b"".join(visit.received for visit in self.visits)


def http(body: object = b"", status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """One complete HTTP answer; anything but bytes becomes JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = (
        ()
        if any(line.lower().startswith("content-type") for line in headers)
        else ("Content-Type: application/json",)
    )
    lines = (
        f"HTTP/1.1 {status}",
        *kind,
        *headers,
        f"Content-Length: {len(raw) if length is None else length}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


def inside(inner: object) -> dict[str, object]:
    return {"success": True, "data": inner}


def answering(*pieces: bytes) -> Behaviour:
    """Read the request, send the pieces, close."""

    def behave(visit: Visit) -> None:
        visit.read_request()
        visit.send(*pieces)

    return behave


def reading(visit: Visit) -> None:
    """Read the request and close without an answer."""
    visit.read_request()


def page(status: str, *headers: str) -> Behaviour:
    return answering(
        http(b"<html><title>Attention Required!</title></html>", status, "Content-Type: text/html", *headers)
    )


def sending(body: object, status: str = "200 OK") -> Behaviour:
    return answering(http(body, status))


def client_for(
    server: Server | None = None, *, deadline: float = AMPLE, base_url: str = "", **settings: object
) -> Kondado:
    """A sandboxed client of `server` over plain http, with the canary credential."""
    plain = not base_url.startswith("https:")
    context = settings.pop("ssl_context", UNUSED_CONTEXT if plain else None)
    more = {"resolve": settings.pop("resolve")} if "resolve" in settings else {}
    config = Config(
        base_url=base_url or f"http://127.0.0.1:{server.port if server else 9}",
        link_hosts=("app.kondado.com.br",),
        deadline_seconds=deadline,
        **({"sandbox": True} | settings),  # type: ignore[arg-type]
    )
    return Kondado(config, Credential("default", KEY, TOKEN), ssl_context=context, **more)  # type: ignore[arg-type]


def invite(client: Kondado, on_wire: Callable[[], None] = lambda: None, **changes: object) -> GuestLink:
    """One invitation with the fields of Kondado's own example."""
    fields = {
        "client_id": "123456789",
        "recipient_email": "guest@example.com",
        "kondado_id": 130,
        "direction": Direction.SRC,
        "name": "Vendas de Ação",
    }
    return client.create_guest_link(on_wire=on_wire, **(fields | changes))  # type: ignore[arg-type]


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail when the block lasts longer than `seconds`: a bound on hanging, not a measurement."""
    started = time.monotonic()
    try:
        yield
    finally:  # the blocks mostly end in the error that the test expects
        assert time.monotonic() - started < seconds


def fail(
    behaviour: Behaviour, on_wire: Callable[[], None] = lambda: None, *, deadline: float = AMPLE
) -> KondadoError:
    """The error of an invitation to a server that behaves like this."""
    with Server(behaviour) as server, pytest.raises(KondadoError) as caught, at_most(deadline + 2):
        invite(client_for(server, deadline=deadline), on_wire)
    return caught.value


class Authority:
    """Certificates for the tests. `client_context` trusts them, and verifies as strictly as in earnest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def server_context(self, name: str, *, expired: bool = False) -> tuple[ssl.SSLContext, Path]:
        """A self-signed certificate for `name`, loaded for a server, and the file a client may trust."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        end = now - datetime.timedelta(days=1) if expired else now + datetime.timedelta(days=1)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=9))
            .not_valid_after(end)
            .add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        path = self._folder / f"{name}-{expired}.pem"
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(pem + secret)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context, path

    @staticmethod
    def client_context(trusted: Path) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(trusted))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
