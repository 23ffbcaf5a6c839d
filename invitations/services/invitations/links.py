"""What a manager does with one link: cancel it while it waits, confirm that it is connected, ask for a new one, see it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from invitations.errors import LinkUnsafe, WrongState
from invitations.kondado.links import link_problem
from invitations.models import AccessLink, EventKind, Status, User
from invitations.models.attempt import Approval
from invitations.services.base import audit, cancelling, guest_tokens, locks, slots
from invitations.services.invitations import approve, changes
from invitations.services.invitations.allowed import LinkAction, check_link
from invitations.services.mail import guest_queue


@transaction.atomic
def cancel(*, by: User, link: AccessLink, now: datetime | None = None) -> None:
    """Takes a queued link back before it leaves. Raises NotYours, WrongState when it is no longer queued."""
    now = now or timezone.now()
    row = locked_for(by=by, link=link, action=LinkAction.CANCEL, now=now)
    cancelling.cancel(links=[row], now=now)
    changes.finish_link(link=row, kind=EventKind.LINK_CANCELLED, by=by, now=now)


@transaction.atomic
def confirm(*, by: User, link: AccessLink, now: datetime | None = None) -> None:
    """A person has seen it in Kondado: it is connected. Raises NotYours, WrongState."""
    now = now or timezone.now()
    row = locked_for(by=by, link=link, action=LinkAction.CONFIRM, now=now)
    row.confirmed_at, row.confirmed_by, row.holds_open_slot = now, by, False
    row.save(update_fields=["confirmed_at", "confirmed_by", "holds_open_slot"])
    _finish(row, EventKind.LINK_CONFIRMED, by, now)


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
    _finish(row, EventKind.LINK_UNCONFIRMED, by, now)


@transaction.atomic
def new_link(*, by: User, link: AccessLink, now: datetime | None = None) -> None:
    """One more request to Kondado by a person's word. The old link and every key end here and now.

    The expiry is counted anew. Raises NotYours, WrongState, SameOpenInvitation.
    """
    now = now or timezone.now()
    row = locked_for(by=by, link=link, action=LinkAction.NEW_LINK, now=now)
    invitation = row.invitation
    approve.again(link=row, approval=Approval.NEW_LINK, by=by, now=now)
    guest_queue.withdraw(invitation=invitation)
    guest_tokens.end_all(invitation=invitation, now=now)
    _finish(row, EventKind.LINK_RENEWED, by, now)


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
        about=row.invitation,
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
    row = locks.link_of_whole(link)
    check_link(action, by=by, link=row, now=now)
    return row


def _finish(link: AccessLink, kind: EventKind, by: User, now: datetime) -> None:
    data = {"connector": link.connector_name}
    changes.finish_link(link=link, kind=kind, by=by, data=data, now=now)
