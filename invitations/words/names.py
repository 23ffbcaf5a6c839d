"""What people call every status, stage, reason and kind: one table an enum, and no words of theirs anywhere else.

The enums in models hold values alone; tests hold each table against its enum. Reads no table and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from invitations.models import (
    DeclineKind,
    Delivery,
    Direction,
    GuestLanguage,
    Role,
    Stage,
    Status,
    WaitReason,
)
from invitations.models.attempt import Alarm, SettledHow
from invitations.models.guest_token import TokenPurpose
from invitations.models.hold import HoldReason, HoldScope
from invitations.models.message import MessageStatus
from invitations.models.refusal import RefusalVerdict
from invitations.models.worker import WorkerProblem


@dataclass(frozen=True, slots=True)
class Name:
    """`label` stands alone: in lists, badges and choices. `inside` stands in a sentence, `sentence` is a whole one.

    `to_do` says what to do about it. A part that one row of a table has, all of its rows have, but for those whose
    words depend on more than the value: words/standing and words/mails write those.
    """

    label: Any
    icon: str = ""
    inside: Any = ""
    sentence: Any = ""
    to_do: Any = ""


class Level(StrEnum):
    """How a line of the system page stands."""

    GOOD = "good"
    LATE = "late"
    BAD = "bad"


STATUSES = {
    Status.DRAFT: Name(
        _("To approve"), "user-check", sentence=_("Waits for a second person’s approval. Nothing was sent.")
    ),
    Status.QUEUED: Name(_("Queued"), "clock", sentence=_("In the queue. Nothing was sent yet.")),
    Status.CONNECTING: Name(
        _("Connecting"), "plug", sentence=_("The portal is connecting to Kondado. Nothing was sent yet.")
    ),
    Status.ON_WIRE: Name(_("Being sent"), "send", sentence=_("The request is on its way to Kondado.")),
    Status.READY: Name(_("Ready"), "circle-check", sentence=_("Kondado made the link.")),
    Status.REJECTED: Name(_("Refused"), "circle-x", sentence=_("Kondado refused: “%(said)s”")),
    Status.UNKNOWN: Name(
        _("Unknown"),
        "circle-question-mark",
        sentence=_("An invitation may exist at Kondado; it was not sent again."),
    ),
    Status.CANCELLED: Name(
        _("Cancelled"), "ban", sentence=_("Cancelled before it was sent. Kondado knows nothing of it.")
    ),
}
STAGES = {
    Stage.CANCELLED: Name(
        _("Cancelled"), "ban", sentence=_("Cancelled before it was sent; %(guest)s got nothing.")
    ),
    Stage.REVOKED: Name(
        _("Revoked"),
        "link-2-off",
        sentence=_("Revoked: the portal no longer hands the link out."),
        to_do=_("Kondado’s own link may still work; only Kondado can end it."),
    ),
    Stage.CONNECTED: Name(
        _("Connected"), "check-check", sentence=_("Connected, as confirmed by a person here.")
    ),
    Stage.DECLINED: Name(_("Declined"), "circle-slash"),
    Stage.NEEDS_ATTENTION: Name(_("Needs attention"), "triangle-alert"),
    Stage.TO_APPROVE: Name(
        _("To approve"), "user-check", sentence=_("Waits for a second person’s approval; nothing was sent.")
    ),
    Stage.SENDING: Name(_("Sending"), "send"),
    Stage.EXPIRED: Name(
        _("Expired"),
        "timer-off",
        sentence=_("Expired: the portal no longer hands the link out."),
        to_do=_("Invite %(guest)s again if it is still needed. Kondado’s own link may still work."),
    ),
    Stage.TO_VERIFY: Name(
        _("To verify"),
        "scan-search",
        sentence=_("%(guest)s says it is done."),
        to_do=_("Look in Kondado whether it is there."),
    ),
    Stage.PARTLY_CONNECTED: Name(
        _("Partly connected"),
        "circle-dot-dashed",
        sentence=_("Some of it is connected, as confirmed by a person here."),
    ),
    Stage.OPENED: Name(_("Opened"), "mail-open"),
    Stage.WAITING: Name(_("Waiting for the guest"), "hourglass"),
}
MESSAGE_STATUSES = {
    MessageStatus.QUEUED: Name(_("Queued"), "clock", sentence=_("Waits to be sent.")),
    MessageStatus.SENDING: Name(_("Sending"), "send", sentence=_("Is being sent.")),
    MessageStatus.SENT: Name(
        _("Sent"), "mail-check", sentence=_("The mail server took it. Whether it was read is not known.")
    ),
    MessageStatus.FAILED: Name(_("Failed"), "mail-x", sentence=_("It was not sent.")),
    MessageStatus.UNKNOWN: Name(
        _("Unknown"),
        "circle-question-mark",
        sentence=_("It may have arrived. Ask the guest, or mail again: a second mail does no harm."),
    ),
    MessageStatus.BOUNCED: Name(
        _("Bounced"), "mail-warning", sentence=_("It came back: nobody got it at this address.")
    ),
}
LEVELS = {
    Level.GOOD: Name(_("Good"), "circle-check"),
    Level.LATE: Name(_("Look at it"), "triangle-alert"),
    Level.BAD: Name(_("Bad"), "circle-x"),
}

HOLD_SCOPES = {
    HoldScope.EVERYTHING: Name(_("Everything"), inside=_("everything")),
    HoldScope.CREDENTIAL: Name(_("One credential"), inside=_("one credential")),
    HoldScope.ACCOUNT: Name(_("One account"), inside=_("one account")),
    HoldScope.LINK: Name(_("One link"), inside=_("one link")),
}
# What a manager reads of a stopped link.
RELEASED_BY_ADMIN = _("Sending is stopped: %(reason)s. Nothing was sent; an administrator has to release it.")
RELEASED_BY_ITSELF = _(
    "Sending is stopped: %(reason)s. Nothing was sent; it goes on by itself once Kondado answers soundly."
)
# `to_do` is for administrators, before they release it.
HOLD_REASONS = {
    HoldReason.CONFIGURATION: Name(
        _("A setting is missing or wrong"),
        sentence=RELEASED_BY_ADMIN,
        to_do=_("Set what is named and restart the worker; it then releases this by itself."),
    ),
    HoldReason.CERTIFICATE: Name(
        _("Kondado's certificate was refused three times"),
        sentence=RELEASED_BY_ADMIN,
        to_do=_("Find out who answers in Kondado’s name before anything is sent again."),
    ),
    HoldReason.CREDENTIAL: Name(
        _("Kondado refused the key and token"),
        sentence=RELEASED_BY_ADMIN,
        to_do=_(
            "Make sure that the token is switched on and belongs to a Kondado user who reaches the account."
        ),
    ),
    HoldReason.REJECTIONS: Name(
        _("Kondado refused the same way again and again"),
        sentence=RELEASED_BY_ADMIN,
        to_do=_(
            "Read Kondado’s words: plan, account or rights may have changed. Decide under Refusals what they mean."
        ),
    ),
    HoldReason.STORM: Name(
        _("Several outcomes in a row are unknown"),
        sentence=RELEASED_BY_ITSELF,
        to_do=_(
            "Nothing: it is released once Kondado’s catalogue can be read, tried each minute. Settle what is unknown."
        ),
    ),
    HoldReason.TRIES: Name(
        _("All tries are used up"),
        sentence=RELEASED_BY_ADMIN,
        to_do=_("Find out why Kondado was not reachable for so long."),
    ),
    HoldReason.CRASHES: Name(
        _("The worker stopped three times over it"),
        sentence=RELEASED_BY_ADMIN,
        to_do=_("Read the worker’s log: this link stopped it three times."),
    ),
    HoldReason.LATE_ANSWER: Name(
        _("An earlier request had made an invitation after all"),
        sentence=_(
            "An answer of Kondado came to light late: the earlier request had made an invitation. The new one was not sent. Cancel it if the guest can use that invitation; an administrator releases it if a second one is wanted."
        ),
        to_do=_(
            "Look whether the guest can use the invitation of the earlier request: then cancel this link. Release it only for a second one."
        ),
    ),
    HoldReason.RESTORED: Name(
        _("Restored from a backup"),
        sentence=RELEASED_BY_ADMIN,
        to_do=_("Compare what waits with what Kondado already made, or guests are invited twice."),
    ),
    HoldReason.PERSON: Name(
        _("Stopped by an administrator"),
        sentence=RELEASED_BY_ADMIN,
        to_do=_("Ask the person who stopped it."),
    ),
}
WAIT_REASONS = {
    WaitReason.RATE_LIMIT: Name(
        _("Kondado asked to wait"),
        sentence=_("Kondado asked the portal to slow down. Nothing was made."),
    ),
    WaitReason.UNREACHABLE: Name(
        _("Kondado was not reachable, nothing was sent"),
        sentence=_("Kondado could not be reached. Nothing was sent."),
    ),
    WaitReason.INTERRUPTED: Name(
        _("The worker stopped before anything was sent"),
        sentence=_("The portal stopped before anything was sent."),
    ),
}
# What a single answer of Kondado may hold that somebody has to look at; the sentence stands in their mail.
ALARMS = {
    Alarm.REDIRECT: Name(
        _("Kondado’s answer pointed to another address"),
        sentence=_(
            "Kondado’s answer pointed to another address. It was not followed, and the outcome is unknown."
        ),
    ),
    Alarm.LINK_WITHHELD: Name(
        _("Kondado’s answer held an unsafe link"),
        sentence=_("Kondado’s answer held a link that is not safe to hand out. It is kept out of reach."),
    ),
    Alarm.LINK_REPEATED: Name(
        _("Kondado’s answer held a link that another invitation has"),
        sentence=_("Kondado’s answer held a link that another invitation already has."),
    ),
    Alarm.MADE_TWICE: Name(
        _("two invitations may exist for one guest"),
        sentence=_(
            "An answer of Kondado came to light late: it had made an invitation, and a second request had left already."
        ),
    ),
}
# The label is what the system page says, the sentence what stands on every page.
WORKER_PROBLEMS = {
    WorkerProblem.NO_ROOM: Name(
        _("There is no room for the next one, so that nothing is sent."),
        sentence=_(
            "Nothing is being sent: the disk is full, and Kondado’s answers could not be kept. What you queue is kept."
        ),
        to_do=_("Make room in VAR_DIR; the worker goes on by itself."),
    ),
    WorkerProblem.UNREADABLE: Name(
        _("One of them cannot be used."),
        sentence=_(
            "An answer of Kondado on a worker’s disk cannot be used. The system page says what to do."
        ),
        to_do=_(
            "Put the missing key back into FIELD_KEYS and restart the worker, or settle what is unknown by hand."
        ),
    ),
    WorkerProblem.NO_MEMORY: Name(
        _(
            "A worker began on a machine that has no memory of this database: it could not have told whether the database is older than what it sent."
        ),
        sentence=_(
            "A worker began without knowing what had been sent from this database. The system page says what to do."
        ),
        to_do=_(
            "If the database was restored just now, stop sending and compare. Let VAR_DIR outlive the worker; this line goes away at its next start."
        ),
    ),
}
REFUSAL_VERDICTS = {
    RefusalVerdict.STOPS_ACCOUNT: Name(
        _("Stops the account"), sentence=_("Stops the account: the first such refusal holds it")
    ),
    RefusalVerdict.LINK_ONLY: Name(
        _("This link only"), sentence=_("This link only: such refusals never count for a hold")
    ),
}
# How it is known, where the answer to the call did not say it.
SETTLED = {
    SettledHow.PERSON: Name(
        _("A person's word"),
        sentence=_("Kondado’s answer left it open. Somebody here found that it exists."),
    ),
    SettledHow.MAILBOX: Name(
        _("Kondado's mail in the silent mailbox"),
        sentence=_("Kondado’s answer left it open. Its mail with the link arrived in the silent mailbox."),
    ),
}

# What a guest chooses (`label`), reads afterwards (`sentence`), and what the manager reads (`inside`, `to_do`).
DECLINE_KINDS = {
    DeclineKind.WRONG_PERSON: Name(
        _("I am not the right person"),
        inside=_("somebody else should be asked"),
        sentence=_("Thank you. You told %(sender)s that somebody else should be asked."),
        to_do=_("Invite the person whom they named."),
    ),
    DeclineKind.CANNOT: Name(
        _("I cannot: I lack the access or the rights"),
        inside=_("cannot do it"),
        sentence=_("Thank you for saying so. You told %(sender)s that you cannot do this."),
        to_do=_("Talk to them before you invite again."),
    ),
    DeclineKind.WILL_NOT: Name(
        _("I do not want to"),
        inside=_("does not want to"),
        sentence=_("Thank you for saying so. You told %(sender)s that you do not want to do this."),
        to_do=_("Talk to them before you invite again."),
    ),
}
DELIVERIES = {
    Delivery.KONDADO: Name(_("Kondado mails its own link"), inside=_("Kondado mails its own link")),
    Delivery.PORTAL: Name(_("The portal mails the guest page"), inside=_("the portal mails the guest page")),
    Delivery.LINK: Name(
        _("I pass the guest link on myself"), inside=_("the guest link is passed on by hand")
    ),
}
TOKEN_PURPOSES = {
    TokenPurpose.MAIL: Name(_("Link in the mails"), inside=_("by the link in a mail")),
    TokenPurpose.COPIED: Name(_("Copied link"), inside=_("by a copied link")),
    TokenPurpose.FORWARD: Name(_("Link in a forwarded mail"), inside=_("as the colleague who was named")),
}
DIRECTIONS = {Direction.SRC: Name(_("Source")), Direction.DEST: Name(_("Destination"))}
LANGUAGES = {
    GuestLanguage.PT_BR: Name(_("Portuguese (Brazil)")),
    GuestLanguage.EN: Name(_("English")),
    GuestLanguage.ES: Name(_("Spanish")),
}
ROLES = {
    Role.MANAGER: Name(_("Account manager")),
    Role.ADMIN: Name(_("Administrator")),
    Role.AUDITOR: Name(_("Auditor")),
}

TABLES: dict[type[StrEnum] | type[Any], Mapping[Any, Name]] = {
    Alarm: ALARMS,
    DeclineKind: DECLINE_KINDS,
    Delivery: DELIVERIES,
    Direction: DIRECTIONS,
    GuestLanguage: LANGUAGES,
    HoldReason: HOLD_REASONS,
    HoldScope: HOLD_SCOPES,
    Level: LEVELS,
    MessageStatus: MESSAGE_STATUSES,
    RefusalVerdict: REFUSAL_VERDICTS,
    Role: ROLES,
    SettledHow: SETTLED,
    Stage: STAGES,
    Status: STATUSES,
    TokenPurpose: TOKEN_PURPOSES,
    WaitReason: WAIT_REASONS,
    WorkerProblem: WORKER_PROBLEMS,
}
TABLE_OF = {enum.__name__: table for enum, table in TABLES.items()}
ICONS: dict[str, str] = {
    value: name.icon
    for table in (STATUSES, STAGES, MESSAGE_STATUSES, LEVELS)
    for value, name in table.items()
}


def choices(enum: type[Any]) -> list[tuple[str, Any]]:
    """Value and label of every member, in the order of the enum: for a field of a form."""
    return [(member.value, TABLES[enum][member].label) for member in enum]
