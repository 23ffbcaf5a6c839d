"""Queues mails about an invitation: to its guest, to a colleague of the guest, to the manager. Sends nothing."""

from __future__ import annotations

from datetime import datetime

from invitations.models import Invitation, Message, User
from invitations.models.message import MessageKind


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
