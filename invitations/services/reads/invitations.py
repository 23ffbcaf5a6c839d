"""Reads that pages need, each in a fixed number of queries. Must not write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
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
from invitations.models.prepared import keep_related, prepared
from invitations.text import fold

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
    if not user.reads_everything:
        wanted["accounts"] = user.account_ids
    if "from" in values:
        wanted["from"] = _midnight(values["from"])
    if "to" in values:
        wanted["to"] = _midnight(values["to"] + timedelta(days=1))
    if "q" in values:
        wanted["q"] = fold(values["q"]).split()
    found = _with_names(_page(**wanted))
    return Page(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None)


@prepared
def _page(**wanted: Any) -> QuerySet[Invitation, Any]:
    """The columns of a page of invitations and of one more. Which names stand in `wanted` decides its conditions."""
    rows = Invitation.objects.all()
    if "accounts" in wanted:
        rows = rows.of_accounts(wanted["accounts"])
    columns = {name: wanted[name] for name in COLUMNS if name in wanted}
    links = {name: wanted[name] for name in ("connector", "direction") if name in wanted}
    rows = rows.filter(**{COLUMNS[name]: value for name, value in columns.items()})
    if links:
        rows = rows.filter(Exists(AccessLink.objects.filter(invitation_id=OuterRef("pk"), **links)))
    rows = rows.matching(wanted.get("q", ()))
    return rows.newest_first().values_list(*ROW)[: PAGE + 1]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def rows_of(query: QuerySet[Invitation]) -> list[Row]:
    """A query's invitations as lists show them. Two queries."""
    return _with_names(list(query.values_list(*ROW)))


def _with_names(found: list[tuple[Any, ...]]) -> list[Row]:
    names = defaultdict(list)
    for invitation_id, name in _names_of_links(invitations=[row[0] for row in found]):
        names[invitation_id].append(name)
    return [
        Row(pk, public_id, name or email, email, account, stage, at, manager or address, ", ".join(names[pk]))
        for pk, public_id, name, email, account, stage, at, manager, address in found
    ]


@prepared
def _names_of_links(invitations: list[int]) -> QuerySet[AccessLink, Any]:
    rows = AccessLink.objects.filter(invitation__id__in=invitations).order_by("position", "id")
    return rows.values_list("invitation_id", "connector_name")


def one(*, user: User, public_id: str) -> Invitation | None:
    """One that `user` may see, with its links and all that its page shows of them. Two queries, for a manager three."""
    accounts = {} if user.reads_everything else {"accounts": user.account_ids}
    found: Invitation | None = next(iter(_invitations(public_id=public_id, **accounts)), None)
    if found:
        keep_related(found, "links", _links(invitation=found.pk))
    return found


@prepared
def _invitations(public_id: str, accounts: list[int] | None = None) -> QuerySet[Invitation]:
    rows = Invitation.objects.filter(public_id=public_id).select_related("account", "created_by")
    return rows if accounts is None else rows.of_accounts(accounts)


@prepared
def _links(invitation: int) -> QuerySet[AccessLink]:
    return AccessLink.objects.filter(invitation=invitation).select_related("current_attempt", "connector")


def accounts_to_invite_for(user: User) -> list[Account]:
    """The accounts that `user` may invite for, by name."""
    return list(Account.objects.usable_by(user)) if user.is_admin else _accounts_of(manager=user.pk)


@prepared
def _accounts_of(manager: int) -> QuerySet[Account]:
    return Account.objects.of_manager(manager)


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
        rows = _seats(user=user.pk)
        accounts = {pk: name for pk, name, *_ in rows}
        managers = {pk: name or email for *_, pk, name, email in rows}
        user.account_ids = list(accounts)  # the same rows name them, which spares a query
    return Circle(_by_name(accounts), _by_name(managers))


@prepared
def _seats(user: int) -> QuerySet[Membership, Any]:
    seats = Membership.objects.filter(account__memberships__user=user)
    return seats.values_list("account_id", "account__name", "user_id", "user__full_name", "user__email")


def _by_name(names: dict[int, str]) -> tuple[tuple[int, str], ...]:
    return tuple(sorted(names.items(), key=lambda item: (fold(item[1]), item[0])))


def name_is_shared(link: AccessLink) -> bool:
    """Whether another link of the account bears the same name in Kondado."""
    if not link.assigned_collection_name:
        return False  # erased
    same = _links_named(account=link.account_id, name=link.assigned_collection_name)
    return any(pk != link.pk for (pk,) in same)


@prepared
def _links_named(account: int, name: str) -> QuerySet[AccessLink, Any]:
    return AccessLink.objects.filter(account=account, assigned_collection_name=name).values_list("pk")[:2]


# Form ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recent:
    """Keys of the connectors that a person asked for last, and address and name of the guests, each once."""

    connectors: tuple[int, ...] = ()
    guests: tuple[tuple[str, str], ...] = ()


def recent(*, user: User, accounts: Iterable[Account], connectors: int = 5, guests: int = 30) -> Recent:
    """What this person asked for last, of the accounts that they may invite for. One query."""
    rows = _asked_last(by=user.pk, accounts=[account.pk for account in accounts])
    return Recent(
        tuple(dict.fromkeys(pk for pk, *_ in rows))[:connectors],
        tuple({email: name for _pk, email, name in reversed(rows)}.items())[::-1][:guests],
    )


@prepared
def _asked_last(by: int, accounts: list[int]) -> QuerySet[Invitation, Any]:
    last = Invitation.objects.of_accounts(accounts).filter(created_by=by, erased_at=None).newest_first()
    # Every invitation has a link, so that the join leaves none out.
    return last.values_list("links__connector_id", "recipient_email", "recipient_name")[:60]


# Connectors ----------------------------------------------------------------------------------------


def connector(pk: int) -> Connector | None:
    """One connector, offered or not."""
    return next(iter(_connectors(key=pk)), None)


@prepared
def _connectors(key: int) -> QuerySet[Connector]:
    return Connector.objects.filter(pk=key)


def granted(*, connectors: Iterable[int], account: Account) -> set[int]:
    """Which of these connectors the account's credential lists."""
    return {pk for (pk,) in _grants(connectors=list(connectors), credential=account.credential)}


@prepared
def _grants(connectors: list[int], credential: str) -> QuerySet[ConnectorGrant, Any]:
    grants = ConnectorGrant.objects.filter(connector__id__in=connectors, credential=credential)
    return grants.values_list("connector_id")


# Plain SQL for what two busy pages ask each time; the ORM takes longer to write it than the database to answer.
STAMP = """
SELECT MAX(last_seen_at), MAX(id), COUNT(*), SUM(LENGTH(logo)) FROM invitations_connector WHERE is_active
"""


def catalogue_stamp() -> tuple[Any, ...]:
    """Differs after every change of the catalogue, the arrival of logos included."""
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
        stamp: tuple[Any, ...] = cursor.fetchone()
    return stamp
