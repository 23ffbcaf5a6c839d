"""Rows for the bench, inserted in bulk past the services: only reading them is measured."""

from itertools import islice
from typing import Any

from django.utils import timezone

from invitations.models import AccessLink, Account, Connector, ConnectorGrant, Invitation, Stage, Status, User
from invitations.text import fold
from tests import factories

CONNECTORS = 150
CHUNK = 5_000


def make_people() -> tuple[User, Account]:
    """A manager and an account that has a silent address."""
    account = factories.make_account("Padaria Sol")
    return factories.make_user("manager@example.com", "manager", account, name="Marina Lopes"), account


def make_connectors() -> list[Connector]:
    """A catalogue of Kondado's size."""
    now = timezone.now()
    connectors = Connector.objects.bulk_create(
        Connector(
            name=f"Connector {number:03}",
            search_name=f"connector {number:03}",
            direction="dest" if number % 10 == 0 else "src",
            kondado_id=900_000 + number,
            first_seen_at=now,
            last_seen_at=now,
        )
        for number in range(CONNECTORS)
    )
    ConnectorGrant.objects.bulk_create(
        ConnectorGrant(connector=connector, credential="default", seen_at=now) for connector in connectors
    )
    return connectors


def make_invitations(count: int, by: User, account: Account, connectors: list[Connector]) -> None:
    """`count` invitations with one ready link each, each for a guest of its own."""
    stages = [Stage.WAITING, Stage.OPENED, Stage.CONNECTED, Stage.EXPIRED]
    numbers = iter(range(count))
    while chunk := list(islice(numbers, CHUNK)):
        invitations = Invitation.objects.bulk_create(
            _invitation(number, by, account, connectors, stages[number % len(stages)]) for number in chunk
        )
        AccessLink.objects.bulk_create(
            _link(number, invitation, connectors)
            for number, invitation in zip(chunk, invitations, strict=True)
        )


def _invitation(
    number: int, by: User, account: Account, connectors: list[Connector], stage: str
) -> Invitation:
    email, name = f"bulk{number}@example.com", f"Ana Souza {number}"
    fields: dict[str, Any] = {"recipient_email": email, "recipient_normal": email, "recipient_name": name}
    return Invitation(
        **fields,
        account=account,
        created_by=by,
        created_at=timezone.now(),
        delivery="kondado",
        form_nonce=f"bulk-{number}",
        stage=stage,
        search_text=fold(f"{email} {name} {connectors[number % CONNECTORS].name}"),
    )


def _link(number: int, invitation: Invitation, connectors: list[Connector]) -> AccessLink:
    connector = connectors[number % CONNECTORS]
    return AccessLink(
        invitation=invitation,
        account_id=invitation.account_id,
        recipient_normal=invitation.recipient_normal,
        connector=connector,
        connector_name=connector.name,
        kondado_id=connector.kondado_id,
        direction=connector.direction,
        assigned_collection_name=f"[Guest] {number}",
        status=Status.READY,
        queued_at=invitation.created_at,
    )
