"""What proxies in front of the portal write into a request, read whatever form it has. Believes only as many as are ours."""

import ipaddress
import re

UNKNOWN = "unknown"
PORT = re.compile(r":[0-9]{1,5}\Z")


def client_address(forwarded_for: str, remote: str, trusted: int) -> str:
    """The nearest network address that none of our own `trusted` proxies has; `unknown` where nobody said.

    A proxy that does not know, or does not say, whom it serves stands for its clients itself.
    """
    written = forwarded_for.split(",")[-trusted:] if trusted else []
    if len(written) < trusted:
        written = []  # not by all of our proxies: what stands there may be anybody's
    found = (_address(text) for text in (*written, remote))
    return next((address for address in found if address), UNKNOWN)


def _address(text: str) -> str:
    """The address in one entry, without port, brackets, quotation marks and zone; empty where it is none."""
    text = text.strip().strip('"').strip()
    if text.count(":") == 1 or text.startswith("["):
        text = PORT.sub("", text)
    try:
        address = ipaddress.ip_address(text.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
