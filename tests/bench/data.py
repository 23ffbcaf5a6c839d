"""Rows for the bench, inserted in bulk past the services: only reading them is measured."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.utils import timezone

from invitations.models import AccessLink, Account, Connector, ConnectorGrant, Invitation, Stage, Status, User
from invitations.typed.text import fold
from tests import factories

CONNECTORS, ACCOUNTS = 150, 20
CHUNK = 5_000
STAGES = [Stage.WAITING, Stage.OPENED, Stage.CONNECTED, Stage.EXPIRED]
YEARS = timedelta(days=730)  # over which the invitations lie


@dataclass(frozen=True)
class People:
    """Who looks: managers of one account and of five, and an administrator, who sees all of them."""

    accounts: list[Account]
    of_one: User
    of_five: User
    of_all: User


def make_people() -> People:
    """Accounts that have a silent address each; the first have the most invitations."""
    accounts = [factories.make_account(f"Padaria Sol {number}") for number in range(ACCOUNTS)]
    return People(
        accounts,
        of_one=factories.make_user("one@example.com", "manager", accounts[0], name="Marina Lopes"),
        of_five=factories.make_user("five@example.com", "manager", *accounts[:5], name="Rui Castro"),
        of_all=factories.make_user("all@example.com", "admin", name="Ana Reis"),
    )


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


def make_invitations(count: int, people: People, connectors: list[Connector]) -> None:
    """`count` invitations over two years, with one ready link each, each for a guest of its own."""
    chance = random.Random(1)  # the same data in every run
    weights = [1 / number for number in range(1, ACCOUNTS + 1)]
    numbers, now = iter(range(count)), timezone.now()
    while chunk := list(islice(numbers, CHUNK)):
        accounts = chance.choices(people.accounts, weights, k=len(chunk))
        invitations = Invitation.objects.bulk_create(
            _invitation(number, people.of_five, account, connectors, now - YEARS * (1 - number / count))
            for number, account in zip(chunk, accounts, strict=True)
        )
        AccessLink.objects.bulk_create(
            _link(number, invitation, connectors)
            for number, invitation in zip(chunk, invitations, strict=True)
        )


def _invitation(
    number: int, by: User, account: Account, connectors: list[Connector], created_at: datetime
) -> Invitation:
    email, name = f"bulk{number}@example.com", f"Ana Souza {number}"
    fields: dict[str, Any] = {"recipient_email": email, "recipient_normal": email, "recipient_name": name}
    return Invitation(
        **fields,
        account=account,
        created_by=by,
        created_at=created_at,
        delivery="kondado",
        form_nonce=f"bulk-{number}",
        stage=STAGES[number % len(STAGES)],
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
