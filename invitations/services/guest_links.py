"""Hands out keys to a guest page for a person to pass on. The text of a key is shown once and never stored."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from invitations.errors import NotYours, WrongState
from invitations.models import Invitation, Status, User
from invitations.models.guest_token import TokenPurpose
from invitations.services import audit, keys
from invitations.services.guests import is_expired
from invitations.services.invitations import may_act


@transaction.atomic
def copy(*, by: User, invitation: Invitation, now: datetime | None = None) -> str:
    """A fresh guest link to pass on. Raises NotYours; WrongState unless a link is ready and may be opened."""
    now = now or timezone.now()
    if not may_act(by, invitation.account):
        raise NotYours
    usable = invitation.links.filter(status=Status.READY).exists()
    over = invitation.revoked_at or invitation.erased_at or is_expired(invitation, now)
    if not usable or over:
        raise WrongState
    url = keys.mint(invitation=invitation, purpose=TokenPurpose.COPIED, by=by, now=now)
    audit.record(kind="guest_link.copied", by=by, about=f"invitation:{invitation.public_id}", now=now)
    return url
