"""What a guest does with a key: look, and go on to Kondado."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from invitations.errors import WrongState
from invitations.models import AccessLink, GuestToken, Invitation, Status
from invitations.models.guest_token import token_hash
from invitations.services import audit, stages
from invitations.services.invitations import safe_link


def exchange(*, token: str, now: datetime | None = None) -> Invitation | None:
    """The invitation that a token opens, counting one fetch. None when unknown, revoked or erased alike."""
    row = _live(token)
    if row is None:
        return None
    GuestToken.objects.filter(pk=row.pk).update(fetches=F("fetches") + 1)
    return row.invitation


def find(*, public_id: str, token: str, now: datetime | None = None) -> Invitation | None:
    """The invitation of the address, when the token opens just that one."""
    row = _live(token)
    return row.invitation if row and row.invitation.public_id == public_id else None


def _live(token: str) -> GuestToken | None:
    return (
        GuestToken.objects.filter(
            hash=token_hash(token), revoked_at=None, invitation__revoked_at=None, invitation__erased_at=None
        )
        .select_related("invitation__account", "invitation__created_by")
        .first()
    )


def is_expired(invitation: Invitation, now: datetime | None = None) -> bool:
    """Whether the portal no longer hands the link out."""
    return invitation.is_expired(now or timezone.now())


@transaction.atomic
def go_on(*, invitation: Invitation, link: AccessLink, now: datetime | None = None) -> str:
    """Kondado's link for a guest who pressed Continue. Nothing is used up by it.

    Raises WrongState when the link is not ready or the invitation is over, LinkUnsafe.
    """
    now = now or timezone.now()
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    link = AccessLink.objects.select_related("current_attempt").get(pk=link.pk)
    if invitation.revoked_at or invitation.erased_at:
        raise WrongState
    if link.invitation_id != invitation.pk or link.status != Status.READY or is_expired(invitation, now):
        raise WrongState
    url = safe_link(link)
    first_time = AccessLink.objects.filter(pk=link.pk, continued_at=None).update(continued_at=now)
    if Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=now):
        invitation.opened_at = now
        stages.refresh(invitation=invitation, now=now)
    if first_time:
        audit.record(
            kind="guest.continued",
            by=audit.GUEST,
            about=f"invitation:{invitation.public_id}",
            data={"link": link.position},
            people=(audit.Person(invitation.recipient_email, invitation.recipient_name),),
            now=now,
        )
    return url
