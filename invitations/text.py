"""Pure text helpers: normal forms and folding. Plain Python; knows no table and no request."""

import re
import unicodedata

import idna

CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)


def has_control_characters(text: str) -> bool:
    """Whether `text` holds control, line-separator, direction or zero-width characters.

    The joiners U+200C and U+200D are letters' business in some languages, and pass.
    """
    return CONTROL.search(text) is not None


def normal_email(address: str) -> str:
    """One form per mailbox: NFC, lower case, IDNA domain; the plus-part is kept.

    Raises ValueError when there is no @ or the domain has no IDNA form.
    """
    local, at, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    if not at or not local or not domain:
        raise ValueError("not an address")
    try:
        domain = idna.encode(domain.rstrip("."), uts46=True).decode()
    except idna.IDNAError:
        raise ValueError("domain has no IDNA form") from None
    return f"{local.lower()}@{domain.lower()}"


def ascii_email(address: str) -> str:
    """The address as mail servers write it: the domain in its IDNA form, the rest untouched."""
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"


def fold(text: str) -> str:
    """Lower case without accents, white space squeezed: the form that search compares."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())
