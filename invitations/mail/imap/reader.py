"""Looks for the mails of given addresses in the mailbox, within a hard deadline. Changes nothing there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from . import mails
from .place import Place
from .session import MailboxError, Session

MOST_MAILS = 10  # for one address
MOST_BYTES = 512 * 1024  # of one mail
GRACE_SECONDS = 1.0


@dataclass(frozen=True)
class Wanted:
    """Mails to look for: sent to `address`, which holds `reference`, on `since` or later."""

    key: int
    address: str
    reference: str
    since: date


@dataclass(frozen=True)
class Found:
    """What was there for one address. `problem` is a word when it was too much to be read in full."""

    key: int
    links: tuple[str, ...] = field(default=(), repr=False)
    problem: str = ""


@dataclass
class Look:
    """One look into the mailbox: what was found until it ended, and why it ended early, if it did."""

    found: list[Found] = field(default_factory=list)
    fault: str = ""


def look(place: Place, wanted: Iterable[Wanted], *, seconds: float) -> Look:
    """Looks for all of `wanted`, in their order; returns within `seconds` and a little, whatever happens.

    In a thread of its own, because looking up the server's name knows no deadline.
    """
    result = Look(fault="timeout")
    deadline = time.monotonic() + seconds
    thread = threading.Thread(target=_look, args=(place, list(wanted), deadline, result), daemon=True)
    thread.start()
    thread.join(seconds + GRACE_SECONDS)
    return Look(list(result.found), result.fault)


def _look(place: Place, wanted: list[Wanted], deadline: float, result: Look) -> None:
    try:
        session = Session(place, deadline)
        try:
            for one in wanted:
                result.found.append(_find(session, one))
        finally:
            session.close()
        result.fault = ""
    except MailboxError as error:
        result.fault = error.fault
    except Exception:  # noqa: BLE001 - a traceback of this thread would show what the mailbox holds
        result.fault = "broken"


def _find(session: Session, wanted: Wanted) -> Found:
    names = session.search(wanted.reference, wanted.since)
    if len(names) > MOST_MAILS:
        return Found(wanted.key, problem="too_many")
    links: list[str] = []
    for name in names:
        large = session.size(name) > MOST_BYTES
        try:
            in_mail = mails.links_for(session.mail(name, MOST_BYTES), wanted.address)
        except mails.Unreadable:
            return Found(wanted.key, problem="unreadable")
        if in_mail is not None and large:
            return Found(wanted.key, problem="too_large")
        links += in_mail or ()
    return Found(wanted.key, tuple(dict.fromkeys(links)))
