"""Whether work goes on right now, in one small query that every page can afford. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, Q, Subquery

from invitations.models import AccessLink, CallTurn, Hold, Status, VendorCall, WorkerBeat
from invitations.models.hold import HoldScope
from invitations.models.worker import WorkerProblem
from invitations.services import health, holds, spool


@dataclass(frozen=True, slots=True)
class Pulse:
    """`late_since`: no worker shows itself. `stuck_since`: one does, and what is due is not taken up all the same."""

    late_since: datetime | None
    stuck_since: datetime | None
    is_stopped: bool  # by a hold on more than one link
    problems: frozenset[str]  # what keeps living workers from working, as WorkerProblem values


def take(*, now: datetime) -> Pulse:
    """One query; a second one only where something seems to be stuck."""
    facts = _facts(now)
    return Pulse(
        late_since=health.late_since(facts["last_beat"], facts["first_queued"], now),
        stuck_since=_stuck_since(now) if _seems_stuck(facts, now) else None,
        is_stopped=facts["is_stopped"],
        problems=_problems(facts),
    )


def _problems(facts: dict[str, Any]) -> frozenset[str]:
    """As the workers say, and whether the disk of this very machine is full."""
    said = {problem.value for problem in WorkerProblem if facts[problem.value]}
    return frozenset(said | ({WorkerProblem.NO_ROOM.value} if spool.free_space_problem() else set()))


def _facts(now: datetime) -> dict[str, Any]:
    """Everything at once, in the columns of the one row that stands for the turn to call."""
    recently = now - health.LATE_AFTER
    alive = WorkerBeat.objects.filter(beat_at__gte=recently).order_by("started_at")
    queued = AccessLink.objects.filter(status=Status.QUEUED).order_by("queued_at", "id")
    calls = VendorCall.objects.order_by()
    row = CallTurn.objects.values(
        last_beat=Subquery(WorkerBeat.objects.order_by("-beat_at").values("beat_at")[:1]),
        working_since=Subquery(alive.values("started_at")[:1]),
        first_queued=Subquery(queued.values("queued_at")[:1]),
        calls_lately=Exists(calls.filter(arrived_at__gt=recently))
        | Exists(calls.filter(arrived_at=None, deadline_at__gt=recently)),
        paused_lately=Exists(calls.filter(pause_until__gt=recently)),
        released_lately=Exists(Hold.objects.filter(released_at__gt=recently)),
        no_room=Exists(alive.filter(problem=WorkerProblem.NO_ROOM)),
        unreadable=Exists(alive.filter(problem=WorkerProblem.UNREADABLE)),
        is_stopped=Exists(Hold.objects.standing().exclude(scope=HoldScope.LINK)),
    ).get()
    return dict(row)


def _seems_stuck(facts: dict[str, Any], now: datetime) -> bool:
    """Whether a worker had a minute in which it could have sent and did not; whether it should have is not said."""
    recently = now - health.LATE_AFTER
    idle = not (facts["calls_lately"] or facts["paused_lately"] or facts["released_lately"])
    waits = facts["first_queued"] is not None and facts["first_queued"] <= recently
    return bool(idle and waits and facts["working_since"] and facts["working_since"] <= recently)


def _stuck_since(now: datetime) -> datetime | None:
    """Since when the first link that nothing holds back has been due, if for more than a minute."""
    recently = now - health.LATE_AFTER
    due = AccessLink.objects.filter(Q(not_before=None) | Q(not_before__lte=recently), queued_at__lte=recently)
    due = due.filter(status=Status.QUEUED, current_attempt__isnull=False)
    first = holds.unstopped(due).order_by("queued_at", "id").values_list("queued_at", "not_before").first()
    return max(moment for moment in first if moment) if first else None
