"""What kinds of events, those who act and what they act on are called in lists and filters. Reads no table.

The sentence of an event is in presenters.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# heading: {kind: what it is called}, in the order in which things happen.
KIND_GROUPS: list[tuple[Any, dict[str, Any]]] = [
    (
        _("Invitation"),
        {
            "invitation.created": _("Invitation made"),
            "invitation.readdressed": _("Address corrected"),
            "invitation.forwarded": _("Sent to somebody else too"),
            "invitation.extended": _("Extended"),
            "invitation.expired": _("Expired"),
            "invitation.revoked": _("Revoked"),
            "invitation.erased": _("Guest erased"),
            "guest_link.copied": _("Guest link copied"),
            "kondado_link.revealed": _("Kondado’s own link shown"),
        },
    ),
    (
        _("Request to Kondado"),
        {
            "link.queued": _("Queued"),
            "link.connecting": _("Connecting"),
            "link.on_wire": _("Request left"),
            "link.ready": _("Link made"),
            "link.rejected": _("Refused"),
            "link.unknown": _("Outcome unknown"),
            "link.waiting": _("Sending put off"),
            "link.held": _("Request stopped"),
            "link.recovered": _("Picked up again"),
            "link.cancelled": _("Cancelled"),
            "link.sent_again": _("Corrected and sent again"),
            "link.renewed": _("New link asked for"),
            "link.settled": _("Settled"),
            "link.confirmed": _("Confirmed as connected"),
            "link.unconfirmed": _("Confirmation taken back"),
            "link.found_sent": _("Found sent after a restore"),
            "link.answer_late": _("Late answer"),
            "link.answer_late_held": _("Late answer, new request kept back"),
            "link.made_twice": _("Perhaps made twice"),
        },
    ),
    (
        _("Mail"),
        {
            "mail.asked": _("Mail asked for"),
            "mail.sent": _("Mail sent"),
            "mail.failed": _("Mail not sent"),
            "mail.unknown": _("Mail perhaps not sent"),
            "mail.bounced": _("Mail came back"),
            "mail.complained": _("Mail reported as unwanted"),
        },
    ),
    (
        _("Guest"),
        {
            "guest.opened": _("Opened the invitation"),
            "guest.continued": _("Went on to Kondado"),
            "guest.done": _("Said it is done"),
            "guest.undone": _("Took back that it is done"),
            "guest.declined": _("Declined"),
            "guest.resumed": _("Goes on after all"),
            "guest.forwarded": _("Passed it on"),
            "guest.language": _("Chose another language"),
            "guest.asked_again": _("Asked for a new one"),
            "guest.blocked": _("Came too late"),
            "guest.keys_tried": _("Many wrong links tried"),
        },
    ),
    (
        _("Sending"),
        {
            "hold.set": _("Sending stopped"),
            "hold.released": _("Sending released"),
            "calls.pause_ended": _("Pause ended"),
            "refusal.marked": _("Refusal decided on"),
            "alert.queued": _("Mail to administrators"),
            "alert.put_off": _("Mail to administrators put off"),
            "catalogue.synced": _("Catalogue read"),
            "connector_help.changed": _("Help for guests changed"),
        },
    ),
    (
        _("People and accounts"),
        {
            "person.signed_in": _("Signed in"),
            "person.sign_in_failed": _("Sign-in failed"),
            "person.updated": _("Preferences changed"),
            "person.erased": _("Person erased"),
            "account.created": _("Account added"),
            "member.created": _("Person added"),
            "member.updated": _("Person changed"),
            "membership.created": _("Account given to a person"),
        },
    ),
]
KIND_WORDS: dict[str, Any] = {kind: word for _heading, kinds in KIND_GROUPS for kind, word in kinds.items()}
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


def kind_word(kind: str) -> str:
    """What a kind is called; its own name where the table lacks it, so that no page breaks over it."""
    return str(KIND_WORDS.get(kind, kind))


def object_words(reference: str) -> str:
    """An event's object as people call it: `hold:3` gives "Stop 3"."""
    kind, _colon, name = reference.partition(":")
    word = str(OBJECTS.get(kind, kind))
    return word if kind in UNNUMBERED or not name else f"{word} {name}"
