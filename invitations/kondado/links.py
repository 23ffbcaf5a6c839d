"""Which addresses from outside may be stored or handed to a person. Must not fetch or open anything."""

import hashlib
import re
from urllib.parse import unquote, unquote_to_bytes

import idna

from .addresses import is_host_name, is_loopback_host
from .errors import LinkWithheld
from .types import Config, Exchange

LONGEST_LINK = 2_048
GUEST_PATH = "/collection_guest/"
PUBLIC_DOMAINS = ("kondado.com.br", "kondado.io")

# One strict reading of an address instead of a parser: browsers and urllib disagree on backslashes, tabs and "@".
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(/[^?#]*)?(\?[^#]*)?(#.*)?", re.DOTALL)
_VISIBLE = re.compile(r"[!#-;=?-Z_a-z~\[\]]*\Z")  # visible ASCII without " < > \ ^ ` { | }
_HOST_PORT = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:%/-]*")
_QUERY = re.compile(r"\?[A-Za-z0-9._~=&+-]+")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNSAFE_ESCAPED = re.compile(rb"[^!-~]|[%./\\?#]")


def link_problem(url: object, hosts: tuple[str, ...], sandbox: bool) -> str | None:  # noqa: FBT001
    """The rule that a guest link breaks, as one stable word; None when it is sound.

    Sound is an absolute https address on exactly one of `hosts`, below /collection_guest/, with no second reading.
    Asked when the link arrives and again when a guest is led to it, because the allowed hosts may change between.
    """
    problem = _form_problem(url)
    if problem is not None or not isinstance(url, str):
        return problem
    scheme, authority, path, query, fragment = _split(url)
    return (
        _authority_problem(scheme, authority, hosts, sandbox=sandbox)
        or _path_problem(path)
        or ("query" if query and not _QUERY.fullmatch(query) else None)
        or ("fragment" if fragment else None)
    )


def check_link(url: str, config: Config, exchange: Exchange | None = None) -> str:
    """Return `url` when it is sound; raise LinkWithheld, which carries it out of sight, when it is not."""
    rule = link_problem(url, config.link_hosts, config.sandbox)
    if rule is not None:
        raise LinkWithheld(rule, exchange, withheld=url, host=host_for_log(url))
    return url


def fingerprint(url: str) -> str:
    """What all spellings of one sound guest link have in common: the SHA-256 of its normal form.

    That is: scheme and host in lower case, the path with its escapes undone and without a last slash, and nothing
    after it, because the guest's token stands in the path (https://kondado.io/wiki/en/a/Invitations-API).
    """
    scheme, authority, path, *_ = _split(url)
    normal = f"{scheme}://{authority}{unquote(path).rstrip('/')}"
    return hashlib.sha256(normal.encode()).hexdigest()


def known_fingerprints(url: str) -> frozenset[str]:
    """Under what a sound link may be known already: earlier versions took the SHA-256 of the text as it came."""
    return frozenset({fingerprint(url), hashlib.sha256(url.encode()).hexdigest()})


def vetted_public_url(url: object) -> str:
    """`url` when it is a plain https address on Kondado's public sites, else empty text (logos, tutorials)."""
    if _form_problem(url) is not None or not isinstance(url, str):
        return ""
    scheme, authority, path, *_ = _split(url)
    on_site = any(authority == domain or authority.endswith("." + domain) for domain in PUBLIC_DOMAINS)
    sound = scheme == "https" and on_site and is_host_name(authority) and ".." not in path
    return url if sound else ""


def vetted_picture_url(url: object, stand_in: str = "") -> str:
    """`url` when a logo may be fetched from it, else empty text.

    Kondado's public sites, and the origin `stand_in` of the stand-in, which is empty outside the sandbox.
    """
    if stand_in and _form_problem(url) is None and isinstance(url, str) and url.startswith(f"{stand_in}/"):
        return "" if ".." in url else url
    return vetted_public_url(url)


def host_for_log(url: str) -> str:
    """Where an unsafe address seems to lead, in punycode and cut; empty when it names no host."""
    match = _ADDRESS.match(url[: LONGEST_LINK * 2])
    if match is None:
        return ""
    # A browser ends the host at a backslash, whatever comes after it.
    host = match[2].partition("\\")[0].rpartition("@")[2].partition(":")[0][:253]
    try:
        ascii_host = (host if host.isascii() else idna.encode(host, uts46=True).decode()).lower()
    except (UnicodeError, idna.IDNAError):
        return "?"
    if not all(0 < len(label) < 64 for label in ascii_host.removesuffix(".").split(".")):
        return "?"
    return re.sub(r"[^a-z0-9.-]", "?", ascii_host)[:100]


def _form_problem(url: object) -> str | None:
    if not isinstance(url, str):
        return "not_text"
    if len(url) > LONGEST_LINK:
        return "too_long"
    if not _VISIBLE.match(url):
        return "characters"
    return None if _ADDRESS.fullmatch(url) else "not_absolute"


def _split(url: str) -> tuple[str, str, str, str, str]:
    match = _ADDRESS.fullmatch(url)
    scheme, authority, path, query, fragment = match.groups(default="") if match else ("",) * 5
    return scheme.lower(), authority.lower(), path, query, fragment


def _authority_problem(scheme: str, authority: str, hosts: tuple[str, ...], *, sandbox: bool) -> str | None:
    if "@" in authority:
        return "userinfo"
    parts = _HOST_PORT.fullmatch(authority)
    if parts is None:
        return "host"
    on_loopback = sandbox and is_loopback_host(parts[1])
    if scheme != "https" and not (scheme == "http" and on_loopback):
        return "scheme"
    if parts[2] and not on_loopback:
        return "port"
    return None if authority in hosts else "host"


def _path_problem(path: str) -> str | None:
    if not path.startswith(GUEST_PATH) or not _PATH.fullmatch(path) or _ESCAPE.search(path):
        return "path"
    segments = path.removeprefix(GUEST_PATH).removesuffix("/").split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        return "path"
    escaped = b"".join(unquote_to_bytes(part) for part in re.findall(r"%[0-9A-Fa-f]{2}", path))
    return "path" if _UNSAFE_ESCAPED.search(escaped) else None
