"""Raw calls to the stand-in Kondado, shared by its own tests. They use no client of the portal."""

import http.client
import json
import socket
from typing import Any, NamedTuple

from invitations.kondado.sandbox import Sandbox

KEY = "5f2d8c1e-key-of-the-tests"
TOKEN = "token-of-the-tests-7d1f0a"
CREDENTIAL = f"key={KEY}&token={TOKEN}"
FIELDS = {
    "client_id": "123456789",
    "recipient_email": "ana@example.com",
    "parent_collection_id": 92,
    "parent_collection_direction": "src",
    "assigned_collection_name": "[Guest] ClickUp · Ana",
}


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def make(**options: Any) -> Sandbox:
    """A stand-in with the tests' credential and no limits unless asked for."""
    return Sandbox(**{"key": KEY, "token": TOKEN, "per_second": 0, "per_minute": 0} | options)


def fetch(sandbox: Sandbox, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """One request; a dict is sent as JSON, header names are written with _ for -."""
    connection = http.client.HTTPConnection(sandbox.link_host, timeout=10)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, dict):
        body, sent = json.dumps(body), {"Content-Type": "application/json"} | sent
    try:
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def invite(sandbox: Sandbox, **changes: Any) -> Answer:
    """POST the five fields, some of them changed."""
    return fetch(sandbox, "POST", f"/collection_guests?{CREDENTIAL}", FIELDS | changes)


def listing(sandbox: Sandbox, direction: str) -> Answer:
    """GET one half of the catalogue."""
    return fetch(sandbox, "GET", f"/parent_collections/{direction}?{CREDENTIAL}")


def raw(sandbox: Sandbox, data: bytes, timeout: float = 10, limit: int = 1 << 26) -> bytes:
    """Send bytes and read until the end; raises what the socket raises."""
    host, port = sandbox.link_host.split(":")
    with socket.create_connection((host, int(port)), timeout=timeout) as connection:
        connection.sendall(data)
        parts: list[bytes] = []
        while sum(map(len, parts)) < limit and (part := connection.recv(65536)):
            parts.append(part)
    return b"".join(parts)


def raw_invite(sandbox: Sandbox, **changes: Any) -> bytes:
    """The bytes of `invite`, for `raw`."""
    body = json.dumps(FIELDS | changes).encode()
    head = f"POST /collection_guests?{CREDENTIAL} HTTP/1.1\r\nHost: {sandbox.link_host}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
