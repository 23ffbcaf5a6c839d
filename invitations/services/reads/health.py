"""Whether the portal works: database, migrations, triggers, rights, and signs of life of the workers."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from invitations.models import AccessLink, Status, WorkerBeat, guards

LATE_AFTER = timedelta(seconds=60)


def late_since(last_beat: datetime | None, first_queued: datetime | None, now: datetime) -> datetime | None:
    """Since when nobody works, if for more than a minute: the last sign of life, or else what has waited longest."""
    # Where nobody ever worked, that matters once something waits.
    last = last_beat or first_queued
    return last if last is not None and last < now - LATE_AFTER else None


def worker_late_since(now: datetime | None = None) -> datetime | None:
    """Since when no worker has shown itself, if for more than a minute; None while all is well."""
    last = WorkerBeat.objects.order_by("-beat_at").values_list("beat_at", flat=True).first()
    waiting = AccessLink.objects.filter(status=Status.QUEUED).order_by("queued_at")
    first = None if last else waiting.values_list("queued_at", flat=True).first()
    return late_since(last, first, now or timezone.now())


@cache
def _all_migrated(_process: None = None) -> bool:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise LookupError
    return True


def failed_checks() -> list[str]:
    """Names of what makes the web unusable, in the order looked at; empty when it may take traffic."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return ["database"]
    failed = []
    try:
        # Only a good answer is kept: plans are slow to make, and migrating ends the bad one.
        _all_migrated()
    except LookupError:
        failed.append("migrations")
    for name, look in (("triggers", guards.missing), ("rights", guards.rights_too_many)):
        try:
            if look(connection):
                failed.append(name)
        except DatabaseError:
            failed.append(name)
    return failed


def late_checks() -> list[str]:
    """Names of what runs late although the web works."""
    try:
        return ["worker"] if worker_late_since() else []
    except DatabaseError:
        return []
