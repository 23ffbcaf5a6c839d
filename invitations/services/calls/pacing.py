"""Whose turn it is to call Kondado: one budget for all processes, kept in the rows of the calls themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from invitations.kondado.pacing import wait_seconds
from invitations.kondado.types import Exchange
from invitations.models import Attempt, CallTurn, VendorCall
from invitations.models.call import CallKind
from invitations.services.reads import call_budget

GRACE = timedelta(seconds=1)  # beyond the client's own deadline, before a silent call counts as lost
LOST = "lost"  # the outcome of a call that never reported


def lock() -> None:
    """Takes the single row that stands for the turn, until the transaction ends."""
    CallTurn.objects.select_for_update().get(id=1)


def wait(now: datetime) -> float:
    """Seconds until a call may start; 0.0 for now. Ask while holding the lock."""
    # A call that never reported takes its place at its deadline, as if its answer came then.
    VendorCall.objects.filter(arrived_at=None, deadline_at__lte=now).update(
        arrived_at=F("deadline_at"), outcome=LOST
    )
    facts = call_budget.facts(now)
    if call_budget.limits().unlimited:
        facts |= {"arrivals": [], "in_flight_until": None}
    return wait_seconds(**facts, now=now, limits=call_budget.limits())


def take(*, credential: str, kind: str, attempt: Attempt | None = None, now: datetime) -> VendorCall:
    """Writes down a call that starts now. Ask `wait` first, in the same transaction, holding the lock."""
    deadline = now + timedelta(seconds=settings.KONDADO_DEADLINE_SECONDS) + GRACE
    return VendorCall.objects.create(
        credential=credential, kind=kind, attempt=attempt, started_at=now, deadline_at=deadline
    )


def found(*, attempt: Attempt, now: datetime) -> VendorCall:
    """Writes down a call of which only the answer is left."""
    return VendorCall.objects.create(
        credential=attempt.credential,
        kind=CallKind.INVITATION,
        attempt=attempt,
        started_at=now,
        deadline_at=now,
    )


def is_answered(call: VendorCall) -> bool:
    """Whether what came of a call is written down. Nobody else writes it until the transaction ends."""
    outcome = VendorCall.objects.select_for_update().values_list("outcome", flat=True).get(pk=call.pk)
    return outcome not in ("", LOST)


def give_back(
    *, call: VendorCall, outcome: str, exchange: Exchange | None, pause: int | None = None, now: datetime
) -> None:
    """Stamps a call as answered, with what came of it; `pause` stops everybody for that many seconds."""
    VendorCall.objects.filter(pk=call.pk).update(
        arrived_at=now,
        outcome=outcome,
        http_status=exchange.http_status if exchange else None,
        milliseconds=exchange.milliseconds if exchange else None,
        pause_until=now + timedelta(seconds=pause) if pause else None,
    )
