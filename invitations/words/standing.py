"""Where an invitation and each of its links stand, in words: what happened, what was not done, what to do.

Never claims what is not known: Kondado tells nobody when a guest finishes. Reads no table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invitations.models import (
    AccessLink,
    DeclineKind,
    Delivery,
    Hold,
    Invitation,
    Message,
    Stage,
    Status,
    WaitReason,
)
from invitations.models.attempt import SettledHow
from invitations.models.hold import HoldReason
from invitations.models.link import IN_HAND
from invitations.models.message import MessageStatus
from invitations.words.names import DECLINE_KINDS, HOLD_REASONS, SETTLED, STAGES, STATUSES, WAIT_REASONS

CHECK = gettext_lazy(
    "Check in Kondado whether it exists before you invite again, then settle it here. The portal does not repeat it by itself."
)
RETURNS = gettext_lazy("Nothing to do: the portal goes on by itself.")

# fault: what happened. Every one of them leaves it open whether Kondado made the link.
UNKNOWN_FAULTS: dict[str, Any] = {
    "link_missing": gettext_lazy("Kondado said that it made the invitation, but its answer held no link."),
    "link_withheld": gettext_lazy(
        "Kondado’s answer held a link that is not safe to hand out. It is withheld."
    ),
    "link_repeated": gettext_lazy("Kondado’s answer held a link that belongs to another invitation."),
    "no_answer": gettext_lazy("The request left, and no answer came."),
    "request_cut": gettext_lazy("The connection broke while the request was leaving."),
    "reset": gettext_lazy("The connection broke before an answer came."),
    "truncated": gettext_lazy("Kondado’s answer broke off before its end."),
    "redirect": gettext_lazy("Kondado’s answer pointed elsewhere. The portal did not follow it."),
    "server_error": gettext_lazy("Kondado had an error of its own after the request had arrived."),
    "worker_lost": gettext_lazy("The portal stopped while the request was on its way."),
    "restored": gettext_lazy("It was sent after the backup that the database was restored from."),
}


@dataclass(frozen=True, slots=True)
class Words:
    """Up to three short sentences; empty where there is nothing to say."""

    happened: str
    not_done: str = ""
    to_do: str = ""
    alarming: bool = False


def moment(at: datetime) -> str:
    """A date and time in the reader's zone, to stand inside a sentence."""
    return date_format(localtime(at), "MOMENT_FORMAT")


def link_badge(invitation: Invitation, link: AccessLink) -> tuple[str, Any]:
    """Value and label of how the link stands at Kondado, unless nobody can get at it through the portal any more."""
    stage, status = Stage(invitation.stage), Status(link.status)
    is_shut = stage in {Stage.REVOKED, Stage.EXPIRED} and not link.confirmed_at
    if is_shut and status == Status.READY:
        return stage.value, STAGES[stage].label
    return status.value, STATUSES[status].label


def link_words(link: AccessLink) -> Words:
    """How one link stands."""
    attempt = link.current_attempt
    if link.status == Status.QUEUED:
        return _queued(link)
    if link.status == Status.REJECTED:
        said = attempt.error_text if attempt and attempt.error_text else _("no reason given")
        return Words(
            str(STATUSES[Status.REJECTED].sentence) % {"said": said},
            _("Nothing was made, and the guest got nothing."),
            _(
                "Correct what it names and send it again. If it names the plan or the account, ask an administrator."
            ),
            alarming=True,
        )
    if link.status == Status.UNKNOWN:
        return Words(
            unknown_fault(attempt.fault if attempt else ""),
            str(STATUSES[Status.UNKNOWN].sentence),
            str(CHECK),
            alarming=True,
        )
    if link.status == Status.READY and attempt is not None and attempt.settled_how:
        return Words(str(SETTLED[SettledHow(attempt.settled_how)].sentence))
    return Words(str(STATUSES[Status(link.status)].sentence))


def stopped(hold: Hold) -> str:
    """What a manager reads of a link behind this stop."""
    name = HOLD_REASONS[HoldReason(hold.reason)]
    return str(name.sentence) % {"reason": name.label}


def unknown_fault(fault: str) -> str:
    """What happened, where it is not known what Kondado made of it."""
    return str(UNKNOWN_FAULTS.get(fault, _("Kondado’s answer could not be understood.")))


def _queued(link: AccessLink) -> Words:
    if link.not_before and link.wait_reason:
        reason = WAIT_REASONS[WaitReason(link.wait_reason)].sentence
        again = _("The next try is at %(time)s.") % {"time": moment(link.not_before)}
        return Words(str(reason), again, str(RETURNS))
    return Words(str(STATUSES[Status.QUEUED].sentence))


