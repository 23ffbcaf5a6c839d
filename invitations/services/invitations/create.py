"""Creates invitations: checks what was asked for, and queues it once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NotRequired, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone

from invitations.errors import (
    AccountHeld,
    ConnectorNotOffered,
    NoSilentAddress,
    NotYours,
    PortalError,
    SameOpenInvitation,
    SentOtherwise,
)
from invitations.models import AccessLink, Account, Connector, Delivery, EventKind, Hold, Invitation, User
from invitations.services.base import audit, slots
from invitations.services.invitations import approve
from invitations.services.invitations.allowed import may_act
from invitations.services.invitations.names import Wanted
from invitations.services.invitations.repeated import differences
from invitations.typed.addresses import in_letters, one_form
from invitations.typed.text import fold


class Letter(TypedDict):
    """What an invitation says to its guest and how it gets there; as the model's fields of the same names."""

    recipient_email: str
    recipient_name: NotRequired[str]
    delivery: str
    language: str
    message: NotRequired[str]
    expires_in_days: int


def create_invitation(
    *,
    by: User,
    account: Account,
    wanted: Sequence[Wanted],
    insist_reason: str = "",
    form_nonce: str,
    now: datetime | None = None,
    **letter: Unpack[Letter],
) -> Invitation:
    """Queues one invitation with a link for each connector. The same form sent twice gives the first one back.

    Raises ValueError for a delivery that does not exist and for what is no address, NotYours, AccountHeld,
    ConnectorNotOffered, NoSilentAddress; SameOpenInvitation when the guest has an open one for a connector and no
    reason was given for a second, SentOtherwise when the form was sent before and asked for something else.
    """
    if letter["delivery"] not in Delivery.values or not wanted:
        raise ValueError(letter["delivery"])
    if letter["delivery"] != Delivery.KONDADO and not account.silent_address:
        raise NoSilentAddress
    address = one_form(letter["recipient_email"])
    names = [name for one in wanted for name in (one.connector.name, one.name)]
    draft = Invitation(
        account=account,
        recipient_normal=address.lower(),
        created_by=by,
        form_nonce=form_nonce,
        created_at=now or timezone.now(),
        search_text=fold(" ".join([address, in_letters(address), letter.get("recipient_name", ""), *names])),
        **letter | {"recipient_email": address},
    )
    return _once(draft, wanted=wanted, insist_reason=insist_reason)


def _once(draft: Invitation, *, wanted: Sequence[Wanted], insist_reason: str) -> Invitation:
    """Queues the draft; whatever stands in its way, the form's first invitation is the answer when there is one."""
    try:
        return _queue(draft, wanted=wanted, insist_reason=insist_reason)
    except (IntegrityError, PortalError) as error:
        first = Invitation.objects.filter(created_by=draft.created_by, form_nonce=draft.form_nonce).first()
        if first:
            return _unless_otherwise(first, draft, wanted)
        # Between the look and the write somebody invited the same guest: the database keeps one open slot.
        existing = _in_the_way(draft, wanted) if isinstance(error, IntegrityError) else []
        if not existing:
            raise
        raise SameOpenInvitation(*existing) from None


def _unless_otherwise(first: Invitation, draft: Invitation, wanted: Sequence[Wanted]) -> Invitation:
    """What the form made before. Raises SentOtherwise where it asks for something else now."""
    if found := differences(first, draft, wanted):
        raise SentOtherwise(first, found) from None
    return first


@transaction.atomic
def _queue(draft: Invitation, *, wanted: Sequence[Wanted], insist_reason: str) -> Invitation:
    """Writes the invitation, its links and its event."""
    _check_account(draft.created_by, draft.account)
    _check_offers(draft.account, wanted)
    existing = slots.without_expired(_in_the_way(draft, wanted), draft.created_at)
    if existing and not insist_reason:
        raise SameOpenInvitation(*existing)
    draft.save(force_insert=True)
    again = {link.connector_id: link.holds_open_slot for link in reversed(existing)}
    for position, one in enumerate(wanted):
        reason = insist_reason if one.connector.pk in again else ""
        _add_link(draft, one, position=position, insist_reason=reason, slot=not again.get(one.connector.pk))
    audit.record(
        kind=EventKind.INVITATION_CREATED,
        by=draft.created_by,
        about=draft,
        data={
            "delivery": draft.delivery,
            "connector": ", ".join(one.connector.name for one in wanted),
            "direction": ", ".join(dict.fromkeys(one.connector.direction for one in wanted)),
            "insisted": bool(again),
        },
        people=(audit.Person(draft.recipient_email, draft.recipient_name),),
        now=draft.created_at,
    )
    return draft


def _check_account(by: User, account: Account) -> None:
    if not may_act(by, account):
        raise NotYours
    for hold in Hold.objects.of_account(account):
        raise AccountHeld(hold)


def _check_offers(account: Account, wanted: Sequence[Wanted]) -> None:
    granted = Connector.objects.granted_to(account.credential)
    offered = set(granted.filter(pk__in=[one.connector.pk for one in wanted]).values_list("pk", flat=True))
    for one in wanted:
        if one.connector.pk not in offered:
            raise ConnectorNotOffered(one.connector)


def _in_the_way(draft: Invitation, wanted: Sequence[Wanted]) -> list[AccessLink]:
    """What already asks this guest for one of the connectors, slot holders first."""
    same = AccessLink.objects.open_for(
        account_id=draft.account_id,
        recipient_normal=draft.recipient_normal,
        connector_ids=[one.connector.pk for one in wanted],
        now=draft.created_at,
    )
    return list(same)


def _add_link(
    invitation: Invitation, one: Wanted, *, position: int, insist_reason: str, slot: bool
) -> AccessLink:
    link = AccessLink.objects.create(
        invitation=invitation,
        position=position,
        account_id=invitation.account_id,
        recipient_normal=invitation.recipient_normal,
        connector=one.connector,
        connector_name=one.connector.name,
        kondado_id=one.connector.kondado_id,
        direction=one.connector.direction,
        assigned_collection_name=one.name,
        holds_open_slot=slot,
        insist_reason=insist_reason,
        queued_at=invitation.created_at,
    )
    approve.first(link=link, by=invitation.created_by, now=invitation.created_at)
    return link
