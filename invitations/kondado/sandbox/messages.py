"""What travels over a connection: a request as it was read, a reply as it will be written.

Plain values only; it must know neither sockets nor the rules of the API.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """One request; `headers` has lower-case names, `query` is hidden because it carries the credential."""

    method: str
    path: str
    ip: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def parameter(self, name: str) -> str | None:
        """The query parameter of that name, or None when it is missing or given more than once."""
        values = [value for key, value in self.query if key == name]
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True)
class Reply:
    """One answer; the length, the date and `Connection: close` are added when it is written."""

    status: int
    body: bytes = field(default=b"", repr=False)
    content_type: str | None = JSON
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def encode(self, *, head_only: bool = False) -> bytes:
        """The bytes on the wire."""
        lines = [f"HTTP/1.1 {self.status} {reason(self.status)}", "Server: stand-in-kondado"]
        if self.content_type is not None:
            lines.append(f"Content-Type: {self.content_type}")
        if self.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(self.body)}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        head = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
        return head if head_only else head + self.body


class Refusal(Reply):
    """A reply that says no by the rules of the API, as against a sound answer that a fault may spoil."""

    @property
    def code(self) -> str:
        """The value of `error`."""
        return str(json.loads(self.body)["error"])


def reason(status: int) -> str:
    """The standard words of a status code."""
    return HTTPStatus(status).phrase


def as_json(value: Any) -> bytes:
    """A value as JSON in UTF-8; half of a surrogate pair, which UTF-8 cannot say, stays a JSON escape."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def json_reply(value: Any, status: int = 200) -> Reply:
    """A reply that holds `value` as JSON."""
    return Reply(status, as_json(value))
