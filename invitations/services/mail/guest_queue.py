"""Queues mails about an invitation: to its guest, to a colleague of the guest. Writes no words and sends nothing."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from invitations.models import AccessLink, Delivery, Invitation, Message, Status, User
from invitations.models.attempt import Approval
from invitations.models.link import MOVING
from invitations.models.message import TO_GUESTS, WITHDRAWN, MessageKind, MessageStatus


def queue(
    *,
    invitation: Invitation,
    kind: MessageKind = MessageKind.INVITATION,
    to_email: str,
    to_name: str = "",
    by: User | None = None,
    now: datetime,
) -> Message:
    """One mail with a key of its own to the guest page; it is written when the worker claims it.

    Called in the transaction of the change that asks for it. `by` is None where the machine decided.
    """
    return Message.objects.create(
        kind=kind,
        invitation=invitation,
        to_email=to_email,
        to_name=to_name,
        language=invitation.language,
        requested_by=by,
        created_at=now,
    )


def queue_when_ready(*, invitation: Invitation, now: datetime) -> Message | None:
    """The one mail that the machine sends: at the first time that no link moves any more and one is ready.

    Called in the transaction of every fact that may end the waiting. A new link starts it over, because it ends the
    keys that were mailed before.
    """
    if invitation.delivery != Delivery.PORTAL:
        return None
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if row.is_over(now):
        return None
    statuses = set(AccessLink.objects.filter(invitation=row).values_list("status", flat=True))
    if Status.READY not in statuses or statuses & {*MOVING, Status.DRAFT}:
        return None
    mails = row.messages.filter(kind=MessageKind.INVITATION)
    renewed = AccessLink.objects.filter(invitation=row, attempts__approval=Approval.NEW_LINK)
    since = renewed.aggregate(last=Max("attempts__approved_at"))["last"]
    if (mails.filter(created_at__gte=since) if since else mails).exists():
        return None
    return queue(invitation=row, to_email=row.recipient_email, to_name=row.recipient_name, now=now)


def withdraw(*, invitation: Invitation) -> None:
    """What has not left yet does not leave any more; what is in hand is not tried again.

    Called in the transaction of the change, which holds the invitation's row, as the outbox does.
    """
    mails = invitation.messages.filter(kind__in=TO_GUESTS)
    mails.filter(status=MessageStatus.SENDING).update(error=WITHDRAWN)
    mails.filter(status=MessageStatus.QUEUED).update(
        status=MessageStatus.FAILED, error=WITHDRAWN, not_before=None
    )


def is_under_way(
    *, invitation: Invitation, kind: MessageKind = MessageKind.INVITATION, to_email: str = ""
) -> bool:
    """Whether a mail of this kind (to this address, where one is given) waits to be sent, or is being sent."""
    moving = [MessageStatus.QUEUED, MessageStatus.SENDING]
    mails = invitation.messages.filter(kind=kind, status__in=moving)
    return (mails.filter(to_email__iexact=to_email) if to_email else mails).exists()
