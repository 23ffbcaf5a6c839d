"""What a mail service reports of a mail after it had taken it: it came back, or somebody complained. Sends nothing."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from invitations.models import EventKind, Invitation, Message
from invitations.models.message import COMPLAINT, TO_GUESTS, MessageKind, MessageStatus
from invitations.services.base import audit, stages
from invitations.services.mail import manager_notices
from invitations.services.mail.manager_notices import News

NUMBER = re.compile(r"<[0-9a-z]+\.([0-9]{1,18})@[^<>@\s]+>")
LEFT = [MessageStatus.SENT, MessageStatus.UNKNOWN]
IN_HAND = MessageStatus.SENDING  # a report may come before the worker has written down that the mail left


class Report(StrEnum):
    """What is reported of a mail."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"


EVENTS = {Report.BOUNCED: EventKind.MAIL_BOUNCED, Report.COMPLAINED: EventKind.MAIL_COMPLAINED}


@transaction.atomic
def note(*, mail_id: str, report: Report, code: str = "", now: datetime | None = None) -> bool:
    """Writes down what was reported of the mail with this Message-ID; `code` is the status of RFC 3463 or SMTP.

    A report ends a mail that is still in hand: whatever the worker finds out, it did leave. False where it changes
    nothing: no mail of ours to a guest, one that has not left, or a report that is known already.
    """
    now = now or timezone.now()
    message = _find(mail_id)
    if message is None or message.invitation_id is None:
        return False
    # The invitation before its mails, as everybody locks them.
    invitation = Invitation.objects.select_for_update().get(pk=message.invitation_id)
    fault = COMPLAINT if report == Report.COMPLAINED else f"dsn_{code}" if code else ""
    if not _write(message, report, fault, now):
        return False
    stages.refresh(invitation=invitation, now=now)
    if report == Report.BOUNCED and message.kind == MessageKind.INVITATION and not invitation.erased_at:
        manager_notices.tell(invitation=invitation, what=News.BOUNCED, now=now)
    audit.record(
        kind=EVENTS[report],
        by=audit.SYSTEM,
        about=invitation,
        data={"mail": message.pk, "message": message.kind, "fault": fault},
        people=() if invitation.erased_at else (audit.Person(message.to_email, message.to_name),),
        now=now,
    )
    return True


def _write(message: Message, report: Report, fault: str, now: datetime) -> bool:
    row = Message.objects.filter(pk=message.pk)
    if report == Report.BOUNCED:
        gone = row.filter(status__in=[*LEFT, IN_HAND])
        return bool(gone.update(status=MessageStatus.BOUNCED, error=fault, lease_until=None))
    in_hand = row.filter(status=IN_HAND)
    if in_hand.update(status=MessageStatus.SENT, error=fault, lease_until=None, sent_at=now):
        return True  # whoever complains has got it
    return bool(row.filter(status__in=LEFT).exclude(error=fault).update(error=fault))


def _find(mail_id: str) -> Message | None:
    """By the number in it, and then by all of it: the column has no index."""
    number = NUMBER.fullmatch(mail_id)
    rows = Message.objects.filter(kind__in=TO_GUESTS, mail_id=mail_id).defer("content")
    return rows.filter(pk=number[1]).first() if number else None
