"""Reads that pages need, each in a fixed number of queries. Must not write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils import timezone

from invitations.models import (
    AccessLink,
    Account,
    Connector,
    ConnectorGrant,
    Invitation,
    Membership,
    User,
)
from invitations.typed.text import fold

PAGE = 50
# What a page may be narrowed by, besides account and text, and the condition of each.
COLUMNS = {
    "stage": "stage",
    "account": "account_id",
    "manager": "created_by_id",
    "from": "created_at__gte",
    "to": "created_at__lt",
    "before": "id__lt",
}
ROW = (
    "id", "public_id", "recipient_name", "recipient_email", "account__name", "stage", "created_at",
    "created_by__full_name", "created_by__email",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One invitation as lists show it."""

    id: int
    public_id: str
    guest: str
    email: str
    account: str
    stage: str
    created_at: datetime
    manager: str
    connectors: str


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, newest first, and where the next page starts."""

    rows: list[Any]
    before: int | None


# Invitations ---------------------------------------------------------------------------------------


def page(*, user: User, values: dict[str, Any]) -> Page:
    """One page of the invitations that `user` may see; `values` as forms.FilterForm gives them. Two queries."""
    wanted = dict(values)
    if "from" in values:
        wanted["from"] = _midnight(values["from"])
    if "to" in values:
        wanted["to"] = _midnight(values["to"] + timedelta(days=1))
    rows = Invitation.objects.visible_to(user)
    rows = rows.filter(**{COLUMNS[name]: value for name, value in wanted.items() if name in COLUMNS})
    links = {name: values[name] for name in ("connector", "direction") if name in values}
    if links:
        rows = rows.filter(Exists(AccessLink.objects.filter(invitation=OuterRef("pk"), **links)))
    rows = rows.matching(fold(values.get("q", "")).split())
    found = rows_of(rows.newest_first()[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def rows_of(newest: QuerySet[Invitation]) -> list[Row]:
    """The invitations of a query that takes a few of the newest, as lists show them. Two queries.

    The database finds their keys before it joins anything to them: it would sort wide rows of everything otherwise.
    """
    few = Invitation.objects.filter(pk__in=newest.values("pk")).newest_first()
    found = list(few.values_list(*ROW))
    names = defaultdict(list)
    links = AccessLink.objects.filter(invitation__in=[row[0] for row in found]).order_by("position", "id")
    for invitation_id, name in links.values_list("invitation_id", "connector_name"):
        names[invitation_id].append(name)
    return [
        Row(pk, public_id, name or email, email, account, stage, at, manager or address, ", ".join(names[pk]))
        for pk, public_id, name, email, account, stage, at, manager, address in found
    ]


def one(*, user: User, public_id: str) -> Invitation | None:
    """One that `user` may see, with its links and all that its page shows of them. Two queries, for a manager three."""
    links = AccessLink.objects.select_related("current_attempt", "connector")
    rows = Invitation.objects.visible_to(user).select_related("account", "created_by")
    return rows.prefetch_related(Prefetch("links", links)).filter(public_id=public_id).first()


@dataclass(frozen=True, slots=True)
class Circle:
    """Key and name of the accounts that a person may see, and of the people who may have invited for them."""

    accounts: tuple[tuple[int, str], ...]
    managers: tuple[tuple[int, str], ...]


def circle(user: User) -> Circle:
    """By name. One query for a manager, two for somebody who reads everything."""
    if user.reads_everything:
        accounts = dict(Account.objects.values_list("id", "name"))
        people = User.objects.values_list("id", "full_name", "email")
        managers = {pk: name or email for pk, name, email in people}
    else:
        seats = Membership.objects.filter(account__memberships__user=user)
        people_of = ("user_id", "user__full_name", "user__email")
        rows = list(seats.values_list("account_id", "account__name", *people_of))
        accounts = {pk: name for pk, name, *_ in rows}
        managers = {pk: name or email for *_, pk, name, email in rows}
        user.account_ids = list(accounts)  # the same rows name them, which spares a query
    return Circle(_by_name(accounts), _by_name(managers))


def _by_name(names: dict[int, str]) -> tuple[tuple[int, str], ...]:
    return tuple(sorted(names.items(), key=lambda item: (fold(item[1]), item[0])))


def name_is_shared(link: AccessLink) -> bool:
    """Whether another link of the account bears the same name in Kondado."""
    if not link.assigned_collection_name:
        return False  # erased
    same = AccessLink.objects.filter(
        account=link.account_id, assigned_collection_name=link.assigned_collection_name
    )
    return same.exclude(pk=link.pk).exists()


# Form ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recent:
    """Keys of the connectors that a person asked for last, and address and name of the guests, each once."""

    connectors: tuple[int, ...] = ()
    guests: tuple[tuple[str, str], ...] = ()


def recent(*, user: User, accounts: Iterable[Account], connectors: int = 5, guests: int = 30) -> Recent:
    """What this person asked for last, of the accounts that they may invite for. One query."""
    last = Invitation.objects.of_accounts([account.pk for account in accounts]).newest_first()
    # Every invitation has a link, so that the join leaves none out.
    asked = last.filter(created_by=user, erased_at=None)
    rows = asked.values_list("links__connector_id", "recipient_email", "recipient_name")[:60]
    return Recent(
        tuple(dict.fromkeys(pk for pk, *_ in rows))[:connectors],
        tuple({email: name for _pk, email, name in reversed(rows)}.items())[::-1][:guests],
    )


# Connectors ----------------------------------------------------------------------------------------


def connector(pk: int, *, user: User) -> Connector | None:
    """One connector, offered or not; None where this person sees no such one."""
    return Connector.objects.visible_to(user).filter(pk=pk).first()


def granted(*, connectors: Iterable[int], account: Account) -> set[int]:
    """Which of these connectors the account's credential lists."""
    grants = ConnectorGrant.objects.filter(connector__in=connectors, credential=account.credential)
    return set(grants.values_list("connector_id", flat=True))
