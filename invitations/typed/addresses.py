"""Turns what was typed into the one form of an address that is stored, compared, mailed to and sent to Kondado.

Nothing else converts an address. Plain Python: knows no table, no request and no sentence.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from invitations.typed.invisible import INVISIBLE, out_of_place, trimmed
from portal.hosts import ascii_host, host_in_letters

LONGEST, LONGEST_LOCAL, LONGEST_TYPED = 254, 64, 500
JOINERS = "\u200c\u200d"  # they tell one domain from another where a script needs them
ATOM = re.compile(r"[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]")
DOT_ATOM = re.compile(r"[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]+(\.[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]+)*")
QUOTED = re.compile(r'"((?:[!#-\[\]-~]|\\[!-~])+)"')
TOP_LEVEL = re.compile(r"\.(?:[a-z]{2,}|xn--[a-z0-9-]+)\Z")
NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>", re.DOTALL)
WRAPPERS = {"<": ">", '"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»", "(": ")", "[": "]"}
DOTS, ATS = ".。．｡", "@＠﹫"


class Fault(StrEnum):
    """Why something is no address."""

    NO_AT = "no_at"
    TWO_ATS = "two_ats"
    SEVERAL = "several"
    NOTHING_BEFORE = "nothing_before"
    NOTHING_AFTER = "nothing_after"
    CHARACTER = "character"
    DOT = "dot"
    DOMAIN = "domain"
    TOO_LONG = "too_long"


class NotAnAddress(ValueError):  # noqa: N818  (says what it is)
    """No address. `part` is the character or the part that is wrong, where it is one."""

    def __init__(self, fault: Fault, part: str = "") -> None:
        super().__init__(f"no address: {fault}")
        self.fault = fault
        self.part = part


@dataclass(frozen=True)
class Typed:
    """An address in its one form, and the name that was pasted with it."""

    address: str
    name: str = ""


def read(text: str) -> Typed:
    """What `text` says, also as pasted: `Ana Souza <ana@example.com>`, `mailto:ana@example.com`, `ana@example.com;`.

    The part before the @ is kept as typed; the domain is the ASCII form. What nobody sees is taken out. Raises
    NotAnAddress.
    """
    text, name = unicodedata.normalize("NFC", text), ""
    named = NAMED.fullmatch(_unwrapped(text))
    if named and named["address"].strip():
        text, name = named["address"], _name(named["name"])
    return Typed(_address(_without_invisible(_unwrapped(text))), name)


def one_form(text: str) -> str:
    """The address in `text` as it is stored and used. Raises NotAnAddress."""
    return read(text).address


def normal_email(text: str) -> str:
    """One form for each mailbox, to compare by: `one_form` in lower case. Raises NotAnAddress."""
    return one_form(text).lower()


def comparable(address: str) -> str:
    """As normal_email, for an address that is stored: one that would not be taken today is compared as it is."""
    try:
        return normal_email(address)
    except NotAnAddress:
        return address.strip().lower()


def in_letters(address: str) -> str:
    """A stored address with its domain in the letters of its own script, as people read and search it."""
    local, _at, domain = address.rpartition("@")
    return f"{local}@{host_in_letters(domain)}"


def _unwrapped(text: str) -> str:
    """`text` without `mailto:`, the marks of a list, and quotation marks or brackets around all of it."""
    while True:
        inner = trimmed(text).rstrip(";,. ")
        if inner[:7].lower() == "mailto:":
            inner = unquote(inner[7:].partition("?")[0])
        if len(inner) > 1 and WRAPPERS.get(inner[0]) == inner[-1]:
            inner = inner[1:-1]
        if inner == text:
            return text
        text = inner


def _without_invisible(text: str) -> str:
    for character in text:
        if character.isspace() or unicodedata.category(character) in {"Cc", "Cs"}:
            ats = sum(text.count(one) for one in ATS)
            if ats == 1:
                raise NotAnAddress(Fault.CHARACTER, character)
            raise NotAnAddress(Fault.SEVERAL if ats else Fault.NO_AT)
    return INVISIBLE.sub(lambda found: found[0] if found[0] in JOINERS else "", text)


def _name(text: str) -> str:
    """The name before the brackets; empty where it is none that could be shown to anybody."""
    name = " ".join(trimmed(_unquoted(trimmed(text))).split())
    return "" if "@" in name or out_of_place(name) else name


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _address(text: str) -> str:
    local, at, domain = re.sub(f"[{ATS}]", "@", text).rpartition("@")
    if not at:
        raise NotAnAddress(Fault.NO_AT)
    if not local:
        raise NotAnAddress(Fault.NOTHING_BEFORE)
    if not domain.strip(DOTS):
        raise NotAnAddress(Fault.NOTHING_AFTER)
    address = f"{_local(local)}@{_domain(domain)}"
    if len(address) > LONGEST or len(local) > LONGEST_LOCAL:
        raise NotAnAddress(Fault.TOO_LONG)
    return address


def _local(local: str) -> str:
    """The part before the @, without quotation marks that it does not need."""
    if DOT_ATOM.fullmatch(local):
        return local
    if quoted := QUOTED.fullmatch(local):
        inner = re.sub(r"\\(.)", r"\1", quoted[1])
        if DOT_ATOM.fullmatch(inner):
            return inner
        if not all(ATOM.match(one) or one == "." for one in inner):
            return local
        raise NotAnAddress(Fault.DOT, local)  # Python's writer of headers leaves its quotation marks out
    for character in local:
        if character == "@" or (character in ",;" and "@" in local):
            raise NotAnAddress(Fault.SEVERAL if set(",;") & set(local) else Fault.TWO_ATS)
        if character != "." and not ATOM.match(character):
            raise NotAnAddress(Fault.CHARACTER, character)
    raise NotAnAddress(Fault.DOT, local)


def _domain(domain: str) -> str:
    try:
        host = ascii_host(domain)
    except ValueError:
        wrong = next((one for one in domain if not _may_stand_in_domain(one)), "")
        raise NotAnAddress(Fault.CHARACTER if wrong else Fault.DOMAIN, wrong or domain) from None
    if not TOP_LEVEL.search(host):
        raise NotAnAddress(Fault.DOMAIN, domain)
    return host


def _may_stand_in_domain(character: str) -> bool:
    """Letters and digits of every script, their marks, and the dots that keyboards have for one."""
    return character.isalnum() or character in {"-", *DOTS} or unicodedata.category(character)[0] == "M"
