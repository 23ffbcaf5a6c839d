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


def still_asking(links: Iterable[AccessLink]) -> list[AccessLink]:
    """The links that are to hold a slot while their invitation is open."""
    return [link for link in links if link.status not in NO_SLOT and not link.confirmed_at]


def take_back(*, links: Iterable[AccessLink], recipient_normal: str, now: datetime) -> None:
    """Each link that still asks holds its slot again, for this guest.

    A second one that was made on purpose stays without. Raises SameOpenInvitation where another link has the slot.
    """
    taken = take_free(links=links, recipient_normal=recipient_normal, now=now)
    if taken:
        raise SameOpenInvitation(*_holders(taken[0], recipient_normal, now))


def take_free(*, links: Iterable[AccessLink], recipient_normal: str, now: datetime) -> list[AccessLink]:
    """As `take_back`, but answers with the links whose slot another one has instead of refusing all of them."""
    taken = []
    for link in still_asking(links):
        if not _holders(link, recipient_normal, now) and _take(link, recipient_normal):
            continue
        AccessLink.objects.filter(pk=link.pk).update(recipient_normal=recipient_normal)
        if not link.insist_reason:
            taken.append(link)
    return taken


def taken_over(links: Iterable[AccessLink], now: datetime) -> set[int]:
    """The keys of those links that another invitation asks the same guest for instead. Writes nothing."""
    without = [link for link in still_asking(links) if not link.holds_open_slot and not link.insist_reason]
    return {
        link.pk
        for link in without
        if any(not one.invitation.is_expired(now) for one in _others(link, link.recipient_normal))
    }


def _holders(link: AccessLink, recipient_normal: str, now: datetime) -> list[AccessLink]:
    """Another link that has the slot, and still counts: one at most."""
    return without_expired(_others(link, recipient_normal), now)


def _others(link: AccessLink, recipient_normal: str) -> list[AccessLink]:
    found = AccessLink.objects.filter(
        account_id=link.account_id,
        recipient_normal=recipient_normal,
        connector_id=link.connector_id,
        direction=link.direction,
        holds_open_slot=True,
    )
    return list(found.exclude(pk=link.pk).select_related("invitation__created_by"))


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
