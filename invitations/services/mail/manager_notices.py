"""Tells whoever invited, by mail, what a guest did and what did not reach them. Writes to the outbox and to nobody else."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.urls import reverse

from invitations.mail.write import MailName
from invitations.models import Invitation
from invitations.models.message import MessageKind
from invitations.services.base import throttle
from invitations.services.base.bounds import GUEST_NOTICES
from invitations.services.mail import outbox


class News(StrEnum):
    """What happened that the manager hears of, with the mail that says so."""

    DONE = MailName.GUEST_DONE
    UNDONE = MailName.GUEST_UNDONE
    DECLINED = MailName.GUEST_DECLINED
    RESUMED = MailName.GUEST_RESUMED
    FORWARDED = MailName.GUEST_FORWARDED
    ASKED_AGAIN = MailName.GUEST_ASKED_AGAIN
    BOUNCED = MailName.GUEST_BOUNCED


def tell(*, invitation: Invitation, what: News, now: datetime) -> None:
    """One mail in the language of whoever invited; none to somebody who was deactivated, nor beyond GUEST_NOTICES.

    Called in the transaction of the change.
    """
    manager = invitation.created_by
    if not manager.is_active or throttle.take(GUEST_NOTICES, str(invitation.pk), now=now).wait:
        return
    outbox.put(
        name=MailName(what.value),
        context={"guest": invitation.guest_shown},
        to=manager.email,
        url=settings.PORTAL_URL + reverse("invitation", args=[invitation.public_id]),
        kind=MessageKind.NOTICE,
        invitation=invitation,
        language=manager.language,
        now=now,
    )
