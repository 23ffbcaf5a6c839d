"""Who works for the agency, and for which accounts. Names and numbers only; do.py knows two addresses and two client ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from invitations.models import Account, Role, User
from invitations.services.people import accounts
from invitations.services.people.accounts import Brand


@dataclass(frozen=True)
class Place:
    """One Kondado account of the agency; without a silent address Kondado mails its guests itself."""

    name: str
    client_id: str
    silent_address: str
    brand: Brand


@dataclass(frozen=True)
class Colleague:
    """Somebody who signs in; `client_ids` are the accounts of a manager."""

    name: str
    email: str
    role: Role
    client_ids: tuple[str, ...] = ()


PLACES = (
    Place("Farol Digital", "100001", "convites@faroldigital.example", Brand("Agência Farol", "teal")),
    Place("Farol Varejo", "100002", "kondado@farolvarejo.example", Brand("Farol Varejo", "orange")),
    Place("Farol Andina", "100003", "", Brand("Farol Andina", "violet", "es")),
)
COLLEAGUES = (
    Colleague("Marina Costa", "manager@example.com", Role.MANAGER, ("100001", "100002")),
    Colleague("Paula Andrade", "paula@example.com", Role.MANAGER, ("100001", "100002")),
    Colleague("Rafael Teixeira", "rafael@example.com", Role.MANAGER, ("100001", "100003")),
    Colleague("Lucía Herrera", "lucia@example.com", Role.MANAGER, ("100003",)),
    Colleague("Adriano Lima", "admin@example.com", Role.ADMIN),
    Colleague("Helena Duarte", "auditor@example.com", Role.AUDITOR),
)
# Who invites in which account, each with a weight.
AUTHORS = {
    "100001": {"manager@example.com": 6, "paula@example.com": 3, "rafael@example.com": 2},
    "100002": {"manager@example.com": 4, "paula@example.com": 3},
    "100003": {"lucia@example.com": 4, "rafael@example.com": 2, "admin@example.com": 1},
}
MANAGER, ADMIN = "manager@example.com", "admin@example.com"


def hire(*, now: datetime) -> tuple[dict[str, Account], dict[str, User]]:
    """Makes the accounts and people that are missing: accounts by client id, people by address."""
    known = {account.client_id: account for account in Account.objects.all()}
    for place in PLACES:
        if place.client_id not in known:
            known[place.client_id] = accounts.create_account(
                name=place.name,
                client_id=place.client_id,
                silent_address=place.silent_address,
                brand=place.brand,
                now=now,
            )
    people = {}
    for one in COLLEAGUES:
        people[one.email], _is_new = accounts.save_member(
            email=one.email, role=one.role, name=one.name, client_ids=list(one.client_ids), now=now
        )
    return known, people
