"""What a manager does with one ready link: confirm that it is connected, take that back, ask for a new one."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from invitations.errors import NotYours, WrongState
from invitations.models import AccessLink, Attempt, EventKind, Status, User
from invitations.models.attempt import Approval
from invitations.services.base import audit, guest_tokens, locks, slots, stages
from invitations.services.invitations.allowed import LinkAction, link_actions
from invitations.services.invitations.create import may_act
from invitations.services.mail import guest_queue


@transaction.atomic
def confirm(*, by: User, link: AccessLink, now: datetime | None = None) -> None:
    """A person has seen it in Kondado: it is connected. Raises NotYours, WrongState."""
    now = now or timezone.now()
    row = _locked(by=by, link=link, action=LinkAction.CONFIRM)
    row.confirmed_at, row.confirmed_by, row.holds_open_slot = now, by, False
    row.save(update_fields=["confirmed_at", "confirmed_by", "holds_open_slot"])
    _record(EventKind.LINK_CONFIRMED, by=by, link=row, now=now)


@transaction.atomic
def take_back(*, by: User, link: AccessLink, now: datetime | None = None) -> None:
    """It is not connected after all. Raises NotYours, WrongState, SameOpenInvitation."""
    now = now or timezone.now()
    row = _locked(by=by, link=link, action=LinkAction.TAKE_BACK)
    row.confirmed_at, row.confirmed_by = None, None
    row.save(update_fields=["confirmed_at", "confirmed_by"])
    invitation = row.invitation
    if not (invitation.revoked_at or invitation.declined_at or invitation.is_expired(now)):
        slots.take_back(links=[row], recipient_normal=row.recipient_normal, now=now)
    _record(EventKind.LINK_UNCONFIRMED, by=by, link=row, now=now)


@transaction.atomic
def new_link(*, by: User, link: AccessLink, now: datetime | None = None) -> None:
    """One more request to Kondado by a person's word. The old link and every key end here and now.

    The expiry is counted anew. Raises NotYours, WrongState, SameOpenInvitation.
    """
    now = now or timezone.now()
    row = _locked(by=by, link=link, action=LinkAction.NEW_LINK)
    invitation = row.invitation
    slots.take_back(links=[row], recipient_normal=row.recipient_normal, now=now)
    row.refresh_from_db(fields=["holds_open_slot"])
    row.current_attempt = Attempt.objects.create(
        access_link=row,
        number=row.attempts.count() + 1,
        approval=Approval.NEW_LINK,
        approved_by=by,
        approved_at=now,
    )
    row.status, row.queued_at, row.link_absent_reason = Status.QUEUED, now, ""
    row.continued_at = row.done_at = None
    row.save()
    others = AccessLink.objects.filter(invitation=invitation, status=Status.READY).exists()
    # With no ready link left the time begins when the new one is ready.
    invitation.expires_at = now + timedelta(days=invitation.expires_in_days) if others else None
    invitation.asked_again_at = None
    invitation.save(update_fields=["expires_at", "asked_again_at"])
    guest_queue.withdraw(invitation=invitation)
    guest_tokens.end_all(invitation=invitation, now=now)
    _record(EventKind.LINK_RENEWED, by=by, link=row, now=now)


def _locked(*, by: User, link: AccessLink, action: LinkAction) -> AccessLink:
    """The row as it is now, to the end of the transaction, for somebody who may do this to it."""
    row = locks.link(link.pk)
    if not may_act(by, row.account):
        raise NotYours
    if action not in link_actions(row.invitation, row):
        raise WrongState
    return row


def _record(kind: EventKind, *, by: User, link: AccessLink, now: datetime) -> None:
    stages.refresh(invitation=link.invitation, now=now)
    audit.record(
        kind=kind,
        by=by,
        about=f"invitation:{link.invitation.public_id}",
        data={"link": link.position, "connector": link.connector_name},
        now=now,
    )
