"""What a manager does with one link: cancel it while it waits, confirm that it is connected, ask for a new one, see it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from invitations.errors import LinkUnsafe, WrongState
from invitations.kondado.links import link_problem
from invitations.models import AccessLink, Attempt, EventKind, Status, User
from invitations.models.attempt import Approval
from invitations.services.base import audit, cancelling, guest_tokens, locks, slots, stages
from invitations.services.invitations.allowed import LinkAction, check_link
from invitations.services.mail import guest_queue


@transaction.atomic
def cancel(*, by: User, link: AccessLink, now: datetime | None = None) -> None:
    """Takes a queued link back before it leaves. Raises NotYours, WrongState when it is no longer queued."""
    now = now or timezone.now()
    row = locked_for(by=by, link=link, action=LinkAction.CANCEL, now=now)
    cancelling.cancel(links=[row], now=now)
    guest_queue.queue_when_ready(invitation=row.invitation, now=now)
    stages.refresh(invitation=row.invitation, now=now)
    audit.record(
        kind=EventKind.LINK_CANCELLED,
        by=by,
        about=f"invitation:{row.invitation.public_id}",
        data={"link": row.position},
        now=now,
    )


@transaction.atomic
def confirm(*, by: User, link: AccessLink, now: datetime | None = None) -> None:
    """A person has seen it in Kondado: it is connected. Raises NotYours, WrongState."""
    now = now or timezone.now()
    row = locked_for(by=by, link=link, action=LinkAction.CONFIRM, now=now)
    row.confirmed_at, row.confirmed_by, row.holds_open_slot = now, by, False
    row.save(update_fields=["confirmed_at", "confirmed_by", "holds_open_slot"])
    _record(EventKind.LINK_CONFIRMED, by=by, link=row, now=now)


@transaction.atomic
def take_back(*, by: User, link: AccessLink, now: datetime | None = None) -> None:
    """It is not connected after all. Raises NotYours, WrongState, SameOpenInvitation."""
    now = now or timezone.now()
    row = locked_for(by=by, link=link, action=LinkAction.TAKE_BACK, now=now)
    row.confirmed_at, row.confirmed_by = None, None
    row.save(update_fields=["confirmed_at", "confirmed_by"])
    invitation = row.invitation
    if invitation.is_over(now) is None:
        slots.take_back(links=[row], recipient_normal=row.recipient_normal, now=now)
    _record(EventKind.LINK_UNCONFIRMED, by=by, link=row, now=now)


@transaction.atomic
def new_link(*, by: User, link: AccessLink, now: datetime | None = None) -> None:
    """One more request to Kondado by a person's word. The old link and every key end here and now.

    The expiry is counted anew. Raises NotYours, WrongState, SameOpenInvitation.
    """
    now = now or timezone.now()
    row = locked_for(by=by, link=link, action=LinkAction.NEW_LINK, now=now)
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


@transaction.atomic
def reveal_kondado_link(*, by: User, link: AccessLink, now: datetime | None = None) -> str:
    """Kondado's own link, for the invitation's owner or an administrator; each look is recorded.

    Raises NotYours, WrongState when there is no link, LinkUnsafe when it no longer keeps the rules.
    """
    now = now or timezone.now()
    row = locked_for(by=by, link=link, action=LinkAction.REVEAL, now=now)
    url = safe_link(row)
    audit.record(
        kind=EventKind.KONDADO_LINK_REVEALED,
        by=by,
        about=f"invitation:{row.invitation.public_id}",
        data={"link": row.position},
        now=now,
    )
    return url


def safe_link(link: AccessLink) -> str:
    """The stored link, checked again. Raises WrongState when there is none, LinkUnsafe when it breaks a rule."""
    attempt = link.current_attempt
    if link.status != Status.READY or attempt is None or attempt.kondado_link is None:
        raise WrongState
    url = attempt.open_kondado_link()
    if link_problem(url, settings.KONDADO_LINK_HOSTS, settings.KONDADO_SANDBOX):
        raise LinkUnsafe
    return url


def locked_for(*, by: User, link: AccessLink, action: LinkAction, now: datetime) -> AccessLink:
    """The row as it is now, to the end of the transaction, for somebody who may do this to it.

    Raises as `allowed.check_link`.
    """
    row = locks.link(link.pk)
    check_link(action, by=by, link=row, now=now)
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
