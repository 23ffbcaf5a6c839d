"""Keys to guest pages: which invitation a key opens, and what every press of a button with it writes down.

Looking changes nothing but counters. What can be pressed stands in guest_progress and guest_answers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from invitations.errors import InvitationExpired, OpensNothing, TooOften
from invitations.models import AccessLink, AuditEvent, EventKind, GuestToken, Invitation
from invitations.models.guest_token import TokenPurpose, token_hash
from invitations.models.invitation import SHUT, Over, not_ended
from invitations.services.base import audit, locks
from invitations.services.base.bounds import GUEST_PRESSES
from invitations.services.invitations import changes
from invitations.services.mail import manager_notices
from invitations.services.mail.manager_notices import News

# What the guest's page shows: naming every column of four tables costs more than asking for them.
SHOWN = (
    "purpose",
    "message_id",
    *(
        f"invitation__{name}"
        for name in (
            "public_id",
            "recipient_email",
            "recipient_name",
            "language",
            "message",
            "delivery",
            "expires_at",
            "declined_at",
            "forwards",
            "account__name",
            "account__brand_name",
            "account__brand_logo",
            "account__brand_accent",
            "created_by__email",
            "created_by__full_name",
            "created_by__photo",
        )
    ),
)
REPLACED = "replaced"  # why a key opens nothing: a newer one took its place
MOST_EVENTS = GUEST_PRESSES.most  # whoever toggles for longer than that is no guest


def exchange(*, token: str, now: datetime | None = None) -> Invitation | None:
    """The invitation that a token opens, counting one fetch. None when unknown, revoked or erased alike."""
    row = _live(token)
    if row is None:
        return None
    GuestToken.objects.filter(pk=row.pk).update(fetches=F("fetches") + 1, fetched_at=now or timezone.now())
    return row.invitation


def find(*, public_id: str, token: str) -> GuestToken | None:
    """The key, with its invitation, when it opens just the invitation of the address."""
    row = _live(token)
    return row if row and row.invitation.public_id == public_id else None


def _live(token: str) -> GuestToken | None:
    rows = GuestToken.objects.filter(
        not_ended(*SHUT, at="invitation__"), hash=token_hash(token), revoked_at=None
    )
    return rows.select_related("invitation__account", "invitation__created_by").only(*SHOWN).first()


def links(invitation: Invitation) -> list[AccessLink]:
    """What the guest is asked for, in order. One query."""
    return list(AccessLink.objects.filter(invitation=invitation).for_guest())


def holder(key: GuestToken) -> audit.Person:
    """Whom the key was made for: the guest, or the colleague whom the guest named."""
    message = key.message if key.purpose == TokenPurpose.FORWARD else None
    if message is not None:
        return audit.Person(message.to_email, message.to_name)
    return audit.Person(key.invitation.recipient_email, key.invitation.recipient_name)


def begin(*, by: GuestToken, now: datetime, late: bool = False) -> Invitation:
    """The invitation as it is now, locked for whoever pressed a button with this key.

    Raises OpensNothing when the key was revoked meanwhile; InvitationExpired, unless `late` is allowed.
    """
    invitation, _links = locks.whole(by.invitation_id)
    alive = GuestToken.objects.filter(pk=by.pk, revoked_at=None).exists()
    if not alive or invitation.is_over(now) in SHUT:
        raise OpensNothing
    if not late and invitation.is_expired(now):
        raise InvitationExpired
    return invitation


def finish(
    *,
    by: GuestToken,
    invitation: Invitation,
    kind: EventKind | None = None,
    data: dict[str, Any] | None = None,
    people: tuple[audit.Person, ...] = (),
    news: News | None = None,
    now: datetime,
) -> None:
    """Ends a press: when it was opened, a mail that is due, the stage, the manager's mail, and the record as the last write.

    Without `kind` the press changed nothing that was not so before.
    """
    who = holder(by)
    first_with_key = GuestToken.objects.filter(pk=by.pk, used_at=None).update(used_at=now)
    if Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=now):
        invitation.opened_at = now
    changes.follow(invitation=invitation, now=now)
    if news:
        manager_notices.tell(invitation=invitation, what=news, now=now)
    key = {"key": by.purpose}
    if first_with_key:
        audit.record(
            kind=EventKind.GUEST_OPENED, by=audit.GUEST, about=invitation, data=key, people=(who,), now=now
        )
    if kind:
        audit.record(
            kind=kind,
            by=audit.GUEST,
            about=invitation,
            data=key | (data or {}),
            people=(who, *people),
            now=now,
        )


def check_not_too_often(invitation: Invitation) -> None:
    """Raises TooOften when what can be switched back and forth was switched for too long."""
    events = AuditEvent.objects.about(invitation).filter(actor=audit.GUEST)
    if events.count() >= MOST_EVENTS:
        raise TooOften


@transaction.atomic
def note_blocked(*, public_id: str, token: str, now: datetime | None = None) -> None:
    """Records, once for each reason, that somebody pressed a button with a key that opens nothing any more."""
    now = now or timezone.now()
    key = (
        GuestToken.objects.filter(hash=token_hash(token), invitation__public_id=public_id)
        .select_related("invitation")
        .first()
    )
    if key is None:
        return
    reason = _shut(key, now)
    known = AuditEvent.objects.about(key.invitation).filter(kind=EventKind.GUEST_BLOCKED, data__reason=reason)
    if reason and not known.exists():
        audit.record(
            kind=EventKind.GUEST_BLOCKED,
            by=audit.GUEST,
            about=key.invitation,
            data={"reason": reason},
            now=now,
        )


def _shut(key: GuestToken, now: datetime) -> str:
    over = key.invitation.is_over(now)
    if over in SHUT:
        return str(over)
    if key.revoked_at:
        return REPLACED
    return str(Over.EXPIRED) if key.invitation.is_expired(now) else ""
