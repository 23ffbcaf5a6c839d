"""Hands out keys to a guest page for a person to pass on. The text of a key is shown once and never stored."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from invitations.errors import AlreadyShown
from invitations.models import AuditEvent, EventKind, Invitation, User
from invitations.models.guest_token import TokenPurpose
from invitations.services.base import audit, guest_tokens
from invitations.services.invitations import change
from invitations.services.invitations.allowed import Action


@transaction.atomic
def copy(*, by: User, invitation: Invitation, nonce: str = "", now: datetime | None = None) -> str:
    """A fresh guest link to pass on. `nonce` marks one showing of the button: a reload makes no second link.

    Raises NotYours, AlreadyShown; WrongState unless a link is ready and may be opened.
    """
    now = now or timezone.now()
    invitation, _links = change.locked_for(by=by, invitation=invitation, action=Action.COPY, now=now)
    data = {"nonce": nonce} if nonce else {}
    copied = AuditEvent.objects.about(invitation).filter(kind=EventKind.GUEST_LINK_COPIED, data__nonce=nonce)
    if nonce and copied.exists():
        raise AlreadyShown
    url = guest_tokens.mint(invitation=invitation, purpose=TokenPurpose.COPIED, by=by, now=now)
    audit.record(kind=EventKind.GUEST_LINK_COPIED, by=by, about=invitation, data=data, now=now)
    return url
