"""The open slot for an account, guest and connector: given up and taken back. Called in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable

from invitations.errors import SameOpenInvitation
from invitations.models import AccessLink, Invitation, Status

NO_SLOT = frozenset({Status.CANCELLED, Status.REJECTED})


def give_up(*, invitation: Invitation) -> None:
    """None of the invitation's links stands in anybody's way any more."""
    AccessLink.objects.filter(invitation=invitation, holds_open_slot=True).update(holds_open_slot=False)


def take_back(*, links: Iterable[AccessLink], recipient_normal: str) -> None:
    """Each link that still asks holds its slot again, for this guest.

    A second one that was made on purpose stays without. Raises SameOpenInvitation where another link has the slot.
    """
    for link in links:
        if link.status in NO_SLOT or link.confirmed_at:
            continue
        holder = (
            AccessLink.objects.filter(
                account_id=link.account_id,
                recipient_normal=recipient_normal,
                connector_id=link.connector_id,
                direction=link.direction,
                holds_open_slot=True,
            )
            .exclude(pk=link.pk)
            .select_related("invitation__created_by")
            .first()
        )
        if holder is not None and not link.insist_reason:
            raise SameOpenInvitation(holder)
        AccessLink.objects.filter(pk=link.pk).update(
            holds_open_slot=holder is None, recipient_normal=recipient_normal
        )
