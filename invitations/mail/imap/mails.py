"""What a mail says, from its raw bytes: whom it was addressed to and which links it holds.

Mails come from outside and may be broken in every way. Must not open any link.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser
from typing import Any

from invitations.typed.addresses import comparable

ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To")
# From the scheme to the next blank, quote or bracket, so that an address inside another one is no link of its own.
LINK = re.compile(r"https?://[^\s<>\"'`|\\^{}]+", re.IGNORECASE)
SENTENCE_END = ".,;:!?)]*_"
MOST_PARTS = 50


class Unreadable(Exception):  # noqa: N818 - says what the mail is
    """Too many parts, or Python's own readers give up on it."""


def links_for(raw: bytes, address: str) -> tuple[str, ...] | None:
    """The http addresses in a mail to `address`, each once; None when it is addressed to others.

    Raises Unreadable.
    """
    try:
        mail = message_from_bytes(raw)
        return _links_in(mail) if _is_addressed_to(mail, address) else None
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        raise Unreadable from None


def _is_addressed_to(mail: Message, address: str) -> bool:
    """Whether `address` itself, and not only text like it, is one of those the mail was sent to."""
    values = [_header(value) for name in ADDRESSED for value in mail.get_all(name, [])]
    wanted = comparable(address)
    return any(comparable(found) == wanted for _name, found in getaddresses(values))


def _header(value: Any) -> str:
    """A header's text. Where it holds raw bytes, as it does with domains of other scripts, they are UTF-8."""
    if isinstance(value, str):
        return value
    return "".join(
        part.decode("utf-8", "replace") if isinstance(part, bytes) else part
        for part, _charset in decode_header(value)
    )


def _links_in(mail: Message) -> tuple[str, ...]:
    """What text and HTML link to, in order; attached files are not looked into."""
    found = [link for part in _leaves(mail) for link in _links(part)]
    return tuple(dict.fromkeys(found))


def _leaves(mail: Message) -> Iterator[Message]:
    """The parts that a reader sees. What an enclosed mail says is another mail's word."""
    waiting, seen = [mail], 0
    while waiting:
        part = waiting.pop(0)
        seen += 1
        if seen > MOST_PARTS:
            raise Unreadable
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting[:0] = [one for one in inner if isinstance(one, Message)]
        elif part.get_content_disposition() != "attachment":
            yield part


def _links(part: Message) -> list[str]:
    kind = part.get_content_type()
    if kind == "text/plain":
        return _in_text(_text(part))
    if kind != "text/html":
        return []
    page = _Page()
    page.feed(_text(part))
    page.close()
    # What is shown may be a shortened form of what is linked; it counts only where nothing is linked.
    return page.links or _in_text("".join(page.shown))


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        return data.decode("latin-1")


def _in_text(text: str) -> list[str]:
    return [match[0].rstrip(SENTENCE_END) for match in LINK.finditer(text)]


class _Page(HTMLParser):
    """Collects where the anchors of a page lead, and what the page shows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps the address of an anchor."""
        if tag in {"a", "area"}:
            addresses = ((value or "").strip() for name, value in attrs if name == "href")
            self.links += [one for one in addresses if LINK.match(one)]

    def handle_data(self, data: str) -> None:
        """Keeps what is shown."""
        self.shown.append(data)
