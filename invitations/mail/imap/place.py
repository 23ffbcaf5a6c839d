"""Where the silent mailbox is, read from one address such as imaps://user:password@mail.example:993/INBOX.

Must not connect. Complaints never show the address, which holds the password.
"""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from invitations.kondado.addresses import is_loopback_host

PORTS = {"imaps": 993, "imap": 143}


class BadPlace(ValueError):  # noqa: N818 - the name says what it is
    """The address cannot be used; the text says why."""


@dataclass(frozen=True)
class Place:
    """A mailbox on a server. `tls` is false on this machine's loopback alone."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    tls: bool = True


def place_of(url: str, *, sandbox: bool) -> Place:
    """The mailbox that `url` names. Raises BadPlace.

    `imap://`, without TLS, is for a loopback host while the stand-in Kondado is in use, and for nothing else.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadPlace("it is no address; write special characters of the password as %XX") from None
    plain = parts.scheme == "imap" and sandbox and is_loopback_host(host)
    if parts.scheme != "imaps" and not plain:
        raise BadPlace("it must begin with imaps://")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    folder = unquote(parts.path.removeprefix("/")) or "INBOX"
    if not (host and user and password):
        raise BadPlace("it must name a user, a password and a host")
    if parts.query or parts.fragment:
        raise BadPlace("nothing may follow the folder; write ? and # as %3F and %23")
    if not all(text.isprintable() for text in (user, password, folder)) or not folder.isascii():
        raise BadPlace("it holds a character that cannot be sent")
    return Place(host, port or PORTS[parts.scheme], user, password, folder, tls=not plain)
