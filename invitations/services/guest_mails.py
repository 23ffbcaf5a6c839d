"""Mails about an invitation to its guest or a colleague of the guest: when one is due, its key, its words.

Sends nothing: the outbox does.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Max

from invitations import emails
from invitations.models import AccessLink, Delivery, Invitation, Message, Status, User
from invitations.models.attempt import Approval
from invitations.models.base import new_public_id
from invitations.models.guest_token import TokenPurpose
from invitations.models.link import MOVING
from invitations.models.message import MessageKind
from invitations.services import keys

LONGEST_HOST = 80
PURPOSES = {MessageKind.INVITATION: TokenPurpose.MAIL, MessageKind.FORWARD: TokenPurpose.FORWARD}


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
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if row.delivery != Delivery.PORTAL or not _may_be_mailed(row, now):
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


def is_still_wanted(message: Message, now: datetime) -> bool:
    """Whether a queued mail may still leave: its invitation is open, and a link of it is ready."""
    invitation = message.invitation
    return (
        invitation is not None
        and _may_be_mailed(invitation, now)
        and invitation.links.filter(status=Status.READY).exists()
    )


def _may_be_mailed(invitation: Invitation, now: datetime) -> bool:
    over = invitation.revoked_at or invitation.erased_at or invitation.declined_at
    return not over and not invitation.is_expired(now)


def make_key(*, message: Message, now: datetime) -> str:
    """The address that this mail is to carry. Called in the transaction of the claim."""
    assert message.invitation is not None  # noqa: S101  (is_still_wanted has looked)
    return keys.mint(
        invitation=message.invitation,
        purpose=PURPOSES[MessageKind(message.kind)],
        message=message,
        by=message.requested_by,
        now=now,
    )


def write(message: Message, *, url: str) -> emails.Mail:
    """The mail's words around its key. Raises ValueError where they make no mail."""
    invitation = message.invitation
    if invitation is None:
        raise ValueError("a mail to a guest without an invitation")
    links = invitation.links.filter(status=Status.READY)
    asked = emails.Asked.by(invitation, list(links))
    if message.kind == MessageKind.FORWARD:
        return emails.forward(
            asked,
            to=message.to_email,
            to_name=message.to_name,
            forwarded_by=str(message.requested_by or invitation.guest_shown),
            url=url,
            mail_id=message.mail_id,
        )
    return emails.invitation(asked, to=message.to_email, url=url, mail_id=message.mail_id)


def new_mail_id(message: Message) -> str:
    """A Message-ID, by which a mail that comes back is found again."""
    host = settings.PORTAL_HOST
    plain = len(host) <= LONGEST_HOST and ":" not in host
    return f"<{new_public_id()}.{message.pk}@{host if plain else 'portal.invalid'}>"
