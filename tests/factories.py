"""Rows for tests, made as plainly as possible. Behaviour is tested through services and views."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from django.db import models, transaction
from django.utils import timezone

from invitations.mail.write import MailName
from invitations.models import (
    AccessLink,
    Account,
    Attempt,
    Connector,
    ConnectorGrant,
    Invitation,
    Membership,
    Message,
    Status,
    User,
)
from invitations.models.guest_token import TokenPurpose
from invitations.services.base import guest_tokens, stages
from invitations.services.invitations import create
from invitations.services.invitations.names import Wanted
from invitations.services.mail import outbox
from invitations.services.people import accounts
from invitations.typed.text import fold

PASSWORD = "a long pass-phrase for tests"
numbers = count(1)


def make_account(name: str = "Padaria Sol", **fields) -> Account:
    number = next(numbers)
    defaults = {"client_id": str(10_000 + number), "silent_address": f"invites{number}@example.com"}
    return Account.objects.create(name=name, created_at=timezone.now(), **(defaults | fields))


def make_user(email: str, role: str = "manager", *accounts_: Account, name: str = "") -> User:
    user, _ = accounts.save_member(
        email=email,
        role=role,
        name=name,
        client_ids=[account.client_id for account in accounts_],
        password=PASSWORD,
    )
    return user


def make_connector(
    name: str = "ClickUp", direction: str = "src", *, credential: str = "default", **fields
) -> Connector:
    now = timezone.now()
    defaults = {"kondado_id": 900_500 + next(numbers), "first_seen_at": now, "last_seen_at": now}
    connector = Connector.objects.create(
        name=name, search_name=fold(name), direction=direction, **(defaults | fields)
    )
    if credential:
        ConnectorGrant.objects.create(connector=connector, credential=credential, seen_at=now)
    return connector


def make_invitation(
    by: User,
    account: Account,
    connector: Connector,
    status: str = "queued",
    now: datetime | None = None,
    more: Sequence[Connector] = (),
    **fields,
) -> Invitation:
    """Through the service; then the status of every link is set as the worker would leave it."""
    number = next(numbers)
    wanted = {
        "assigned_collection_name": f"[Guest] {connector.name} {number}",
        "recipient_email": f"guest{number}@example.com",
        "recipient_name": "Ana Souza",
        "delivery": "kondado",
        "language": "pt-br",
        "expires_in_days": 14,
        "form_nonce": f"nonce-{number}",
    } | fields
    name = wanted.pop("assigned_collection_name")
    invitation = create.create_invitation(
        by=by,
        account=account,
        wanted=[
            Wanted(connector, name),
            *(Wanted(one, f"{name} {one.name}"[:100]) for one in more),
        ],
        now=now,
        **wanted,
    )
    if status != Status.QUEUED:
        for link in invitation.links.all():
            bring_to(link, status)
        invitation.refresh_from_db()
    return invitation


def add_link(invitation: Invitation, connector: Connector, status: str = "ready") -> AccessLink:
    """One more connector of an invitation, as the worker would leave it."""
    now = timezone.now()
    link = AccessLink.objects.create(
        invitation=invitation,
        position=invitation.links.count(),
        account=invitation.account,
        recipient_normal=invitation.recipient_normal,
        connector=connector,
        connector_name=connector.name,
        kondado_id=connector.kondado_id,
        direction=connector.direction,
        assigned_collection_name=f"[Guest] {connector.name}",
        queued_at=now,
    )
    link.current_attempt = Attempt.objects.create(
        access_link=link, approved_by=invitation.created_by, approved_at=now
    )
    link.save()
    bring_to(link, status)
    return link


def make_key(invitation: Invitation, purpose: str = "mail", **fields) -> str:
    """The text of a new key to the invitation's guest page."""
    address = guest_tokens.mint(
        invitation=invitation, purpose=TokenPurpose(purpose), now=timezone.now(), **fields
    )
    return address.rstrip("/").rpartition("/")[2]


def queue_mail(to: str = "x@example.com", **fields) -> Message:
    """A mail about signing in, in the outbox."""
    return outbox.put(name=MailName.UNKNOWN_ACCOUNT, context={}, to=to, **fields)


@transaction.atomic
def bring_to(link: AccessLink, status: str) -> None:
    """Puts a link and its attempt into a settled status."""
    now = timezone.now()
    attempt = Attempt.objects.get(pk=link.current_attempt_id)
    attempt.outcome, attempt.finished_at = status, now
    attempt.fault = {"unknown": "no_answer", "rejected": "rejected"}.get(status, "")
    if status == Status.READY:
        url = f"http://127.0.0.1:9/collection_guest/secret-{attempt.pk}"
        attempt.kondado_link, attempt.link_sha256 = attempt.seal(url), f"{attempt.pk:064d}"
    attempt.save()
    force_status(link, status)
    link.holds_open_slot = status in {Status.READY, Status.UNKNOWN}
    link.save()
    stages.refresh(invitation=link.invitation, now=now)


def force_status(link: AccessLink, status: str) -> None:
    """As if the link had always been in that status, past the guard that lets it follow only some others."""
    models.QuerySet(AccessLink).filter(pk=link.pk).update(status=status)
    link.status = link.stored_status = status


def add_member(user: User, account: Account) -> None:
    Membership.objects.create(user=user, account=account, created_at=timezone.now())
