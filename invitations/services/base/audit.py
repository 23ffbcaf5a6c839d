"""Writes the record: one event in a hash chain, with the names it concerns kept apart so that they can be erased.

Recording is the last write of a service, because it takes the lock on the head of the chain.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from invitations.models import AuditDetail, AuditEvent, AuditHead, EventKind, User, guards
from invitations.models.audit import reference
from invitations.models.sealed import Unreadable
from invitations.services.base import pseudonyms
from portal.logging import request_id

WORKER, GUEST, SYSTEM = "worker", "guest", "system"
REFERENCE = 52  # characters of a person's name that an event's object has room for


@dataclass(frozen=True)
class Person:
    """Somebody whom an event concerns. Stands in an erasable detail, never in the event."""

    email: str
    name: str = field(default="")
    role: str = "guest"


def actor_name(by: User | str) -> str:
    """How an event refers to who acted."""
    return reference(by)


def person_object(name: str) -> str:
    """How an event's object points to a person by their name in the record, as far as there is room."""
    return f"person:{name[:REFERENCE]}"


def canonical(value: Any) -> bytes:
    """One byte form for a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def detail_digest(salt: str, detail: dict[str, Any]) -> str:
    """Binds a detail to its event; without the salt it says nothing about the person."""
    return hmac.new(bytes.fromhex(salt), canonical(detail), hashlib.sha256).hexdigest()


def event_hash(event: AuditEvent) -> str:
    """SHA-256 over everything in the event and the hash before it."""
    fields = [
        event.number,
        event.at.isoformat(timespec="microseconds"),
        event.kind,
        event.actor,
        event.object,
        event.request_id,
        event.data,
        event.people,
        event.previous_hash,
    ]
    return hashlib.sha256(canonical(fields)).hexdigest()


def record(
    *,
    kind: EventKind,
    by: User | str,
    about: str | Model,
    data: dict[str, Any] | None = None,
    people: tuple[Person, ...] = (),
    now: datetime | None = None,
) -> AuditEvent:
    """Adds one event to the chain. Call it last in the transaction of the change it tells of.

    `about` is the row that changed, or a name for what is none. `data` must hold nothing personal and no secret. Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an event is recorded in the transaction of its change")
    head = AuditHead.objects.select_for_update().get(id=1)
    details = _details(by, people)
    event = AuditEvent(
        number=head.number + 1,
        at=(now or timezone.now()).astimezone(UTC),
        kind=EventKind(kind).value,
        actor=actor_name(by),
        object=reference(about),
        request_id=request_id.get(),
        data=data or {},
        people=[{"person": key, "digest": detail_digest(salt, detail)} for key, salt, detail in details],
        previous_hash=head.hash,
    )
    event.hash = event_hash(event)
    event.save(force_insert=True)
    AuditDetail.objects.bulk_create(
        AuditDetail(event=event, person=key, salt=salt, detail=detail) for key, salt, detail in details
    )
    head.number, head.hash = event.number, event.hash
    head.save(update_fields=["number", "hash"])
    return event


def line_up() -> None:
    """Takes the lock on the head of the chain before its time, for a decision that rests on what others record.

    Until the transaction ends nobody else can record anything, so everything recorded before can be read.
    """
    AuditHead.objects.select_for_update().get(id=1)


def _details(by: User | str, people: tuple[Person, ...]) -> list[tuple[str, str, dict[str, Any]]]:
    """Key, salt and words of each person concerned, once each; whoever acts comes first."""
    if isinstance(by, User):
        people = (Person(by.email, by.full_name, "actor"), *people)
    named = [person for person in people if person.email]  # the others were erased meanwhile
    if not named:
        return []
    key = pseudonyms.key()
    found: dict[str, dict[str, Any]] = {}
    for person in named:
        words = {"name": person.name, "email": person.email, "role": person.role}
        found.setdefault(pseudonyms.under(key, person.email), words)
    return [(key, secrets.token_hex(32), words) for key, words in found.items()]


@transaction.atomic
def note(
    *,
    kind: EventKind,
    by: User | str,
    about: str | Model,
    data: dict[str, Any] | None = None,
    people: tuple[Person, ...] = (),
) -> None:
    """Records something that changes no row of ours, such as a sign-in."""
    record(kind=kind, by=by, about=about, data=data, people=people)


def problems(*, head: tuple[int, str] | None = None) -> Iterator[str]:
    """What is wrong with the record, first bad event first; nothing when it is sound.

    `head` is a number and hash noted down earlier, elsewhere: it shows a cut tail or a rewritten chain.
    """
    for name in guards.missing(connection):
        yield f"trigger {name} is missing"
    for right in guards.rights_too_many(connection):
        yield f"the portal's role has the right to {right}"
    try:
        reach = pseudonyms.Reach()
    except Unreadable:
        yield "the key that names people cannot be read: FIELD_KEYS lacks what it was sealed with"
        reach = None
    erased = _erased()
    number, previous, seen_head = 0, "0" * 64, head is None or head[0] == 0
    for event in AuditEvent.objects.order_by("number").prefetch_related("details").iterator(chunk_size=500):
        if event.number != number + 1:
            yield f"event {number + 1} is missing"
        number = event.number
        if event.previous_hash != previous or event_hash(event) != event.hash:
            yield f"event {number} was changed"
        previous = event.hash
        yield from _detail_problems(event, erased, reach)
        if head and number == head[0]:
            seen_head = event.hash == head[1]
    current = AuditHead.objects.get(id=1)
    if (current.number, current.hash) != (number, previous):
        yield f"the end of the record is missing after event {number}"
    if not seen_head:
        yield "the noted head is not part of this record"


def _erased() -> set[str]:
    """Of whom details may be missing, as `person:` and the beginning of their name in the record."""
    events = AuditEvent.objects.filter(kind=EventKind.PERSON_ERASED).values_list("object", "data")
    found = set()
    for about, data in events.iterator():
        found.add(about)
        found.update(data.get("formerly", ()))
    return found


def _detail_problems(event: AuditEvent, erased: set[str], reach: pseudonyms.Reach | None) -> Iterator[str]:
    found = {detail.person: detail for detail in event.details.all()}
    for entry in event.people:
        detail = found.pop(entry["person"], None)
        if detail is None:
            if person_object(entry["person"]) not in erased:
                yield f"event {event.number} lost a detail"
        elif detail_digest(detail.salt, detail.detail) != entry["digest"]:
            yield f"event {event.number} has a changed detail"
        elif reach and not reach.finds(detail):
            yield f"event {event.number} has a detail that erasing cannot reach (rotate_field_keys --new-names mends it)"
    if found:
        yield f"event {event.number} has a detail too many"
