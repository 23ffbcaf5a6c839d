"""Creates, cancels and reveals invitations: what an account manager does."""

from __future__ import annotations

from datetime import datetime
from itertools import count, islice

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from invitations.errors import (
    AccountHeld,
    ConnectorNotOffered,
    LinkUnsafe,
    NoSilentAddress,
    NotYours,
    SameOpenInvitation,
    WrongState,
)
from invitations.kondado.links import link_problem
from invitations.models import AccessLink, Account, Attempt, Connector, Delivery, Invitation, Status, User
from invitations.models.attempt import Outcome
from invitations.services import audit, guest_mails, holds, stages
from invitations.text import fold, normal_email

NAME_LIMIT = 100


def may_act(user: User, account: Account) -> bool:
    """Whether this person may invite for this account and act on its invitations."""
    return Account.objects.usable_by(user).filter(pk=account.pk).exists()


def create(
    *,
    by: User,
    account: Account,
    connector: Connector,
    assigned_collection_name: str,
    recipient_email: str,
    recipient_name: str = "",
    delivery: str,
    language: str,
    message: str = "",
    expires_in_days: int,
    insist_reason: str = "",
    form_nonce: str,
    now: datetime | None = None,
) -> Invitation:
    """Queues one invitation with one link. The same form sent twice gives the first one back.

    Raises ValueError for a delivery that does not exist, NotYours, AccountHeld, ConnectorNotOffered, NoSilentAddress,
    and SameOpenInvitation when the guest has an open one for this connector and no reason was given for a second.
    """
    now = now or timezone.now()
    if not may_act(by, account):
        raise NotYours
    if delivery not in Delivery.values:
        raise ValueError(delivery)
    if delivery != Delivery.KONDADO and not account.silent_address:
        raise NoSilentAddress
    draft = Invitation(
        account=account,
        recipient_email=recipient_email,
        recipient_normal=normal_email(recipient_email),
        recipient_name=recipient_name,
        delivery=delivery,
        language=language,
        message=message,
        expires_in_days=expires_in_days,
        created_by=by,
        form_nonce=form_nonce,
        created_at=now,
        search_text=fold(
            " ".join([recipient_email, recipient_name, connector.name, assigned_collection_name])
        ),
    )
    try:
        return _queue(draft, connector=connector, name=assigned_collection_name, insist_reason=insist_reason)
    except (IntegrityError, SameOpenInvitation):
        # Somebody was faster between two looks: this very form, or another one for the guest and connector.
        first = _first_of_this_form(draft)
        if first:
            return first
        existing = _in_the_way(account, connector, draft.recipient_normal)
        if existing is None:
            raise
        raise SameOpenInvitation(existing) from None


def _first_of_this_form(draft: Invitation) -> Invitation | None:
    """The invitation that the same showing of the form made before."""
    return Invitation.objects.filter(created_by=draft.created_by, form_nonce=draft.form_nonce).first()


@transaction.atomic
def _queue(draft: Invitation, *, connector: Connector, name: str, insist_reason: str) -> Invitation:
    """Writes the invitation, its link and its event, or gives back the form's first one."""
    first = _first_of_this_form(draft)
    if first:
        return first
    by, now = draft.created_by, draft.created_at
    _check(
        account=draft.account,
        connector=connector,
        normal=draft.recipient_normal,
        insist_reason=insist_reason,
    )
    draft.save(force_insert=True)
    _add_link(invitation=draft, connector=connector, name=name, insist_reason=insist_reason, by=by, now=now)
    audit.record(
        kind="invitation.created",
        by=by,
        about=f"invitation:{draft.public_id}",
        data={
            "delivery": draft.delivery,
            "connector": connector.name,
            "direction": connector.direction,
            "insisted": bool(insist_reason),
        },
        people=(audit.Person(draft.recipient_email, draft.recipient_name),),
        now=now,
    )
    return draft


def _in_the_way(account: Account, connector: Connector, normal: str) -> AccessLink | None:
    """The open link for this guest and connector, or whatever else holds its slot."""
    holder = AccessLink.objects.filter(
        account=account, recipient_normal=normal, connector=connector, holds_open_slot=True
    )
    same = AccessLink.objects.open_for(
        account_id=account.pk, recipient_normal=normal, connector_id=connector.pk
    )
    return same.first() or holder.select_related("invitation__created_by").first()


