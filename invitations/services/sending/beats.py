"""Signs of life of the workers: what the system page and the banners go by. Must not work."""

from __future__ import annotations

from datetime import datetime

from invitations.models import WorkerBeat
from invitations.services.base.clock import database_now


def beat(*, name: str, problem: str = "", now: datetime | None = None) -> None:
    """A worker says that it lives, and what keeps it from working, if anything."""
    now = now or database_now()
    says = {"beat_at": now, "problem": problem}
    WorkerBeat.objects.update_or_create(name=name, defaults=says, create_defaults=says | {"started_at": now})


def gone(*, name: str) -> None:
    """A worker says that it ends."""
    WorkerBeat.objects.filter(name=name).delete()
