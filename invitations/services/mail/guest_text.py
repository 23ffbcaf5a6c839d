"""Writes a mail to a guest when it is claimed: whether it is still wanted, its key, its words. Sends nothing."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from invitations.mail import write
from invitations.models import Message, Status
from invitations.models.base import new_public_id
from invitations.models.guest_token import TokenPurpose
from invitations.models.message import MessageKind
from invitations.services.base import guest_tokens

LONGEST_HOST = 80
PURPOSES = {MessageKind.INVITATION: TokenPurpose.MAIL, MessageKind.FORWARD: TokenPurpose.FORWARD}


def is_still_wanted(message: Message, now: datetime) -> bool:
    """Whether a queued mail may still leave: its invitation is open, and a link of it is ready."""
    invitation = message.invitation
    return (
        invitation is not None
        and (message.kind != MessageKind.INVITATION or message.to_email == invitation.recipient_email)
        and invitation.is_over(now) is None
        and invitation.links.filter(status=Status.READY).exists()
    )


def make_key(*, message: Message, now: datetime) -> str:
    """The address that this mail is to carry. Called in the transaction of the claim."""
    assert message.invitation is not None  # noqa: S101  (is_still_wanted has looked)
    return guest_tokens.mint(
        invitation=message.invitation,
        purpose=PURPOSES[MessageKind(message.kind)],
        message=message,
        by=message.requested_by,
        now=now,
    )


def compose(message: Message, *, url: str) -> write.Mail:
    """The mail's words around its key. Raises ValueError where they make no mail."""
    invitation = message.invitation
    if invitation is None:
        raise ValueError("a mail to a guest without an invitation")
    links = invitation.links.filter(status=Status.READY)
    asked = write.Asked.by(invitation, list(links))
    if message.kind == MessageKind.FORWARD:
        return write.forward(
            asked,
            to=message.to_email,
            to_name=message.to_name,
            forwarded_by=str(message.requested_by or invitation.guest_shown),
            url=url,
            mail_id=message.mail_id,
        )
    return write.invitation(asked, to=message.to_email, url=url, mail_id=message.mail_id)


def new_mail_id(message: Message) -> str:
    """A Message-ID, by which a mail that comes back is found again."""
    host = settings.PORTAL_HOST
    plain = len(host) <= LONGEST_HOST and ":" not in host
    return f"<{new_public_id()}.{message.pk}@{host if plain else 'portal.invalid'}>"
