"""How the portal is, in plain numbers, for the system page. Reads only, in a fixed number of queries.

What the numbers mean and whether they are good is said in invitations.system_wording.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from invitations.models import (
    AccessLink,
    Account,
    Attempt,
    AuditEvent,
    ConnectorGrant,
    Hold,
    Message,
    Status,
    VendorCall,
    WorkerBeat,
    guards,
)
from invitations.models.attempt import Outcome
from invitations.models.call import CallKind
from invitations.models.hold import HoldScope
from invitations.models.invitation import not_ended
from invitations.models.message import MessageStatus
from invitations.services.reads import clock_ahead, health, pulse, sealed_values

MAIL_DAYS = timedelta(days=7)
CLOCK_TOLD = timedelta(days=1)
FORGOTTEN = timedelta(days=1)  # after which a worker that was killed is not spoken of any more


@dataclass(frozen=True, slots=True)
class Standing:
    """A hold, and how many queued links wait behind it."""

    hold: Hold
    waiting: int


@dataclass(frozen=True, slots=True)
class Guards:
    """What keeps the record as it is: triggers that are missing, rights too many, whether its role owns the record."""

    missing: list[str]
    too_many: list[str]
    owner: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """How far moments lie ahead of it now, and the event that tells when such ones were last put right."""

    ahead: timedelta | None
    put_right: AuditEvent | None


@dataclass(frozen=True, slots=True)
class State:
    """Everything that the system page shows. Ages are moments; the page says how long ago they are."""

    now: datetime
    pulse: pulse.Pulse
    workers: list[WorkerBeat]
    links: dict[str, Any]
    calls: dict[str, Any]
    holds: list[Standing]
    mail: dict[str, tuple[int, datetime]]
    catalogues: dict[str, datetime | None]
    database: tuple[str, int | None]
    guards: Guards
    disk: tuple[int, int] | None
    keys: list[sealed_values.Use]
    clock: Clock
    version: str


def state(*, now: datetime | None = None) -> State:
    """As it is now."""
    now = now or timezone.now()
    workers = WorkerBeat.objects.filter(beat_at__gt=now - FORGOTTEN).order_by("started_at")
    return State(
        now=now,
        pulse=pulse.take(now=now),
        workers=list(workers),
        links=_links(now),
        calls=_calls(now),
        holds=standing_holds(),
        mail=_mail(now),
        catalogues=_catalogues(),
        database=_database(),
        guards=Guards(
            guards.missing(connection), guards.rights_too_many(connection), guards.owns_the_record(connection)
        ),
        disk=_disk(),
        keys=sealed_values.usage(),
        clock=Clock(clock_ahead.ahead(now), clock_ahead.last_put_right(now, CLOCK_TOLD)),
        version=version(),
    )


def _links(now: datetime) -> dict[str, Any]:
    queued, unknown = Q(not_ended(at="invitation__"), status=Status.QUEUED), Q(status=Status.UNKNOWN)
    later = queued & Q(not_before__gt=now)
    rows = AccessLink.objects.filter(queued | unknown)
    return rows.aggregate(
        due=Count("pk", filter=queued & ~later),
        later=Count("pk", filter=later),
        oldest=Min("queued_at", filter=queued),
        unknown=Count("pk", filter=unknown),
        oldest_unknown=Min("current_attempt__finished_at", filter=unknown),
    )


def _calls(now: datetime) -> dict[str, Any]:
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    ready = Attempt.objects.filter(outcome=Outcome.READY, settled_how="").order_by("-finished_at", "-id")
    listed = VendorCall.objects.filter(kind=CallKind.CATALOGUE, outcome="listed").order_by("-arrived_at")
    minute = VendorCall.objects.filter(arrived_at__gt=now - timedelta(minutes=1))
    pauses = VendorCall.objects.filter(
        Q(pause_until__gt=now) | Q(pause_until__gt=today, arrived_at__gte=today)
    )
    return {
        "ready": ready.values_list("finished_at", flat=True).first(),
        "catalogue": listed.values_list("arrived_at", flat=True).first(),
        "minute": minute.count(),
        "limit": settings.KONDADO_CALLS_PER_MINUTE,
        **pauses.aggregate(
            refused=Count("pk", filter=Q(arrived_at__gte=today)), pause_until=Max("pause_until")
        ),
    }


def standing_holds() -> list[Standing]:
    """Every hold that stops something, the oldest first, with what waits behind it. Two queries."""
    found = Hold.objects.stopping().select_related("account", "access_link__invitation", "set_by")
    counts = list(
        AccessLink.objects.still_asked()
        .filter(status=Status.QUEUED)
        .order_by()
        .values_list("account_id", "account__credential")
        .annotate(Count("pk"))
    )
    return [Standing(hold, _behind(hold, counts)) for hold in found.order_by("since", "id")]


def _behind(hold: Hold, counts: list[tuple[int, str, int]]) -> int:
    if hold.scope == HoldScope.LINK:
        return int(hold.access_link is not None and hold.access_link.status == Status.QUEUED)
    return sum(
        count
        for account, credential, count in counts
        if hold.scope == HoldScope.EVERYTHING
        or (hold.scope == HoldScope.CREDENTIAL and hold.credential == credential)
        or (hold.scope == HoldScope.ACCOUNT and hold.account_id == account)
    )


def _mail(now: datetime) -> dict[str, tuple[int, datetime]]:
    """Count and oldest of each status that wants a look; what failed counts for a week."""
    trouble = [MessageStatus.FAILED, MessageStatus.UNKNOWN, MessageStatus.BOUNCED]
    rows = Message.objects.filter(
        Q(status=MessageStatus.QUEUED) | Q(status__in=trouble, created_at__gt=now - MAIL_DAYS)
    )
    found = rows.order_by().values_list("status").annotate(Count("pk"), Min("created_at"))
    return {status: (count, oldest) for status, count, oldest in found}


def _catalogues() -> dict[str, datetime | None]:
    """When each credential's catalogue was last read; empty for one that an account names and nobody read."""
    named = Account.objects.order_by().values_list("credential", flat=True).distinct()
    read = ConnectorGrant.objects.order_by().values_list("credential").annotate(Max("seen_at"))
    return dict.fromkeys(named) | dict(read)


def _database() -> tuple[str, int | None]:
    """Kind and bytes; the bytes are unknown where they cannot be had cheaply."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return "PostgreSQL", cursor.fetchone()[0]
    name = str(connection.settings_dict["NAME"])
    with suppress(OSError):
        return "SQLite", sum(
            os.path.getsize(name + end) for end in ("", "-wal") if os.path.exists(name + end)
        )
    return "SQLite", None


def _disk() -> tuple[int, int] | None:
    """Free and all bytes of the disk that VAR_DIR is on; None when it cannot be read."""
    with suppress(OSError):
        usage = shutil.disk_usage(settings.VAR_DIR)
        return usage.free, usage.total
    return None


@cache
def version() -> str:
    """The portal's version, as pyproject.toml says."""
    text = (settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def alive(workers: list[WorkerBeat], now: datetime) -> list[WorkerBeat]:
    """Those that showed themselves lately."""
    return [worker for worker in workers if worker.beat_at >= now - health.LATE_AFTER]
