"""What the record calls each kind of event: one table from kind to heading, name, icon and sentence.

And what those who act and what they act on are called. Reads no table.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invitations.models import EventKind


@dataclass(frozen=True, slots=True)
class EventWords:
    """`label` is its name in lists and filters, under `heading`.

    In the sentence %(actor)s, %(guest)s and %(member)s are names; with `_at` the address stands beside. The rest are
    words of the event's data.
    """

    heading: Any
    label: Any
    icon: str
    sentence: Any


INVITATION, REQUEST, MAIL = _("Invitation"), _("Request to Kondado"), _("Mail")
GUEST, SENDING, PEOPLE = _("Guest"), _("Sending"), _("People and accounts")
# In the order in which things happen, heading by heading. A test holds it against EventKind.
EVENTS: dict[EventKind, EventWords] = {
    EventKind.INVITATION_CREATED: EventWords(
        INVITATION, _("Invitation made"), "plus", _("%(actor)s invited %(guest)s.")
    ),
    EventKind.INVITATION_READDRESSED: EventWords(
        INVITATION,
        _("Address corrected"),
        "at-sign",
        _(
            "%(actor)s corrected the guest from %(member_at)s to %(guest_at)s. Links mailed before open nothing any more."
        ),
    ),
    EventKind.INVITATION_FORWARDED: EventWords(
        INVITATION,
        _("Sent to somebody else too"),
        "forward",
        _("%(actor)s sent it to %(member_at)s as well."),
    ),
    EventKind.INVITATION_EXTENDED: EventWords(
        INVITATION, _("Extended"), "calendar-plus", _("%(actor)s opened it for %(days)s more days.")
    ),
    EventKind.INVITATION_EXPIRED: EventWords(
        INVITATION, _("Expired"), "timer-off", _("It expired: the portal no longer hands the link out.")
    ),
    EventKind.INVITATION_REOPENED: EventWords(
        INVITATION,
        _("Open again"),
        "timer-reset",
        _("It is open again: it had expired by a clock that was ahead."),
    ),
    EventKind.INVITATION_REVOKED: EventWords(
        INVITATION, _("Revoked"), "link-2-off", _("%(actor)s revoked it.")
    ),
    EventKind.INVITATION_ERASED: EventWords(
        INVITATION, _("Guest erased"), "eraser", _("%(actor)s erased the guest.")
    ),
    EventKind.GUEST_LINK_COPIED: EventWords(
        INVITATION, _("Guest link copied"), "copy", _("%(actor)s copied a guest link.")
    ),
    EventKind.KONDADO_LINK_REVEALED: EventWords(
        INVITATION, _("Kondado’s own link shown"), "eye", _("%(actor)s looked at Kondado’s own link.")
    ),
    EventKind.LINK_CONNECTING: EventWords(
        REQUEST, _("Connecting"), "loader", _("The portal began to connect to Kondado.")
    ),
    EventKind.LINK_ON_WIRE: EventWords(
        REQUEST, _("Request left"), "send", _("The request left for Kondado.")
    ),
    EventKind.LINK_READY: EventWords(REQUEST, _("Link made"), "circle-check", _("Kondado made the link.")),
    EventKind.LINK_REJECTED: EventWords(
        REQUEST, _("Refused"), "circle-x", _("Kondado refused. Nothing was made.")
    ),
    EventKind.LINK_UNKNOWN: EventWords(
        REQUEST,
        _("Outcome unknown"),
        "triangle-alert",
        _("The outcome is unknown: Kondado may have made the link. %(fault)s"),
    ),
    EventKind.LINK_WAITING: EventWords(
        REQUEST, _("Sending put off"), "hourglass", _("Sending was put off: %(reason)s.")
    ),
    EventKind.LINK_RECOVERED: EventWords(
        REQUEST, _("Picked up again"), "rotate-ccw", _("The portal picked it up again after an interruption.")
    ),
    EventKind.LINK_CANCELLED: EventWords(
        REQUEST, _("Cancelled"), "ban", _("%(actor)s cancelled it before it was sent.")
    ),
    EventKind.LINK_SENT_AGAIN: EventWords(
        REQUEST, _("Corrected and sent again"), "rotate-cw", _("%(actor)s corrected it and sent it again.")
    ),
    EventKind.LINK_RENEWED: EventWords(
        REQUEST,
        _("New link asked for"),
        "rotate-cw",
        _("%(actor)s asked Kondado for a new link. The old one ended."),
    ),
    EventKind.LINK_SETTLED: EventWords(
        REQUEST, _("Settled"), "scale", _("%(actor)s settled what was unknown: %(how)s.")
    ),
    EventKind.LINK_CONFIRMED: EventWords(
        REQUEST, _("Confirmed as connected"), "check-check", _("%(actor)s confirmed that it is connected.")
    ),
    EventKind.LINK_UNCONFIRMED: EventWords(
        REQUEST, _("Confirmation taken back"), "undo-2", _("%(actor)s took back that it is connected.")
    ),
    EventKind.LINK_FOUND_SENT: EventWords(
        REQUEST,
        _("Found sent after a restore"),
        "triangle-alert",
        _("%(actor)s found that it had been sent before the database was restored."),
    ),
    EventKind.LINK_ANSWER_LATE: EventWords(
        REQUEST,
        _("Late answer"),
        "clock-alert",
        _("An answer of Kondado came to light after a person had settled the outcome."),
    ),
    EventKind.LINK_ANSWER_LATE_HELD: EventWords(
        REQUEST,
        _("Late answer, new request kept back"),
        "clock-alert",
        _(
            "An answer of Kondado came to light late: the earlier request had made an invitation. The new one was kept back."
        ),
    ),
    EventKind.LINK_MADE_TWICE: EventWords(
        REQUEST,
        _("Perhaps made twice"),
        "clock-alert",
        _(
            "An answer of Kondado came to light late: the earlier request had made an invitation, and the new one had left. There may be two."
        ),
    ),
    EventKind.MAIL_ASKED: EventWords(
        MAIL, _("Mail asked for"), "mail", _("%(actor)s had %(guest_at)s mailed.")
    ),
    EventKind.MAIL_SENT: EventWords(MAIL, _("Mail sent"), "mail-check", _("The portal mailed %(guest_at)s.")),
    EventKind.MAIL_FAILED: EventWords(
        MAIL, _("Mail not sent"), "mail-x", _("The mail to %(guest_at)s was not sent. %(mail_fault)s")
    ),
    EventKind.MAIL_UNKNOWN: EventWords(
        MAIL,
        _("Mail perhaps not sent"),
        "mail-question-mark",
        _("It is not known whether the mail to %(guest_at)s was sent. %(mail_fault)s"),
    ),
    EventKind.MAIL_BOUNCED: EventWords(
        MAIL,
        _("Mail came back"),
        "mail-warning",
        _("The mail to %(guest_at)s came back: nobody got it there."),
    ),
    EventKind.MAIL_COMPLAINED: EventWords(
        MAIL,
        _("Mail reported as unwanted"),
        "mail-warning",
        _("The mail to %(guest_at)s was reported there as unwanted."),
    ),
    EventKind.GUEST_OPENED: EventWords(
        GUEST, _("Opened the invitation"), "door-open", _("%(guest)s opened the invitation.")
    ),
    EventKind.GUEST_CONTINUED: EventWords(
        GUEST, _("Went on to Kondado"), "log-in", _("%(guest)s went on to Kondado.")
    ),
    EventKind.GUEST_DONE: EventWords(
        GUEST, _("Said it is done"), "circle-check", _("%(guest)s said it is done.")
    ),
    EventKind.GUEST_UNDONE: EventWords(
        GUEST, _("Took back that it is done"), "undo-2", _("%(guest)s took back that it is done.")
    ),
    EventKind.GUEST_DECLINED: EventWords(
        GUEST, _("Declined"), "circle-slash", _("%(guest)s declined: %(why)s.")
    ),
    EventKind.GUEST_RESUMED: EventWords(
        GUEST, _("Goes on after all"), "rotate-ccw", _("%(guest)s goes on after all.")
    ),
    EventKind.GUEST_FORWARDED: EventWords(
        GUEST, _("Passed it on"), "forward", _("%(guest)s passed it on to %(member_at)s.")
    ),
    EventKind.GUEST_LANGUAGE: EventWords(
        GUEST, _("Chose another language"), "languages", _("%(guest)s chose another language: %(language)s.")
    ),
    EventKind.GUEST_ASKED_AGAIN: EventWords(
        GUEST,
        _("Asked for a new one"),
        "calendar-plus",
        _("%(guest)s asked for a new one, as it had expired."),
    ),
    EventKind.GUEST_BLOCKED: EventWords(
        GUEST,
        _("Came too late"),
        "shield-x",
        _("Somebody pressed a button on the guest page too late: %(reason)s. Nothing was done."),
    ),
    EventKind.GUEST_KEYS_TRIED: EventWords(
        GUEST,
        _("Many wrong links tried"),
        "shield-alert",
        _("Many links that open no invitation were tried from one place; more are refused."),
    ),
    EventKind.HOLD_SET: EventWords(
        SENDING, _("Sending stopped"), "circle-pause", _("%(actor)s stopped sending: %(reason)s.")
    ),
    EventKind.HOLD_RELEASED: EventWords(
        SENDING, _("Sending released"), "play", _("%(actor)s let sending go on.")
    ),
    EventKind.CALLS_PAUSE_ENDED: EventWords(
        SENDING, _("Pause ended"), "play", _("%(actor)s ended the pause that Kondado had asked for.")
    ),
    EventKind.CLOCK_SET_BACK: EventWords(
        SENDING,
        _("Times put right"),
        "history",
        _("Times lay %(length)s ahead of the clock. %(actor)s put right what would have waited for them."),
    ),
    EventKind.REFUSAL_MARKED: EventWords(
        SENDING,
        _("Refusal decided on"),
        "tag",
        _("%(actor)s decided what a refusal of Kondado means: %(verdict)s."),
    ),
    EventKind.ALERT_QUEUED: EventWords(
        SENDING,
        _("Mail to administrators"),
        "bell",
        _("A mail to the administrators was queued: %(reason)s."),
    ),
    EventKind.ALERT_PUT_OFF: EventWords(
        SENDING,
        _("Mail to administrators put off"),
        "bell-off",
        _("A mail to the administrators was put off, as there were many: %(reason)s."),
    ),
    EventKind.CATALOGUE_SYNCED: EventWords(
        SENDING,
        _("Catalogue read"),
        "refresh-cw",
        _("The catalogue was read: %(listed)s listed, %(added)s new, %(retired)s withdrawn."),
    ),
    EventKind.CONNECTOR_HELP_CHANGED: EventWords(
        SENDING,
        _("Help for guests changed"),
        "book-open",
        _("%(actor)s changed what guests read about a connector."),
    ),
    EventKind.PERSON_SIGNED_IN: EventWords(PEOPLE, _("Signed in"), "log-in", _("%(actor)s signed in.")),
    EventKind.PERSON_SIGN_IN_FAILED: EventWords(
        PEOPLE,
        _("Sign-in failed"),
        "shield-alert",
        _("Somebody tried a wrong password for %(member)s. Wrong ones within an hour: %(tries)s."),
    ),
    EventKind.PERSON_CODE_FAILED: EventWords(
        PEOPLE,
        _("Wrong second factor"),
        "shield-alert",
        _(
            "Somebody knew the password of %(member)s and gave a wrong code. Wrong ones within an hour: %(tries)s."
        ),
    ),
    EventKind.PERSON_SIGNED_OUT: EventWords(
        PEOPLE, _("Session ended"), "log-out", _("The session of %(actor)s ended.")
    ),
    EventKind.PERSON_PASSWORD_CHANGED: EventWords(
        PEOPLE, _("Password changed"), "key-round", _("%(actor)s changed their password.")
    ),
    EventKind.PERSON_PASSWORD_RESET: EventWords(
        PEOPLE,
        _("Password chosen anew"),
        "key-round",
        _("%(actor)s chose a new password with a mailed link."),
    ),
    EventKind.PERSON_FACTOR_ADDED: EventWords(
        PEOPLE, _("Second factor set up"), "shield-check", _("%(actor)s set up a second factor.")
    ),
    EventKind.PERSON_FACTOR_REMOVED: EventWords(
        PEOPLE, _("Second factor removed"), "shield-off", _("%(actor)s removed their second factor.")
    ),
    EventKind.PERSON_CODES_RENEWED: EventWords(
        PEOPLE, _("Recovery codes made"), "shield-check", _("%(actor)s made new recovery codes.")
    ),
    EventKind.PERSON_CODE_USED: EventWords(
        PEOPLE,
        _("Recovery code used"),
        "shield-alert",
        _("%(actor)s signed in with a recovery code. Codes left: %(left)s."),
    ),
    EventKind.PERSON_UPDATED: EventWords(
        PEOPLE, _("Preferences changed"), "user-cog", _("%(actor)s changed their own preferences.")
    ),
    EventKind.PERSON_ERASED: EventWords(
        PEOPLE, _("Person erased"), "eraser", _("%(actor)s erased what the record said of a person.")
    ),
    EventKind.ACCOUNT_CREATED: EventWords(
        PEOPLE, _("Account added"), "building", _("%(actor)s added an account.")
    ),
    EventKind.MEMBER_CREATED: EventWords(
        PEOPLE, _("Person added"), "user-plus", _("%(actor)s added %(member)s.")
    ),
    EventKind.MEMBER_UPDATED: EventWords(
        PEOPLE, _("Person changed"), "user-cog", _("%(actor)s changed %(member)s.")
    ),
}
NOBODY: dict[str, Any] = {
    "worker": _("The worker"),
    "system": _("The portal"),
    "guest": _("The guest"),
}
OBJECTS: dict[str, Any] = {
    "invitation": _("Invitation"),
    "account": _("Account"),
    "user": _("Person"),
    "person": _("Person"),
    "hold": pgettext_lazy("a halt of sending", "Stop"),
    "connector": _("Connector"),
    "catalogue": _("Catalogue"),
    "calls": _("Calls"),
    "refusal": _("Refusal"),
    "alert": _("Alert"),
    "guest": _("Guest page"),
}
# Those of which there is only one, or whose mark says nothing to a person.
UNNUMBERED = frozenset({"catalogue", "calls", "refusal", "alert", "guest", "person"})


def kind_groups() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Kinds with their names, heading by heading, to choose from."""
    return [
        (heading, [(kind.value, words.label) for kind, words in rows])
        for heading, rows in groupby(EVENTS.items(), lambda row: row[1].heading)
    ]


def event_words(kind: str) -> EventWords:
    """The row of a kind. One that an older release recorded is shown by its own name, so that no page breaks over it."""
    known = kind in EVENTS
    return EVENTS[EventKind(kind)] if known else EventWords("", kind, "list", "%(kind)s")


def object_words(reference: str) -> str:
    """An event's object as people call it: `hold:3` gives "Stop 3"."""
    kind, _colon, name = reference.partition(":")
    word = str(OBJECTS.get(kind, kind))
    return word if kind in UNNUMBERED or not name else f"{word} {name}"
