"""What somebody without a session can make the portal do, and how often: every bound, and the addresses it guards.

docs/security.md shows the same table to readers; a test compares the two. Counts nothing itself (throttle.py does).

A place is an IPv4 address, or the /64 of an IPv6 address. Nothing here is counted by a person's address alone and then
refused: whoever wants to keep somebody out would only have to fill it. A browser in which a person signed in before is
counted by itself, so that not even a neighbour at the same place is in that person's way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Per(StrEnum):
    """For whom it is counted."""

    PLACE = "place"
    PLACE_AND_ADDRESS = "place and address"
    PLACE_AND_PERSON = "place and person"
    ADDRESS = "address"
    PERSON = "person"
    INVITATION = "invitation"
    PORTAL = "portal"


@dataclass(frozen=True, slots=True)
class Bound:
    """At most `most` within any `seconds` (0: ever). `door`: counted for each request that sends something."""

    name: str
    most: int
    seconds: int
    per: Per
    beyond: str
    door: bool = False


MINUTE, HOUR = 60, 3_600
REFUSED = "429 with `Retry-After`"

SIGN_INS = Bound("sign-ins", 60, MINUTE, Per.PLACE, REFUSED)
WRONG_PASSWORDS = Bound("wrong passwords", 20, MINUTE, Per.PLACE, REFUSED)
WRONG_PASSWORDS_HERE = Bound("wrong passwords for one", 5, 5 * MINUTE, Per.PLACE_AND_ADDRESS, REFUSED)
WRONG_PASSWORDS_ANYWHERE = Bound(
    "wrong passwords for one, from everywhere",
    20,
    HOUR,
    Per.ADDRESS,
    "each place waits between its own tries, up to 5 minutes",
)
WRONG_CODES_HERE = Bound("wrong second factors", 5, 5 * MINUTE, Per.PLACE_AND_PERSON, REFUSED)
WRONG_CODES_ANYWHERE = Bound(
    "wrong one-time codes, from everywhere",
    20,
    HOUR,
    Per.PERSON,
    "a recovery code, or a browser known from before",
)
FAILED_EVENTS = Bound(
    "events about wrong passwords and codes", 10, HOUR, Per.PERSON, "not recorded; the next one has the count"
)
RESETS = Bound("reset requests", 20, MINUTE, Per.PLACE, REFUSED, door=True)
RESET_MAILS = Bound("reset mails", 1, 5 * MINUTE, Per.ADDRESS, "no mail, the same answer")
MAILS_TO_NOBODY = Bound("mails to unknown addresses", 5, HOUR, Per.PLACE, "no mail, the same answer")
MAILS_TO_NOBODY_IN_ALL = Bound("mails to unknown addresses", 60, HOUR, Per.PORTAL, "no mail, the same answer")
RESET_LINKS = Bound("uses of reset links", 20, MINUTE, Per.PLACE, REFUSED, door=True)
PASSWORD_CHANGES = Bound("password changes", 5, MINUTE, Per.PERSON, REFUSED, door=True)
REAUTHENTICATIONS = Bound("passwords asked for again", 10, MINUTE, Per.PERSON, REFUSED, door=True)
WRONG_GUEST_KEYS = Bound("wrong guest links", 30, 5 * MINUTE, Per.PLACE, f"{REFUSED}; right ones still open")
GUEST_KEY_EVENTS = Bound("events about wrong guest links", 1, 5 * MINUTE, Per.PORTAL, "not recorded; logged")
WRONG_SIGNATURES = Bound(
    "wrong signatures", 30, 5 * MINUTE, Per.PLACE, f"{REFUSED}; right ones are still taken"
)
GUEST_PRESSES = Bound("presses by a guest, back and forth", 200, 0, Per.INVITATION, "refused with a sentence")
GUEST_FORWARDS = Bound("colleagues named by a guest", 3, 0, Per.INVITATION, "refused with a sentence")
GUEST_NOTICES = Bound("mails about a guest’s presses", 12, HOUR, Per.INVITATION, "no mail; the page tells it")
KEPT_INPUT = Bound("forms kept over a sign-in", 10, HOUR, Per.PLACE, "not kept; nothing else changes")

TABLE: tuple[Bound, ...] = tuple(found for found in list(globals().values()) if isinstance(found, Bound))

_PASSWORDS = (SIGN_INS, WRONG_PASSWORDS, WRONG_PASSWORDS_HERE, WRONG_PASSWORDS_ANYWHERE, FAILED_EVENTS)
_CODES = (WRONG_CODES_HERE, WRONG_CODES_ANYWHERE, FAILED_EVENTS)
_PRESS = (GUEST_PRESSES, GUEST_NOTICES)
READS = "reads a row or two and writes nothing"
PAGE = "a page without a query"

# Every address that answers somebody without a session: what bounds it, or why it costs nothing.
ANONYMOUS: dict[str, tuple[Bound, ...] | str] = {
    "account_login": _PASSWORDS,
    "account_logout": "ends the session that was sent with it, if any",
    "account_signup": PAGE,
    "account_inactive": PAGE,
    "account_reset_password": (RESETS, RESET_MAILS, MAILS_TO_NOBODY, MAILS_TO_NOBODY_IN_ALL),
    "account_reset_password_done": PAGE,
    "account_reset_password_from_key": (RESET_LINKS,),
    "account_reset_password_from_key_done": PAGE,
    "mfa_authenticate": _CODES,
    "admin:login": "leads to the portal's own sign-in",
    "guest_token": (WRONG_GUEST_KEYS, GUEST_KEY_EVENTS),
    "guest": (WRONG_GUEST_KEYS,),
    "guest_open": _PRESS,
    "guest_continue": _PRESS,
    "guest_done": _PRESS,
    "guest_undone": _PRESS,
    "guest_forward": (GUEST_FORWARDS, *_PRESS),
    "guest_decline": _PRESS,
    "guest_resume": _PRESS,
    "guest_language": _PRESS,
    "guest_ask_again": _PRESS,
    "healthz": PAGE,
    "readyz": READS,
    "mail_hook": (WRONG_SIGNATURES,),
}
# Closed to them, and bounded all the same: what is counted before or after the door.
OTHERS: dict[str, tuple[Bound, ...]] = {
    "invitation_new": (KEPT_INPUT,),
    "account_change_password": (PASSWORD_CHANGES,),
    "account_reauthenticate": (REAUTHENTICATIONS, WRONG_PASSWORDS_HERE),
    "mfa_reauthenticate": (WRONG_CODES_HERE,),
}


def at_the_door(name: str) -> tuple[Bound, ...]:
    """The bounds that are counted for each request to the address of this name."""
    found = ANONYMOUS.get(name) or OTHERS.get(name, ())
    return () if isinstance(found, str) else tuple(bound for bound in found if bound.door)