def standing(
    invitation: Invitation, links: Sequence[AccessLink], mail: Message | None, *, stopped: bool = False
) -> Words:
    """The whole invitation in one sentence, and the one next thing to do. `stopped`: nothing leaves the queue now."""
    if invitation.erased_at:
        return Words(
            _("The guest was erased: nothing here names them any more, and no guest link works."),
            to_do=_("Kondado’s own link may still work; only Kondado can end it."),
        )
    stage = Stage(invitation.stage)
    names = {"guest": invitation.guest_shown, "email": invitation.recipient_email}
    if stage == Stage.NEEDS_ATTENTION:
        return _trouble(links, names)
    if stage == Stage.SENDING:
        return _sending(links, names, stopped=stopped)
    if stage == Stage.WAITING:
        return _waiting(invitation, links, mail, names)
    if stage == Stage.OPENED:
        return _opened(links, names, invitation)
    if stage == Stage.DECLINED:
        return _declined(invitation, names)
    if stage == Stage.EXPIRED and invitation.was_asked_again:
        return Words(
            _("Expired, and %(guest)s asked on the guest page for a new one.") % names,
            to_do=_("Extend it, or invite %(guest)s again.") % names,
            alarming=True,
        )
    plain = STAGES[stage]
    return Words(str(plain.sentence) % names, to_do=str(plain.to_do) % names)


def _sending(links: Sequence[AccessLink], names: dict[str, str], *, stopped: bool) -> Words:
    if any(link.status in IN_HAND for link in links):
        return Words(_("On its way to Kondado; %(guest)s has nothing yet.") % names, to_do=str(RETURNS))
    if stopped:
        return Words(
            _("It waits in the queue, which stands still; %(guest)s has nothing yet.") % names,
            to_do=_("It is kept safely. An administrator has to look into it."),
        )
    return Words(_("It waits in the queue; %(guest)s has nothing yet.") % names, to_do=str(RETURNS))


def _trouble(links: Sequence[AccessLink], names: dict[str, str]) -> Words:
    statuses = {link.status for link in links}
    if Status.UNKNOWN in statuses:
        return Words(
            _("It is not known whether Kondado made the invitation for %(guest)s.") % names,
            to_do=str(CHECK),
            alarming=True,
        )
    if Status.REJECTED in statuses:
        return Words(
            _("Kondado refused the invitation; %(guest)s got nothing.") % names,
            to_do=_("Read Kondado’s reason below, correct it and send it again."),
            alarming=True,
        )
    if statuses & {Status.QUEUED, Status.CONNECTING, Status.ON_WIRE}:
        return Words(
            _("Sending is stopped; %(guest)s has nothing yet.") % names,
            to_do=_("An administrator has to release it."),
            alarming=True,
        )
    return Words(
        _("The mail to %(email)s came back.") % names,
        to_do=_("Correct the address and send it again, or pass a guest link on yourself."),
        alarming=True,
    )


def _waiting(
    invitation: Invitation, links: Sequence[AccessLink], mail: Message | None, names: dict[str, str]
) -> Words:
    if invitation.delivery == Delivery.KONDADO:
        return Words(
            _(
                "Kondado made the link and mails it to %(email)s itself. Whether it was used is not known here."
            )
            % names,
            to_do=_("Look in Kondado in a day or two, or ask the guest."),
        )
    if invitation.delivery == Delivery.LINK:
        return Words(
            _("The link is ready; %(guest)s does not have it from the portal.") % names,
            to_do=_("Copy the guest link and pass it on."),
        )
    status = mail.status if mail else ""
    if status in {MessageStatus.FAILED, MessageStatus.UNKNOWN}:
        return Words(
            _("The link is ready, but the mail to %(email)s may not have been sent.") % names,
            to_do=_("Copy the guest link and pass it on."),
            alarming=True,
        )
    if status == MessageStatus.SENT:
        return Words(
            _("The portal mailed %(email)s. Nobody has pressed anything on the guest page yet.") % names,
            to_do=_("Nothing to do now. You can copy the guest link and remind the guest yourself."),
        )
    return Words(
        _("The link is ready; the mail to %(email)s has not left yet.") % names,
        to_do=_("You can copy the guest link and pass it on."),
    )


def _opened(links: Sequence[AccessLink], names: dict[str, str], invitation: Invitation) -> Words:
    continued = max((link.continued_at for link in links if link.continued_at), default=None)
    to_do = _("Give it a day, then ask the guest or look in Kondado.")
    if continued:
        words = names | {"time": moment(continued)}
        return Words(
            _("%(guest)s went on to Kondado on %(time)s and has not said it is done.") % words, to_do=to_do
        )
    words = names | {"time": moment(invitation.opened_at) if invitation.opened_at else ""}
    return Words(_("%(guest)s opened it on %(time)s and has not gone on to Kondado.") % words, to_do=to_do)


def _declined(invitation: Invitation, names: dict[str, str]) -> Words:
    if not invitation.decline_kind:
        return Words(
            _("%(guest)s declined.") % names, to_do=_("Talk to them before you invite again."), alarming=True
        )
    kind = DECLINE_KINDS[DeclineKind(invitation.decline_kind)]
    names |= {"why": str(kind.inside), "reason": invitation.decline_reason}
    said = _("Their words: “%(reason)s”") % names if names["reason"] else ""
    return Words(_("%(guest)s declined: %(why)s.") % names, said, str(kind.to_do), alarming=True)
