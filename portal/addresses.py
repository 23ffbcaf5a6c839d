"""Addresses of services that settings hold, read as people write them. Plain Python; complaints show no part of one."""

import re
from urllib.parse import quote, unquote

from portal.hosts import ascii_host

ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
PLACE = re.compile(r"(?P<host>\[[^\]]*\]|[^:/?#]*)(?::(?P<port>[^/?#]*))?(?P<more>[/?#].*)?", re.DOTALL)
LARGEST_PORT = 65_535


def readable(text: str) -> str:
    """`text` as every reader of addresses understands it: the sign-in percent-encoded, the host in ASCII.

    What stands before the last @ belongs to the sign-in, and of that the password begins at the first colon: passwords
    hold slashes, hashes and colons as they come. Raises ValueError, which says what is wrong and quotes nothing.
    """
    found = ADDRESS.fullmatch(text)
    if not found:
        raise ValueError("it must begin with a scheme, such as smtp://")
    scheme, rest = found["scheme"].lower(), found["rest"]
    if rest.startswith("/") or scheme.startswith("sqlite"):
        return text  # a file of this machine
    sign_in, at, place = rest.rpartition("@")
    user, colon, password = sign_in.partition(":")
    return f"{scheme}://{_quoted(user)}{colon}{_quoted(password)}{at}{_place(place)}"


def _quoted(text: str) -> str:
    return quote(unquote(text), safe="")


def _place(text: str) -> str:
    found = PLACE.fullmatch(text)
    if not found:
        raise ValueError("the name of its host cannot be read")
    host, port, more = found["host"], found["port"], found["more"] or ""
    if port and not (port.isascii() and port.isdigit() and int(port) <= LARGEST_PORT):
        raise ValueError("its port is no number up to 65535; write an @ after the host as %40")
    host = host if host.isascii() else ascii_host(host)
    return f"{host}{f':{port}' if port else ''}{more}"
