"""Whether moments were written down that still lie ahead: the clock was set back, or another machine's runs ahead.

Reads only; services.upkeep.clock_jumps puts right what such moments would hold up.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max

from invitations.models import AuditEvent, EventKind, VendorCall, WorkerBeat

TOLERANCE = timedelta(seconds=60)  # two machines' clocks may differ by as much


def ahead(now: datetime) -> timedelta | None:
    """How far the latest moment that somebody wrote as past lies ahead of `now`; None within the tolerance.

    Three queries, each of one row.
    """
    newest = AuditEvent.objects.order_by("-number").values_list("at", flat=True).first()
    beat = WorkerBeat.objects.aggregate(last=Max("beat_at"))["last"]
    answered = VendorCall.objects.filter(arrived_at__isnull=False).order_by("-arrived_at")
    arrival = answered.values_list("arrived_at", flat=True).first()
    latest = max((moment for moment in (newest, beat, arrival) if moment), default=now)
    return latest - now if latest - now > TOLERANCE else None


def last_put_right(now: datetime, within: timedelta) -> AuditEvent | None:
    """The last event that tells of such moments, if it is not older than `within`."""
    events = AuditEvent.objects.filter(kind=EventKind.CLOCK_SET_BACK, at__gt=now - within)
    return events.order_by("-number").first()
