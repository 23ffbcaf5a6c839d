"""The record as pages read it: events with what they say of people. services.base.audit writes and checks it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from invitations.models import AuditDetail, AuditEvent, EventKind, Invitation
from invitations.models.audit import reference
from invitations.services.reads.invitations import PAGE, Page

Told = tuple[AuditEvent, list[AuditDetail]]


def of_invitation(invitation: Invitation) -> list[Told]:
    """Everything recorded about one invitation, newest first. Two queries."""
    events = AuditEvent.objects.about(invitation).order_by("-number")
    return _joined(events, AuditDetail.objects.filter(event__object=reference(invitation)))


def history(values: dict[str, Any]) -> Page:
    """One page of the record; `values` as forms.HistoryForm gives them. Two queries."""
    events = AuditEvent.objects.order_by("-number")
    for name in ("kind", "actor", "object"):
        if name in values:
            events = events.filter(**{name: values[name]})
    if "before" in values:
        events = events.filter(number__lt=values["before"])
    rows = list(events[: PAGE + 1])
    found = _joined(rows, AuditDetail.objects.filter(event__in=rows))
    return Page(found[:PAGE], found[PAGE - 1][0].number if len(found) > PAGE else None)


def _joined(events: Iterable[AuditEvent], details: Iterable[AuditDetail]) -> list[Told]:
    of_event = defaultdict(list)
    for detail in details:
        of_event[detail.event_id].append(detail)
    return [(event, of_event[event.number]) for event in events]


def last_sync() -> datetime | None:
    """When Kondado's catalogue was read last."""
    events = AuditEvent.objects.filter(kind=EventKind.CATALOGUE_SYNCED).order_by("-number")
    return events.values_list("at", flat=True).first()
