"""Whether work goes on right now, in one small query that every page can afford. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from invitations.kondado.pacing import REFUSAL_PAUSE
from invitations.models import AccessLink, Hold
from invitations.models.worker import WorkerProblem
from invitations.services.base import disk
from invitations.services.reads import health


@dataclass(frozen=True, slots=True)
class Pulse:
    """`late_since`: no worker shows itself. `stuck_since`: one does, and what is due is not taken up all the same."""

    late_since: datetime | None
    stuck_since: datetime | None
    is_stopped: bool  # by a hold on more than one link
    paused_until: datetime | None  # until when Kondado asked to wait, where that is longer than usual
    problems: frozenset[str]  # what keeps living workers from working, as WorkerProblem values


def take(*, now: datetime) -> Pulse:
    """One query; a second one only where something seems to be stuck."""
    facts = _facts(now)
    return Pulse(
        late_since=health.late_since(facts["last_beat"], facts["first_queued"], now),
        stuck_since=_stuck_since(now) if _seems_stuck(facts, now) else None,
        is_stopped=facts["is_stopped"],
        paused_until=_long_pause(facts["paused_until"], now),
        problems=_problems(facts),
    )


def _problems(facts: dict[str, Any]) -> frozenset[str]:
    """As the workers say, and whether the disk of this very machine is full."""
    said = {problem.value for problem in WorkerProblem if facts[problem.value]}
    return frozenset(said | ({WorkerProblem.NO_ROOM.value} if disk.free_space_problem() else set()))


def _long_pause(until: datetime | None, now: datetime) -> datetime | None:
    """The end of a pause of which more is left than the minute that Kondado usually asks for."""
    return until if until and until - now > REFUSAL_PAUSE else None


# Plain SQL, the same on both databases: every page asks this, and the ORM took longer to write such a statement
# than the whole page needs. It holds nothing that anybody typed.
FACTS = """
SELECT
  (SELECT MAX(beat_at) FROM invitations_workerbeat) AS last_beat,
  (SELECT MIN(started_at) FROM invitations_workerbeat WHERE beat_at >= %(recently)s) AS working_since,
  (SELECT MIN(queued_at) FROM invitations_accesslink WHERE status = 'queued') AS first_queued,
  EXISTS (SELECT 1 FROM invitations_vendorcall WHERE arrived_at > %(recently)s)
    OR EXISTS (SELECT 1 FROM invitations_vendorcall WHERE arrived_at IS NULL AND deadline_at > %(recently)s)
    AS calls_lately,
  (SELECT MAX(pause_until) FROM invitations_vendorcall WHERE pause_until > %(recently)s) AS paused_until,
  EXISTS (SELECT 1 FROM invitations_hold WHERE released_at > %(recently)s) AS released_lately,
  EXISTS (SELECT 1 FROM invitations_workerbeat WHERE beat_at >= %(recently)s AND problem = 'no_room') AS no_room,
  EXISTS (SELECT 1 FROM invitations_workerbeat WHERE beat_at >= %(recently)s AND problem = 'unreadable')
    AS unreadable,
  EXISTS (SELECT 1 FROM invitations_workerbeat WHERE beat_at >= %(recently)s AND problem = 'no_memory')
    AS no_memory,
  EXISTS (SELECT 1 FROM invitations_hold WHERE released_at IS NULL AND scope <> 'link') AS is_stopped
"""
MOMENTS = ("last_beat", "working_since", "first_queued", "paused_until")


def _facts(now: datetime) -> dict[str, Any]:
    recently = connection.ops.adapt_datetimefield_value(now - health.LATE_AFTER)
    with connection.cursor() as cursor:
        cursor.execute(FACTS, {"recently": recently})
        names = [column[0] for column in cursor.description]
        facts = dict(zip(names, cursor.fetchone(), strict=True))
    return facts | {name: _moment(facts[name]) for name in MOMENTS}


def _moment(value: datetime | str | None) -> datetime | None:
    """A time as the database gives it: SQLite keeps text in UTC."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value


def _seems_stuck(facts: dict[str, Any], now: datetime) -> bool:
    """Whether a worker had a minute in which it could have sent and did not; whether it should have is not said."""
    recently = now - health.LATE_AFTER
    idle = not (facts["calls_lately"] or facts["paused_until"] or facts["released_lately"])
    waits = facts["first_queued"] is not None and facts["first_queued"] <= recently
    return bool(idle and waits and facts["working_since"] and facts["working_since"] <= recently)


def _stuck_since(now: datetime) -> datetime | None:
    """Since when the first link that nothing holds back has been due, if for more than a minute."""
    recently = now - health.LATE_AFTER
    due = AccessLink.objects.due(recently).filter(queued_at__lte=recently)
    first = (
        Hold.objects.let_pass(due).order_by("queued_at", "id").values_list("queued_at", "not_before").first()
    )
    return max(moment for moment in first if moment) if first else None
