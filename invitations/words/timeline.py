"""What an event of the record says to a person: one table from kind to icon and sentence.

Names come from the event's own details, so that an erased person has none. Reads no table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invitations.models import AuditDetail, AuditEvent, GuestLanguage
from invitations.models.guest_token import TokenPurpose
from invitations.models.hold import HoldReason
from invitations.models.link import WaitReason
from invitations.models.refusal import RefusalVerdict
from invitations.words.event_kinds import NOBODY, kind_word, object_words
from invitations.words.mails import mail_fault
from invitations.words.standing import DECLINED, DELIVERIES, unknown_fault


@dataclass(frozen=True, slots=True)
class Line:
    """One event, ready for a page. `kind`, `who` and `what` are words; `url` leads to what it is about when that has a page."""

    number: int
    at: datetime
    kind: str
    icon: str
    text: str
    about: str
    who: str
    what: str
    url: str


@dataclass(frozen=True, slots=True)
class About:
    """What the page of one invitation knows beside the record.

    Its connectors by position, where there are several, and the mails whose links open nothing any more.
    """

    connectors: Mapping[int, str] = field(default_factory=dict)
    dead_mails: Collection[int] = ()


NOTHING_MORE = About()
# kind: (icon, sentence). %(actor)s, %(guest)s and %(member)s are names; with `_at` the address stands beside.
# The rest are words of the event's data.
KINDS: dict[str, tuple[str, Any]] = {
    "invitation.created": ("plus", gettext_lazy("%(actor)s invited %(guest)s.")),
    "link.queued": ("clock", gettext_lazy("The request to Kondado was queued.")),
    "link.connecting": ("loader", gettext_lazy("The portal began to connect to Kondado.")),
    "link.on_wire": ("send", gettext_lazy("The request left for Kondado.")),
    "link.ready": ("circle-check", gettext_lazy("Kondado made the link.")),
    "link.rejected": ("circle-x", gettext_lazy("Kondado refused. Nothing was made.")),
    "link.unknown": (
        "triangle-alert",
        gettext_lazy("The outcome is unknown: Kondado may have made the link. %(fault)s"),
    ),
    "link.waiting": ("hourglass", gettext_lazy("Sending was put off: %(reason)s.")),
    "link.cancelled": ("ban", gettext_lazy("%(actor)s cancelled it before it was sent.")),
    "link.held": ("circle-pause", gettext_lazy("Sending was stopped: %(reason)s.")),
    "link.recovered": ("rotate-ccw", gettext_lazy("The portal picked it up again after an interruption.")),
    "link.settled": ("scale", gettext_lazy("%(actor)s settled what was unknown: %(how)s.")),
    "link.found_sent": (
        "triangle-alert",
        gettext_lazy("%(actor)s found that it had been sent before the database was restored."),
    ),
    "link.sent_again": ("rotate-cw", gettext_lazy("%(actor)s corrected it and sent it again.")),
    "guest_link.copied": ("copy", gettext_lazy("%(actor)s copied a guest link.")),
    "invitation.expired": ("timer-off", gettext_lazy("It expired: the portal no longer hands the link out.")),
    "invitation.extended": ("calendar-plus", gettext_lazy("%(actor)s opened it for %(days)s more days.")),
    "invitation.revoked": ("link-2-off", gettext_lazy("%(actor)s revoked it.")),
    "invitation.readdressed": (
        "at-sign",
        gettext_lazy(
            "%(actor)s corrected the guest from %(member_at)s to %(guest_at)s. Links mailed before open nothing any more."
        ),
    ),
    "invitation.forwarded": ("forward", gettext_lazy("%(actor)s sent it to %(member_at)s as well.")),
    "invitation.erased": ("eraser", gettext_lazy("%(actor)s erased the guest.")),
    "link.confirmed": ("check-check", gettext_lazy("%(actor)s confirmed that it is connected.")),
    "link.unconfirmed": ("undo-2", gettext_lazy("%(actor)s took back that it is connected.")),
    "link.renewed": ("rotate-cw", gettext_lazy("%(actor)s asked Kondado for a new link. The old one ended.")),
    "mail.asked": ("mail", gettext_lazy("%(actor)s had %(guest_at)s mailed.")),
    "mail.sent": ("mail-check", gettext_lazy("The portal mailed %(guest_at)s.")),
    "mail.failed": ("mail-x", gettext_lazy("The mail to %(guest_at)s was not sent. %(mail_fault)s")),
    "mail.unknown": (
        "mail-question-mark",
        gettext_lazy("It is not known whether the mail to %(guest_at)s was sent. %(mail_fault)s"),
    ),
    "mail.bounced": (
        "mail-warning",
        gettext_lazy("The mail to %(guest_at)s came back: nobody got it there."),
    ),
    "mail.complained": (
        "mail-warning",
        gettext_lazy("The mail to %(guest_at)s was reported there as unwanted."),
    ),
    "kondado_link.revealed": ("eye", gettext_lazy("%(actor)s looked at Kondado’s own link.")),
    "guest.opened": ("door-open", gettext_lazy("%(guest)s opened the invitation.")),
    "guest.continued": ("log-in", gettext_lazy("%(guest)s went on to Kondado.")),
    "guest.done": ("circle-check", gettext_lazy("%(guest)s said it is done.")),
    "guest.undone": ("undo-2", gettext_lazy("%(guest)s took back that it is done.")),
    "guest.declined": ("circle-slash", gettext_lazy("%(guest)s declined: %(why)s.")),
    "guest.resumed": ("rotate-ccw", gettext_lazy("%(guest)s goes on after all.")),
    "guest.forwarded": ("forward", gettext_lazy("%(guest)s passed it on to %(member_at)s.")),
    "guest.language": ("languages", gettext_lazy("%(guest)s chose another language: %(language)s.")),
    "guest.asked_again": ("calendar-plus", gettext_lazy("%(guest)s asked for a new one, as it had expired.")),
    "guest.blocked": (
        "shield-x",
        gettext_lazy("Somebody pressed a button on the guest page too late: %(reason)s. Nothing was done."),
    ),
    "guest.keys_tried": (
        "shield-alert",
        gettext_lazy("Many links that open no invitation were tried from one place; more are refused."),
    ),
    "account.created": ("building", gettext_lazy("%(actor)s added an account.")),
    "member.created": ("user-plus", gettext_lazy("%(actor)s added %(member)s.")),
    "member.updated": ("user-cog", gettext_lazy("%(actor)s changed %(member)s.")),
    "membership.created": ("users", gettext_lazy("%(actor)s gave %(member)s an account.")),
    "link.answer_late": (
        "clock-alert",
        gettext_lazy("An answer of Kondado came to light after a person had settled the outcome."),
    ),
    "link.answer_late_held": (
        "clock-alert",
        gettext_lazy(
            "An answer of Kondado came to light late: the earlier request had made an invitation. The new one was kept back."
        ),
    ),
    "link.made_twice": (
        "clock-alert",
        gettext_lazy(
            "An answer of Kondado came to light late: the earlier request had made an invitation, and the new one had left. There may be two."
        ),
    ),
    "catalogue.synced": (
        "refresh-cw",
        gettext_lazy("The catalogue was read: %(listed)s listed, %(added)s new, %(retired)s withdrawn."),
    ),
    "connector_help.changed": (
        "book-open",
        gettext_lazy("%(actor)s changed what guests read about a connector."),
    ),
    "hold.set": ("circle-pause", gettext_lazy("%(actor)s stopped sending: %(reason)s.")),
    "hold.released": ("play", gettext_lazy("%(actor)s let sending go on.")),
    "calls.pause_ended": ("play", gettext_lazy("%(actor)s ended the pause that Kondado had asked for.")),
    "refusal.marked": (
        "tag",
        gettext_lazy("%(actor)s decided what a refusal of Kondado means: %(verdict)s."),
    ),
    "alert.put_off": (
        "bell-off",
        gettext_lazy("A mail to the administrators was put off, as there were many: %(reason)s."),
    ),
    "alert.queued": ("bell", gettext_lazy("A mail to the administrators was queued: %(reason)s.")),
    "person.updated": ("user-cog", gettext_lazy("%(actor)s changed their own preferences.")),
    "person.signed_in": ("log-in", gettext_lazy("%(actor)s signed in.")),
    "person.erased": ("eraser", gettext_lazy("%(actor)s erased what the record said of a person.")),
    "person.sign_in_failed": ("lock", gettext_lazy("A sign-in failed for %(actor)s.")),
}
SHUT: dict[str, Any] = {
    "expired": gettext_lazy("it had expired"),
    "revoked": gettext_lazy("it was revoked"),
    "erased": gettext_lazy("it was erased"),
    "replaced": gettext_lazy("a newer link had replaced theirs"),
}
REASONS: dict[str, Any] = {
    "more": gettext_lazy("what had been put off"),
    "redirect": gettext_lazy("Kondado’s answer pointed to another address"),
    "link_withheld": gettext_lazy("Kondado’s answer held an unsafe link"),
    "link_repeated": gettext_lazy("Kondado’s answer held a link that another invitation has"),
    "made_twice": gettext_lazy("two invitations may exist for one guest"),
    **dict(HoldReason.choices),
    **dict(WaitReason.choices),
    **SHUT,
}
VERDICTS: dict[str, Any] = {"": gettext_lazy("nothing more than before"), **dict(RefusalVerdict.choices)}
KEYS: dict[str, Any] = {
    TokenPurpose.MAIL: gettext_lazy("by the link in a mail"),
    TokenPurpose.COPIED: gettext_lazy("by a copied link"),
    TokenPurpose.FORWARD: gettext_lazy("as the colleague who was named"),
}
HOW: dict[str, Any] = {
    "exists": gettext_lazy("it exists at Kondado"),
    "absent": gettext_lazy("it does not exist at Kondado, and was queued anew"),
    "mailbox": gettext_lazy("Kondado’s mail with its link arrived in the silent mailbox"),
}


def present(event: AuditEvent, details: Iterable[AuditDetail], more: About = NOTHING_MORE) -> Line:
    """`event` as a line, with what `more` is known on the page where it stands. A kind that the table lacks is shown by its name, so that no page breaks over it."""
    icon, sentence = KINDS.get(event.kind, ("list", "%(kind)s"))
    words = _words(event, details)
    return Line(
        number=event.number,
        at=event.at,
        kind=kind_word(event.kind),
        icon=icon,
        text=str(sentence) % words,
        about=_about(event.data, more),
        who=words["actor"],
        what=object_words(event.object),
        url=object_url(event.object),
    )


def object_url(reference: str) -> str:
    """Where an event's object can be looked at; empty when it has no page."""
    kind, _colon, name = reference.partition(":")
    return reverse("invitation", args=[name]) if kind == "invitation" and name else ""


