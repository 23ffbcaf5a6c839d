"""The database itself refuses to change the record, whoever asks, and refuses impossible links."""

# ruff: noqa: S608 - only fixed table names are put into these statements

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from invitations.models import AccessLink, AuditDetail, AuditEvent, AuditHead, User, guards
from invitations.services.base import audit

pytestmark = pytest.mark.django_db

ON_SQLITE = connection.vendor == "sqlite"
TABLES = [guards.EVENT, guards.DETAIL, guards.HEAD]
EVENT_COLUMNS = "number, at, kind, actor, object, request_id, data, people, previous_hash, hash"


@pytest.fixture
def event(manager: User) -> AuditEvent:
    """The last of several events; it has a detail."""
    return AuditEvent.objects.filter(details__isnull=False).latest("number")


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def refused(change: Callable[[], Any]) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change()


WRITES: dict[str, Callable[[AuditEvent], Any]] = {
    "event.save": lambda event: event.save(),
    "event.delete": lambda event: event.delete(),
    "event.update": lambda event: AuditEvent.objects.filter(pk=event.pk).update(kind="nothing"),
    "event.bulk_update": lambda event: AuditEvent.objects.bulk_update([event], ["kind"]),
    "event.upsert": lambda event: AuditEvent.objects.bulk_create(
        [event], update_conflicts=True, unique_fields=["number"], update_fields=["kind"]
    ),
    "event.raw update": lambda event: run(
        f"UPDATE {guards.EVENT} SET kind = 'x' WHERE number = %s", event.pk
    ),
    "event.raw delete": lambda _event: run(f"DELETE FROM {guards.EVENT}"),
    "detail.save": lambda event: event.details.first().save(),
    "detail.update": lambda _event: AuditDetail.objects.update(salt="0" * 64),
    "detail.bulk_update": lambda _event: AuditDetail.objects.bulk_update(
        AuditDetail.objects.all(), ["detail"]
    ),
    "head.delete": lambda _event: AuditHead.objects.all().delete(),
    "head.raw delete": lambda _event: run(f"DELETE FROM {guards.HEAD}"),
}


@pytest.mark.parametrize("name", WRITES)
def test_s51_the_database_refuses_to_change_the_record(event, name):
    refused(lambda: WRITES[name](event))
    assert next(audit.problems(), None) is None


SAME_EVENT = f"SELECT {EVENT_COLUMNS} FROM {guards.EVENT} WHERE number = 1"
SAME_DETAIL = f"SELECT event_id, person, salt, detail FROM {guards.DETAIL}"
# Past the ORM. Without recursive triggers SQLite's REPLACE deletes a row past every delete trigger;
# PostgreSQL's TRUNCATE goes past every row trigger.
SQLITE_STATEMENTS = [
    f"PRAGMA recursive_triggers = {recursive}; {words} INTO {rest}"
    for recursive in ("ON", "OFF")
    for words in ("INSERT OR REPLACE", "REPLACE")
    for rest in (
        f"{guards.EVENT} ({EVENT_COLUMNS}) {SAME_EVENT}",
        f"{guards.EVENT} ({EVENT_COLUMNS}) {SAME_EVENT.replace('SELECT number', 'SELECT 999')}",
        f"{guards.DETAIL} (event_id, person, salt, detail) {SAME_DETAIL}",
    )
]
POSTGRES_STATEMENTS = [
    f"INSERT INTO {guards.EVENT} ({EVENT_COLUMNS}) {SAME_EVENT} ON CONFLICT (number) DO UPDATE SET kind = 'x'",
    f"INSERT INTO {guards.DETAIL} (event_id, person, salt, detail) {SAME_DETAIL} ON CONFLICT (event_id, person) DO UPDATE SET salt = 'x'",
    *(f"TRUNCATE {table} CASCADE" for table in TABLES),
]


@pytest.mark.parametrize("text", SQLITE_STATEMENTS if ON_SQLITE else POSTGRES_STATEMENTS)
def test_s51_no_statement_replaces_or_empties_the_record(event, text):
    *settings, statement = text.split("; ")
    try:
        for setting in settings:
            run(setting)
        refused(lambda: run(statement))
    finally:
        if ON_SQLITE:
            run("PRAGMA recursive_triggers = ON")


def test_a_detail_may_be_deleted_because_people_may_be_erased(event):
    event.details.all().delete()

    assert f"event {event.number} lost a detail" in list(audit.problems())


def table_of(body: str) -> str:
    return body.split(" ON ")[1].split()[0]


# How each trigger can be lost.
LOSSES = (
    [(name, f"DROP TRIGGER {name}") for name in guards.SQLITE]
    if ON_SQLITE
    else [
        (name, statement.format(name=name, table=table_of(body)))
        for name, body in guards.POSTGRES.items()
        for statement in ("DROP TRIGGER {name} ON {table}", "ALTER TABLE {table} DISABLE TRIGGER {name}")
    ]
)


@pytest.mark.parametrize(("name", "statement"), LOSSES)
def test_a_trigger_that_is_lost_is_named_and_put_back(name, statement):
    assert guards.missing(connection) == []

    run(statement)
    assert guards.missing(connection) == [name]

    guards.install(connection)
    assert guards.missing(connection) == []


Fields = dict[str, Any]
# Constraint, fields that it lets pass, fields that it refuses; callables are asked for a value.
RULES: list[tuple[str, Fields, Fields]] = [
    ("link_status_known", {"status": "cancelled"}, {"status": "sent"}),
    ("link_direction_known", {"direction": "dest"}, {"direction": "both"}),
    (
        "link_lease_while_in_hand",
        {"status": "connecting", "lease_until": timezone.now},
        {"status": "on_wire"},
    ),
    ("link_lease_while_in_hand", {"status": "ready", "lease_until": None}, {"lease_until": timezone.now}),
    ("link_waits_queued", {"not_before": timezone.now}, {"status": "ready", "not_before": timezone.now}),
    (
        "link_confirmed_by_somebody",
        {"confirmed_at": timezone.now, "confirmed_by": User.objects.get},
        {"confirmed_at": timezone.now},
    ),
    (
        "link_confirmed_by_somebody",
        {"confirmed_at": None, "confirmed_by": None},
        {"confirmed_by": User.objects.get},
    ),
]


def change(link: AccessLink, fields: Fields) -> None:
    values = {name: value() if callable(value) else value for name, value in fields.items()}
    with transaction.atomic():
        QuerySet(AccessLink).filter(pk=link.pk).update(**values)  # past the guard in the model


@pytest.mark.parametrize(("name", "good", "bad"), RULES)
def test_the_database_holds_the_rules_of_a_link(make_invitation, name, good, bad):
    link = make_invitation().links.get()

    with pytest.raises(IntegrityError, match=name):
        change(link, bad)
    change(link, good)


def test_the_database_lets_one_open_link_stand(make_invitation):
    same = {"recipient_email": "ana@example.com"}
    make_invitation(**same)
    second = make_invitation(**same, insist_reason="The first one went astray").links.get()
    other = make_invitation(recipient_email="bea@example.com").links.get()

    with pytest.raises(IntegrityError):
        change(second, {"holds_open_slot": True})
    with pytest.raises(IntegrityError):
        change(other, {"recipient_normal": "ana@example.com"})
    change(other, {"recipient_normal": "ana@example.com", "holds_open_slot": False})


def test_every_rule_of_a_link_is_tried():
    named = {constraint.name for constraint in AccessLink._meta.constraints}

    assert named == {name for name, _good, _bad in RULES} | {"link_one_open"}
