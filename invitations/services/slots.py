"""The open slot for an account, guest and connector: given up and taken back. Called in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from invitations.errors import SameOpenInvitation
from invitations.models import AccessLink, Invitation, Status

NO_SLOT = frozenset({Status.CANCELLED, Status.REJECTED})


def give_up(*, invitation: Invitation) -> None:
    """None of the invitation's links stands in anybody's way any more."""
    AccessLink.objects.filter(invitation=invitation, holds_open_slot=True).update(holds_open_slot=False)


def without_expired(links: Iterable[AccessLink], now: datetime) -> list[AccessLink]:
    """The links that still count; an expired one that the worker has not come to yet gives its slot up here."""
    links = list(links)
    over = [link.pk for link in links if link.invitation.is_expired(now)]
    if over:
        AccessLink.objects.filter(pk__in=over).update(holds_open_slot=False)
    return [link for link in links if link.pk not in over]


def take_back(*, links: Iterable[AccessLink], recipient_normal: str, now: datetime) -> None:
    """Each link that still asks holds its slot again, for this guest.

    A second one that was made on purpose stays without. Raises SameOpenInvitation where another link has the slot.
    """
    for link in links:
        if link.status in NO_SLOT or link.confirmed_at:
            continue
        taken = bool(_holders(link, recipient_normal, now))
        if not taken:
            taken = not _take(link, recipient_normal)
        if taken and not link.insist_reason:
            raise SameOpenInvitation(*_holders(link, recipient_normal, now))
        if taken:
            AccessLink.objects.filter(pk=link.pk).update(recipient_normal=recipient_normal)


def _holders(link: AccessLink, recipient_normal: str, now: datetime) -> list[AccessLink]:
    """Another link that has the slot: one at most."""
    found = AccessLink.objects.filter(
        account_id=link.account_id,
        recipient_normal=recipient_normal,
        connector_id=link.connector_id,
        direction=link.direction,
        holds_open_slot=True,
    )
    return without_expired(found.exclude(pk=link.pk).select_related("invitation__created_by"), now)


def _take(link: AccessLink, recipient_normal: str) -> bool:
    """False when somebody was faster between the look and the write: the database keeps one slot."""
    try:
        with transaction.atomic():
            AccessLink.objects.filter(pk=link.pk).update(
                holds_open_slot=True, recipient_normal=recipient_normal
            )
    except IntegrityError:
        return False
    return True
