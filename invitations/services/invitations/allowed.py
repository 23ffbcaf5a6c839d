"""What may be done with an invitation and its links as they stand: one place for services that refuse and pages that offer.

Pure: reads no table.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from invitations.models import AccessLink, Delivery, Invitation, Status
from invitations.models.link import IN_HAND, MOVING


class Action(StrEnum):
    """What a manager does with an invitation that was made."""

    COPY = "copy"
    MAIL = "mail"
    FORWARD = "forward"
    CORRECT = "correct"
    EXTEND = "extend"
    REVOKE = "revoke"


class LinkAction(StrEnum):
    """What a manager does with one of its links."""

    CONFIRM = "confirm"
    TAKE_BACK = "take_back"
    NEW_LINK = "new_link"


def has_guest_page(link: AccessLink) -> bool:
    """Whether the guest page can lead on to Kondado for this link."""
    return link.status == Status.READY and not link.link_absent_reason


def actions(invitation: Invitation, links: Sequence[AccessLink], now: datetime) -> frozenset[Action]:
    """What may be done with the invitation."""
    live = [link for link in links if link.status != Status.CANCELLED]
    if invitation.revoked_at or invitation.erased_at or not live:
        return frozenset()
    found = set()
    if not any(link.status in IN_HAND for link in live):
        found.add(Action.REVOKE)
    if all(link.confirmed_at for link in live):
        return frozenset(found)
    expired = invitation.is_expired(now)
    if any(has_guest_page(link) for link in live) and not expired and not invitation.declined_at:
        found |= {Action.MAIL, Action.FORWARD}
        found |= {Action.COPY} if invitation.delivery != Delivery.KONDADO else set()
    if invitation.expires_at:
        found.add(Action.EXTEND)
    if not expired and not any(_address_is_fixed(invitation, link) for link in live):
        found.add(Action.CORRECT)
    return frozenset(found)


def _address_is_fixed(invitation: Invitation, link: AccessLink) -> bool:
    """Whether a request that names the guest's own address may still be under way to Kondado."""
    attempt = link.current_attempt
    frozen = attempt is not None and attempt.frozen_at is not None
    return invitation.delivery == Delivery.KONDADO and link.status in MOVING and frozen


def link_actions(invitation: Invitation, link: AccessLink) -> frozenset[LinkAction]:
    """What may be done with one link."""
    if invitation.erased_at or link.status != Status.READY:
        return frozenset()
    if link.confirmed_at:
        return frozenset({LinkAction.TAKE_BACK})
    if invitation.revoked_at or invitation.declined_at:
        return frozenset({LinkAction.CONFIRM})
    return frozenset({LinkAction.CONFIRM, LinkAction.NEW_LINK})
