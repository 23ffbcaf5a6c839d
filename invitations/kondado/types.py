"""Values that go into and come out of the vendor client. Frozen, without behaviour on the network."""

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from .addresses import as_address, is_host_name, is_loopback_host

LONGEST_DEADLINE_SECONDS = 300.0

_LINK_HOST = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")


class Direction(StrEnum):
    """Kondado's own words for a source and a destination."""

    SRC = "src"
    DEST = "dest"


class Phase(StrEnum):
    """How far a call came."""

    CONNECT = "connect"
    SEND = "send"
    HEADERS = "headers"
    BODY = "body"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Config:
    """Where and how to call. `problems` says what is wrong with it; the client refuses a config that has any.

    `deadline_seconds` is a total that nothing outlasts; `connect_seconds` (name, TCP and TLS) is a part of it.
    Only with `sandbox` are plain http, local addresses, and link hosts as `host:port` on loopback accepted.
    """

    base_url: str
    link_hosts: tuple[str, ...]
    deadline_seconds: float = 20.0
    connect_seconds: float = 5.0
    client_id_as_number: bool = False
    sandbox: bool = False

    def problems(self) -> list[str]:
        """What is wrong, in plain words that quote no value; empty when the config is sound."""
        found = _base_url_problems(self.base_url, sandbox=self.sandbox)
        if not self.link_hosts:
            found.append("no link host is allowed")
        if not all(_is_link_host(host, sandbox=self.sandbox) for host in self.link_hosts):
            found.append("a link host is not a plain lower-case host name")
        for name, seconds in (("deadline", self.deadline_seconds), ("connect", self.connect_seconds)):
            if not (math.isfinite(seconds) and 0 < seconds <= LONGEST_DEADLINE_SECONDS):
                found.append(f"the {name} time is not between 0 and {LONGEST_DEADLINE_SECONDS:.0f} seconds")
        return found

    @property
    def stand_in(self) -> str:
        """The origin of the stand-in on this machine; empty when the calls go to the real service."""
        host = urlsplit(self.base_url).hostname or ""
        return self.base_url.rstrip("/") if self.sandbox and is_loopback_host(host) else ""


@dataclass(frozen=True, slots=True)
class Credential:
    """One Kondado access token: `key` plays the user name, `token` the password. Both stay out of every text."""

    name: str
    key: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Facts on one call for the log and the call record. Never a secret, an address with a query, or a body."""

    peer: str
    phase: Phase = Phase.CONNECT
    milliseconds: int = 0
    bytes_written: int = 0
    http_status: int | None = None
    content_type: str = ""
    retry_after: int | None = None  # seconds, as the vendor asked
    redirect_host: str = ""
    body_bytes: int = 0
    body_expected: int | None = None  # the Content-Length, when there was one
    body_sha256: str = ""  # its first 12 hex digits


@dataclass(frozen=True, slots=True)
class Connector:
    """One source or destination type of the catalogue. Unvetted addresses are empty text."""

    kondado_id: int
    direction: Direction
    name: str
    image_url: str = ""
    tutorial_url: str = ""
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What one token may create in one direction; `skipped` counts the entries that made no sense."""

    connectors: tuple[Connector, ...]
    skipped: int
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class GuestLink:
    """A sound link, a bearer secret. `flags` names what was odd about the answer (`content_type`)."""

    url: str = field(repr=False)
    flags: tuple[str, ...]
    exchange: Exchange


def _base_url_problems(url: str, *, sandbox: bool) -> list[str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ["the API address cannot be read"]
    # urlsplit drops tabs and line breaks in silence; the round trip shows that nothing was dropped.
    if parts.geturl() != url or not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        return ["the API address holds characters that do not belong in it"]
    found = []
    if parts.scheme != "https" and not (sandbox and parts.scheme == "http"):
        found.append("the API address does not start with https://")
    if "@" in parts.netloc or parts.query or parts.fragment:
        found.append("the API address holds more than a host")
    if parts.path not in ("", "/"):
        found.append("the API address holds a path")
    if port is not None and not sandbox:
        found.append("the API address holds a port")
    return found + _host_problems(parts, sandbox=sandbox)


def _host_problems(parts: SplitResult, *, sandbox: bool) -> list[str]:
    host = parts.hostname or ""
    if sandbox and (as_address(host) is not None or is_host_name(host)):
        return []
    if as_address(host) is not None:
        return ["the API address is a number instead of a host name"]
    if is_loopback_host(host):
        return ["the API address is this machine"]
    return [] if is_host_name(host) and "." in host else ["the API address has no proper host name"]


def _is_link_host(entry: str, *, sandbox: bool) -> bool:
    match = _LINK_HOST.fullmatch(entry)
    if match is None:
        return False
    host, port = match.groups()
    if sandbox and is_loopback_host(host):
        return port is None or 0 < int(port) < 65536
    return port is None and is_host_name(host) and "." in host and not is_loopback_host(host)
