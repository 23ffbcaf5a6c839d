"""Keys to guest pages: made, and ended. Called in the transaction of what they are for; records nothing itself."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from invitations.models import GuestToken, Invitation, Message, User
from invitations.models.guest_token import TokenPurpose, new_token, token_hash


def mint(
    *,
    invitation: Invitation,
    purpose: TokenPurpose,
    message: Message | None = None,
    by: User | None = None,
    now: datetime,
) -> str:
    """The address of the guest page with a fresh key, whose text is stored nowhere. `by` is None for the machine."""
    token = new_token()
    GuestToken.objects.create(
        invitation=invitation,
        hash=token_hash(token),
        purpose=purpose,
        message=message,
        created_by=by,
        created_at=now,
    )
    return settings.PORTAL_URL + reverse("guest_token", args=[token])


def end_of_mail(*, message: Message, now: datetime) -> int:
    """Ends the keys that were made for one mail. How many there were."""
    return GuestToken.objects.filter(message=message, revoked_at=None).update(revoked_at=now)


def end_mailed(*, invitation: Invitation, now: datetime) -> int:
    """Ends the keys that mails carried, to the guest or to whom the guest passed it on; copied ones live on.

    How many there were.
    """
    mailed = GuestToken.objects.filter(
        invitation=invitation, purpose__in=[TokenPurpose.MAIL, TokenPurpose.FORWARD], revoked_at=None
    )
    return mailed.update(revoked_at=now)


def end_all(*, invitation: Invitation, now: datetime) -> int:
    """Ends every key of the invitation. How many there were."""
    return GuestToken.objects.filter(invitation=invitation, revoked_at=None).update(revoked_at=now)
