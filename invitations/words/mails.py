"""How far each mail to a guest got, and what is known of the keys that left. Claims no more. Reads no table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from invitations.models import Message
from invitations.models.guest_token import TokenPurpose
from invitations.models.message import COMPLAINT, WITHDRAWN, MessageKind, MessageStatus
from invitations.services.reads.deliveries import KeyRow
from invitations.words.names import MESSAGE_STATUSES, TOKEN_PURPOSES
from invitations.words.standing import moment


@dataclass(frozen=True, slots=True)
class MailLine:
    """One mail, ready for a page."""

    to: str
    kind: Any
    status: str
    label: Any
    words: str
    at: datetime
    is_dead: bool = False


FAULTS: dict[str, Any] = {
    "unreachable": gettext_lazy("The mail server could not be reached."),
    "disconnected": gettext_lazy("The connection to the mail server broke."),
    "worker_lost": gettext_lazy("The portal stopped while it was being sent."),
    "not_written": gettext_lazy("The mail could not be written."),
    COMPLAINT: gettext_lazy("It arrived, and was reported there as unwanted."),
}


def mail_line(message: Message, *, is_dead: bool = False) -> MailLine:
    """How one mail stands. `is_dead`: its link opens nothing any more."""
    return MailLine(
        to=message.to_email or _("an erased person"),
        kind=_("Passed on") if message.kind == MessageKind.FORWARD else "",
        status=message.status,
        label=MESSAGE_STATUSES[MessageStatus(message.status)].label,
        words=_words(message),
        at=message.sent_at or message.created_at,
        is_dead=is_dead,
    )


def _words(message: Message) -> str:
    status, reason = message.status, mail_fault(message.error)
    if status == MessageStatus.QUEUED and message.not_before and message.error:
        again = _("Nothing was sent; the next try is at %(time)s.") % {"time": moment(message.not_before)}
        return f"{reason} {again}"
    if status == MessageStatus.FAILED and message.error == WITHDRAWN:
        return f"{reason} {MESSAGE_STATUSES[MessageStatus.FAILED].sentence}"
    if status == MessageStatus.FAILED:
        return f"{reason} " + _("It was not sent. Check the address, then mail the guest again.")
    if status == MessageStatus.UNKNOWN:
        return f"{reason} {MESSAGE_STATUSES[MessageStatus.UNKNOWN].sentence}"
    if message.error == COMPLAINT or (status == MessageStatus.BOUNCED and message.error):
        return reason
    return str(MESSAGE_STATUSES[MessageStatus(status)].sentence)


def mail_fault(error: str) -> str:
    """What stood in the way of a mail."""
    if error == WITHDRAWN:
        return _("The invitation was changed or ended before the mail left.")
    if error.startswith("dsn_"):
        return _("It came back (%(code)s): nobody got it at this address.") % {
            "code": error.removeprefix("dsn_")
        }
    if error.startswith("smtp_"):
        return _("The mail server refused it (%(code)s).") % {"code": error.removeprefix("smtp_")}
    return str(FAULTS.get(error, _("Something went wrong while it was being sent.")))


def key_line(row: KeyRow) -> str:
    """What is known of all keys that left in one way: how, how often fetched, a button pressed, none good any more."""
    purpose, fetches, used, alive = row
    ended = "" if alive else " " + _("It opens nothing any more.")
    return _fetched(str(TOKEN_PURPOSES[TokenPurpose(purpose)].label), fetches, used=used) + ended


def _fetched(name: str, fetches: int, *, used: bool) -> str:
    if not fetches:
        return _("%(link)s: not fetched yet.") % {"link": name}
    fetched = ngettext(
        "%(link)s: fetched %(count)d time, by software or people, which cannot be told apart.",
        "%(link)s: fetched %(count)d times, by software or people, which cannot be told apart.",
        fetches,
    ) % {"link": name, "count": fetches}
    return f"{fetched} " + _("Somebody who came by it pressed a button.") if used else fetched


def key_lines(rows: Iterable[KeyRow]) -> list[str]:
    """One line for each way in which keys left."""
    return [key_line(row) for row in rows]
