"""What everybody has to know before doing anything: sending stands still, or nobody works. Reads only."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from invitations.models import Hold, User
from invitations.models.hold import HoldReason, HoldScope
from invitations.models.worker import WorkerProblem
from invitations.services.reads import pulse, stops
from invitations.words.names import HOLD_REASONS, HOLD_SCOPES, WORKER_PROBLEMS
from invitations.words.standing import moment


def standing_banners(*, user: User, now: datetime | None = None) -> list[dict[str, str]]:
    """Kind, text and address of more of each, the most serious first. One query while all is well."""
    now = now or timezone.now()
    state = pulse.take(now=now)
    found = _work(state)
    if user.reads_everything:
        found += [_problem(problem, "warning") for problem in _problems(state) if not problem.stops_sending]
    if state.paused_until:
        found.append(_pause(state.paused_until))
    if state.is_stopped:
        found += [_hold(hold) for hold in stops.of_person(user)]
    more = reverse("system") if user.reads_everything else ""
    return [banner | {"url": more} for banner in found]


def _work(state: pulse.Pulse) -> list[dict[str, str]]:
    if state.late_since:
        text = _("Nothing is being sent: no worker has shown itself since %(since)s. What you queue is kept.")
        return [{"kind": "danger", "text": text % {"since": moment(state.late_since)}}]
    if stopping := [problem for problem in _problems(state) if problem.stops_sending]:
        return [_problem(problem, "danger") for problem in stopping]
    if state.stuck_since:
        text = _(
            "Nothing is being sent although a worker runs: what is due has not been taken up since %(since)s. What you queue is kept."
        )
        return [{"kind": "danger", "text": text % {"since": moment(state.stuck_since)}}]
    return []


def _problems(state: pulse.Pulse) -> list[WorkerProblem]:
    return [problem for problem in WorkerProblem if problem in state.problems]


def _problem(problem: WorkerProblem, kind: str) -> dict[str, str]:
    return {"kind": kind, "text": str(WORKER_PROBLEMS[problem].sentence)}


def _pause(until: datetime) -> dict[str, str]:
    text = _(
        "Kondado asked the portal to wait: nothing is sent until %(until)s. What is queued waits unharmed."
    )
    return {"kind": "warning", "text": text % {"until": moment(until)}}


def _hold(hold: Hold) -> dict[str, str]:
    words = {
        "since": moment(hold.since),
        "scope": hold.account.name if hold.account else HOLD_SCOPES[HoldScope(hold.scope)].inside,
        "reason": HOLD_REASONS[HoldReason(hold.reason)].label,
    }
    if hold.reason == HoldReason.RESTORED:
        text = _(
            "The database was restored from a backup. Nothing has been sent since %(since)s, until an administrator has compared what waits with what Kondado already made."
        )
        return {"kind": "danger", "text": text % words}
    text = _("Sending is stopped for %(scope)s since %(since)s: %(reason)s. What is queued waits unharmed.")
    return {"kind": "warning", "text": text % words}
