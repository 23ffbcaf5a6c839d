"""Makes keys to a guest page. The text of a key is handed out once and never stored."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from invitations.errors import NotYours, WrongState
from invitations.models import GuestToken, Invitation, Status, User
from invitations.models.guest_token import TokenPurpose, new_token, token_hash
from invitations.services import audit
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
    token = new_token()
    GuestToken.objects.create(
        invitation=invitation,
        hash=token_hash(token),
        purpose=TokenPurpose.COPIED,
        created_by=by,
        created_at=now,
    )
    audit.record(kind="guest_link.copied", by=by, about=f"invitation:{invitation.public_id}", now=now)
    return settings.PORTAL_URL + reverse("guest_token", args=[token])