def _check(*, account: Account, connector: Connector, normal: str, insist_reason: str) -> None:
    hold = holds.standing_for(account).filter(account=account).first()
    if hold:
        raise AccountHeld(hold)
    if not Connector.objects.granted_to(account.credential).filter(pk=connector.pk).exists():
        raise ConnectorNotOffered
    existing = AccessLink.objects.open_for(
        account_id=account.pk, recipient_normal=normal, connector_id=connector.pk
    ).first()
    if existing and not insist_reason:
        raise SameOpenInvitation(existing)


def _add_link(
    *, invitation: Invitation, connector: Connector, name: str, insist_reason: str, by: User, now: datetime
) -> AccessLink:
    slot_taken = AccessLink.objects.filter(
        account_id=invitation.account_id,
        recipient_normal=invitation.recipient_normal,
        connector=connector,
        direction=connector.direction,
        holds_open_slot=True,
    ).exists()
    link = AccessLink.objects.create(
        invitation=invitation,
        account_id=invitation.account_id,
        recipient_normal=invitation.recipient_normal,
        connector=connector,
        connector_name=connector.name,
        kondado_id=connector.kondado_id,
        direction=connector.direction,
        assigned_collection_name=name,
        holds_open_slot=not (slot_taken and insist_reason),
        insist_reason=insist_reason,
        status=Status.QUEUED,
        queued_at=now,
    )
    link.current_attempt = Attempt.objects.create(access_link=link, approved_by=by, approved_at=now)
    link.save(update_fields=["current_attempt"])
    return link


@transaction.atomic
def cancel(*, by: User, link: AccessLink, now: datetime | None = None) -> None:
    """Takes a queued link back before it leaves. Raises NotYours, WrongState when it is no longer queued."""
    now = now or timezone.now()
    if not may_act(by, link.account):
        raise NotYours
    changed = AccessLink.objects.filter(pk=link.pk, status=Status.QUEUED).update(
        status=Status.CANCELLED, not_before=None, wait_reason="", holds_open_slot=False
    )
    if not changed:
        raise WrongState
    Attempt.objects.filter(access_link=link, outcome="").update(outcome=Outcome.CANCELLED, finished_at=now)
    guest_mails.queue_when_ready(invitation=link.invitation, now=now)
    stages.refresh(invitation=link.invitation, now=now)
    audit.record(
        kind="link.cancelled",
        by=by,
        about=f"invitation:{link.invitation.public_id}",
        data={"link": link.position},
        now=now,
    )


@transaction.atomic
def reveal_kondado_link(*, by: User, link: AccessLink, now: datetime | None = None) -> str:
    """Kondado's own link, for the invitation's owner or an administrator; each look is recorded.

    Raises NotYours, WrongState when there is no link, LinkUnsafe when it no longer keeps the rules.
    """
    owner = link.invitation.created_by_id == by.pk and may_act(by, link.account)
    if not (owner or by.is_admin):
        raise NotYours
    url = safe_link(link)
    audit.record(
        kind="kondado_link.revealed",
        by=by,
        about=f"invitation:{link.invitation.public_id}",
        data={"link": link.position},
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


def name_in_use(*, account: Account, name: str) -> bool:
    """Whether this account already used the name. A warning, never a stop."""
    return AccessLink.objects.filter(account=account, assigned_collection_name=name).exists()


def suggest_name(*, account: Account, connector_name: str, guest: str) -> str:
    """A name for the new source from the account's pattern, with a number when it is taken."""
    pattern = account.name_pattern or "{connector} · {guest}"
    base = " ".join(pattern.replace("{connector}", connector_name).replace("{guest}", guest).split()).rstrip(
        " ·"
    )
    base = base[:NAME_LIMIT]
    stem = base[: NAME_LIMIT - 6].rstrip()
    numbers = count(2)
    batch = [base]
    while True:
        # Exact names use the index; a search by beginning would read every name of the account.
        batch += [f"{stem} ({number})" for number in islice(numbers, 20)]
        rows = AccessLink.objects.filter(account=account, assigned_collection_name__in=batch).order_by()
        taken = set(rows.values_list("assigned_collection_name", flat=True))
        free = next((name for name in batch if name not in taken), None)
        if free is not None:
            return free
        batch = []
