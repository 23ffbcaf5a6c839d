"""Reads that pages need, each in a fixed number of queries. Must not write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from invitations.models import (
    AccessLink,
    Account,
    AuditDetail,
    AuditEvent,
    Connector,
    ConnectorGrant,
    Invitation,
    Membership,
    User,
)
from invitations.text import fold

PAGE = 50


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


def invitations(*, user: User, values: dict[str, Any]) -> Page:
    """One page of the invitations that `user` may see; `values` as forms.FilterForm gives them. Two queries."""
    rows = Invitation.objects.visible_to(user).filter(_conditions(values))
    if "q" in values:
        rows = rows.matching(fold(values["q"]))
    if "before" in values:
        rows = rows.older_than(values["before"])
    found = rows_of(rows.newest_first()[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None)


def _conditions(values: dict[str, Any]) -> Q:
    wanted = Q()
    for name, column in (("stage", "stage"), ("account", "account_id"), ("manager", "created_by_id")):
        if name in values:
            wanted &= Q(**{column: values[name]})
    links = {
        f"{column}": values[name]
        for name, column in (("connector", "connector_id"), ("direction", "direction"))
        if name in values
    }
    if links:
        wanted &= Q(Exists(AccessLink.objects.filter(invitation_id=OuterRef("pk"), **links)))
    if "from" in values:
        wanted &= Q(created_at__gte=_midnight(values["from"]))
    if "to" in values:
        wanted &= Q(created_at__lt=_midnight(values["to"] + timedelta(days=1)))
    return wanted


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def rows_of(query: QuerySet[Invitation]) -> list[Row]:
    """A query's invitations as lists show them. Two queries."""
    found = list(
        query.values_list(
            "id", "public_id", "recipient_name", "recipient_email", "account__name", "stage", "created_at",
            "created_by__full_name", "created_by__email",
        )
    )  # fmt: skip
    names = defaultdict(list)
    links = AccessLink.objects.filter(invitation_id__in=[row[0] for row in found]).order_by("position", "id")
    for invitation_id, name in links.values_list("invitation_id", "connector_name"):
        names[invitation_id].append(name)
    return [
        Row(pk, public_id, name or email, email, account, stage, at, manager or address, ", ".join(names[pk]))
        for pk, public_id, name, email, account, stage, at, manager, address in found
    ]


def accounts_to_invite_for(user: User) -> list[Account]:
    """The accounts that `user` may invite for, by name."""
    return list(Account.objects.usable_by(user))


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
        rows = list(
            seats.values_list("account_id", "account__name", "user_id", "user__full_name", "user__email")
        )
        accounts = {pk: name for pk, name, *_ in rows}
        managers = {pk: name or email for *_, pk, name, email in rows}
        user.account_ids = list(accounts)  # the same rows name them, which spares a query
    return Circle(_by_name(accounts), _by_name(managers))


def _by_name(names: dict[int, str]) -> tuple[tuple[int, str], ...]:
    return tuple(sorted(names.items(), key=lambda item: (fold(item[1]), item[0])))


def name_is_shared(link: AccessLink) -> bool:
    """Whether another link of the account bears the same name in Kondado."""
    same = AccessLink.objects.filter(
        account_id=link.account_id, assigned_collection_name=link.assigned_collection_name
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
    last = Invitation.objects.filter(
        created_by=user, account__in=[account.pk for account in accounts], erased_at=None
    ).newest_first()
    # Every invitation has a link, so that the join leaves none out.
    rows = list(last.values_list("links__connector_id", "recipient_email", "recipient_name")[:60])
    return Recent(
        tuple(dict.fromkeys(pk for pk, *_ in rows))[:connectors],
        tuple({email: name for _pk, email, name in reversed(rows)}.items())[::-1][:guests],
    )


# Connectors ----------------------------------------------------------------------------------------


def connector(pk: int) -> Connector | None:
    """One connector, offered or not."""
    return Connector.objects.filter(pk=pk).first()


def granted(*, connectors: Iterable[int], account: Account) -> set[int]:
    """Which of these connectors the account's credential lists."""
    grants = ConnectorGrant.objects.filter(connector_id__in=connectors, credential=account.credential)
    return set(grants.values_list("connector_id", flat=True))


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


def last_sync() -> datetime | None:
    """When Kondado's catalogue was read last."""
    events = AuditEvent.objects.filter(kind="catalogue.synced").order_by("-number")
    return events.values_list("at", flat=True).first()


# The record ----------------------------------------------------------------------------------------


def timeline(invitation: Invitation) -> list[tuple[AuditEvent, list[AuditDetail]]]:
    """Everything recorded about one invitation, newest first. Two queries."""
    about = AuditEvent.objects.filter(object=f"invitation:{invitation.public_id}").order_by("-number")
    return _with_details(about)


def history(values: dict[str, Any]) -> Page:
    """One page of the record; `values` as forms.HistoryForm gives them. Two queries."""
    events = AuditEvent.objects.order_by("-number")
    for name in ("kind", "actor", "object"):
        if name in values:
            events = events.filter(**{name: values[name]})
    if "before" in values:
        events = events.filter(number__lt=values["before"])
    found = _with_details(events[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1][0].number if len(found) > PAGE else None)


def _with_details(events: Iterable[AuditEvent]) -> list[tuple[AuditEvent, list[AuditDetail]]]:
    rows = list(events)
    details = defaultdict(list)
    for detail in AuditDetail.objects.filter(event_id__in=[event.number for event in rows]):
        details[detail.event_id].append(detail)
    return [(event, details[event.number]) for event in rows]
