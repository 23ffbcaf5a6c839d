"""Which network addresses may be called. Pure arithmetic: must not resolve names and must not connect."""

import ipaddress
import re
import socket

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
PRIVATE_USE = tuple(
    ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
# Metadata services of clouds that live in the private-use blocks instead of the link-local ones.
METADATA = frozenset(ipaddress.ip_address(text) for text in ("fd00:ec2::254", "fd20:ce::254"))

_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
)


def is_host_name(host: str) -> bool:
    """True for a lower-case ASCII DNS name; an address in any notation is not one."""
    return _HOST_NAME.fullmatch(host) is not None


def as_address(host: str) -> IPAddress | None:
    """The address that `host` spells, in any notation a resolver accepts (`127.1`, `0x7f000001`), or None."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        pass
    if any(character.isspace() for character in host):  # inet_aton stops reading at a blank
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def is_loopback_host(host: str) -> bool:
    """True for `localhost`, a name below it, and every literal loopback address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = as_address(host)
    return address is not None and _unwrapped(address).is_loopback


def address_problem(address: IPAddress, *, sandbox: bool, plain: bool) -> str | None:
    """Why a call may not go to `address`, as one stable word; None when it may.

    The sandbox lifts the ban on loopback and private addresses, and keeps plain http (`plain`) on them:
    a real credential never crosses a public network unencrypted.
    """
    address = _unwrapped(address)
    if address in METADATA or address.is_link_local:
        return "link_local"
    if address.is_unspecified or address.is_multicast:
        return "not_a_host"
    local = address.is_loopback or any(address in block for block in PRIVATE_USE)
    if local:
        return None if sandbox else "local"
    if plain:
        return "plain_http_in_public"
    return None if address.is_global else "reserved"


def _unwrapped(address: IPAddress) -> IPAddress:
    """The IPv4 address inside an IPv6 one that only carries it, because that is where the packets arrive."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    carried = address.ipv4_mapped or address.sixtofour
    if address.teredo is not None:
        carried = address.teredo[1]
    return carried or address