def _words(event: AuditEvent, details: Iterable[AuditDetail]) -> dict[str, Any]:
    people = {one.detail.get("role", ""): one.detail for one in details}
    names = {role: _name(detail) for role, detail in people.items()}
    full = {role: _name_at(detail) for role, detail in people.items()}
    gone = _("an erased person")
    reason = str(event.data.get("reason", ""))
    return {
        "kind": event.kind,
        "actor": names.get("actor") or str(NOBODY.get(event.actor, gone)),
        "guest": names.get("guest", gone),
        "member": names.get("member", gone),
        "guest_at": full.get("guest", gone),
        "member_at": full.get("member", gone),
        "fault": unknown_fault(str(event.data.get("fault", ""))),
        "mail_fault": mail_fault(str(event.data.get("fault", ""))),
        "reason": REASONS.get(reason, reason) or _("no reason was recorded"),
        "verdict": str(VERDICTS.get(str(event.data.get("verdict", "")), "")).lower(),
        "why": DECLINED.get(str(event.data.get("why", "")), _("no reason was recorded")),
        "language": dict(GuestLanguage.choices).get(str(event.data.get("language", "")), "?"),
        "how": HOW.get(str(event.data.get("how", "")), ""),
        "days": event.data.get("days", 0),
        "listed": event.data.get("listed", 0),
        "added": event.data.get("added", 0),
        "retired": event.data.get("retired", 0),
    }


def _name(detail: Mapping[str, Any]) -> str:
    return str(detail.get("name") or detail.get("email") or _("an erased person"))


def _name_at(detail: Mapping[str, Any]) -> str:
    """Name and address, because two people may bear one name."""
    name, email = str(detail.get("name") or ""), str(detail.get("email") or "")
    return f"{name} ({email})" if name and email else _name(detail)


def _about(data: Mapping[str, Any], more: About) -> str:
    """A few words beside the sentence: connector, by which key, delivery, what is over by now."""
    delivery, key, left = (str(data.get(name, "")) for name in ("delivery", "key", "left_out"))
    position = data.get("link")
    words = [
        data.get("connector") or (more.connectors.get(position, "") if isinstance(position, int) else ""),
        _("without %(names)s, which a newer invitation asks for") % {"names": left} if left else "",
        KEYS.get(key, key),
        DELIVERIES.get(delivery, delivery),
        _("its link opens nothing any more") if data.get("mail") in more.dead_mails else "",
    ]
    return " · ".join(str(word) for word in words if word)
