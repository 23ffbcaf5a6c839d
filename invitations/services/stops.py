"""When sending stops by itself, and when the machine lets it go on: repeated refusals, storms, settings mended.

A storm is three unknown outcomes in a row: a vendor's bad hour must not turn a queue into as many decisions.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from invitations.kondado.errors import KondadoError, Misconfigured
from invitations.kondado.types import Direction
from invitations.models import Attempt, Hold, VendorCall
from invitations.models.attempt import Outcome
from invitations.models.call import CallKind
from invitations.models.hold import HoldReason
from invitations.services import catalogue, gateway, holds
from invitations.services.clock import database_now

log = logging.getLogger("invitations.stops")
UNKNOWN_IN_A_ROW = 3
SAME_IN_A_ROW = 2
REFUSED_IN_A_ROW = 5
PROBE_EVERY = timedelta(seconds=60)
SETTLED = (Outcome.READY, Outcome.REJECTED, Outcome.UNKNOWN)


def after_settle(*, attempt: Attempt, now: datetime) -> None:
    """Looks back over the last settled attempts and stops what they ask to stop."""
    if attempt.outcome == Outcome.UNKNOWN:
        _storm(now)
    elif attempt.outcome == Outcome.REJECTED:
        _repeated_refusals(attempt, now)


def _settled_since_release(reason: HoldReason) -> QuerySet[Attempt]:
    """Settled attempts, the latest first; a released hold starts the count again."""
    settled = Attempt.objects.filter(outcome__in=SETTLED).order_by("-finished_at", "-id")
    released = Hold.objects.filter(reason=reason).aggregate(last=Max("released_at"))["last"]
    return settled.filter(finished_at__gt=released) if released else settled


def _storm(now: datetime) -> None:
    recent = _settled_since_release(HoldReason.STORM)
    outcomes = list(recent.values_list("outcome", flat=True)[:UNKNOWN_IN_A_ROW])
    if outcomes == [Outcome.UNKNOWN] * UNKNOWN_IN_A_ROW:
        holds.stop(reason=HoldReason.STORM, now=now)


def _repeated_refusals(attempt: Attempt, now: datetime) -> None:
    account = attempt.access_link.account
    words = (attempt.error_code, attempt.error_text)
    settled = _settled_since_release(HoldReason.REJECTIONS).filter(credential=attempt.credential)
    recent = list(settled.select_related("access_link").order_by("-finished_at", "-id")[:REFUSED_IN_A_ROW])
    same = [
        a
        for a in recent[:SAME_IN_A_ROW]
        if a.outcome == Outcome.REJECTED and (a.error_code, a.error_text) == words
    ]
    accounts = {a.access_link.account_id for a in same}
    if (len(same) == SAME_IN_A_ROW and len(accounts) == SAME_IN_A_ROW) or (
        len(recent) == REFUSED_IN_A_ROW and all(a.outcome == Outcome.REJECTED for a in recent)
    ):
        holds.stop(
            reason=HoldReason.REJECTIONS, credential=attempt.credential, detail=attempt.error_text, now=now
        )
    own = settled.filter(access_link__account=account).order_by("-finished_at", "-id")
    last = list(own.values_list("outcome", "error_code", "error_text")[:SAME_IN_A_ROW])
    if last == [(Outcome.REJECTED, *words)] * SAME_IN_A_ROW:
        holds.stop(reason=HoldReason.REJECTIONS, account=account, detail=attempt.error_text, now=now)


def recover(*, now: datetime | None = None) -> None:
    """Releases what a machine may release: a storm after a sound catalogue call, settings that were mended."""
    now = now or database_now()
    for hold in Hold.objects.standing().filter(reason=HoldReason.CONFIGURATION):
        try:
            gateway.client(hold.credential)
        except Misconfigured:
            continue
        holds.release(by=None, hold=hold, now=now)
    storm = Hold.objects.standing().filter(reason=HoldReason.STORM).first()
    if storm is not None and _catalogue_is_sound(storm, now):
        holds.release(by=None, hold=storm, now=now)


def _catalogue_is_sound(storm: Hold, now: datetime) -> bool:
    last = VendorCall.objects.filter(kind=CallKind.CATALOGUE).order_by("-started_at").first()
    since = max(storm.since, last.started_at) if last is not None else storm.since
    if now - since < PROBE_EVERY:
        return False
    try:
        credential = next(iter(gateway.credentials()), gateway.DEFAULT)
        call = catalogue.take_turn(credential)
        if isinstance(call, float):
            return False
        catalogue.fetch(credential=credential, direction=Direction.SRC, call=call)
    except KondadoError as error:
        log.warning("the storm goes on", extra={"fault": error.fault})
        return False
    return True
