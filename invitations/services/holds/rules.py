"""When sending stops by itself, and when the machine lets it go on: repeated refusals, storms, settings mended.

A storm is three unknown outcomes in a row: a vendor's bad hour must not turn a queue into as many decisions.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from invitations.kondado.errors import KondadoError, Misconfigured
from invitations.kondado.types import Direction
from invitations.models import Attempt, Hold, VendorCall
from invitations.models.attempt import Outcome
from invitations.models.call import CallKind
from invitations.models.hold import HoldReason, HoldScope
from invitations.models.refusal import RefusalVerdict
from invitations.services.base import audit
from invitations.services.base.clock import database_now
from invitations.services.calls import gateway, pacing
from invitations.services.catalogue import sync
from invitations.services.holds import holds, refusals
from invitations.services.mail import admin_alerts

log = logging.getLogger("invitations.stops")
UNKNOWN_IN_A_ROW = 3
SAME_IN_A_ROW = 2
REFUSED_IN_A_ROW = 5
PROBE_EVERY = timedelta(seconds=60)
SAME_MOMENT = timedelta(minutes=1)  # more is a clock that jumped
RESTORED = "restored"  # the fault of what a person found to have been sent after a backup
REFUSALS = (HoldReason.REJECTIONS, HoldReason.CREDENTIAL)
SETTLED = (Outcome.READY, Outcome.REJECTED, Outcome.UNKNOWN)


def after_settle(*, attempt: Attempt, now: datetime) -> None:
    """Looks back over the last settled attempts and stops what they ask to stop.

    Workers that settle at the same time take their turns here, each seeing what the one before wrote: three
    unknown in a row are found whoever settles the third.
    """
    if attempt.outcome not in SETTLED or attempt.finished_at is None:
        return
    audit.line_up()
    _put_last(attempt, attempt.finished_at)
    if attempt.outcome == Outcome.UNKNOWN:
        _storm(now)
        admin_alerts.of_fault(attempt, now=now)
    elif attempt.outcome == Outcome.REJECTED:
        _refused(attempt, now)


def _put_last(attempt: Attempt, at: datetime) -> None:
    """Sees to it that no two ends bear the same time: rows are told in the order in which they were settled."""
    later = Attempt.objects.filter(finished_at__gte=at, finished_at__lt=at + SAME_MOMENT)
    last = later.exclude(pk=attempt.pk).aggregate(last=Max("finished_at"))["last"]
    if last is not None:
        attempt.finished_at = last + timedelta(microseconds=1)
        attempt.save(update_fields=["finished_at"])


def _settled(since: datetime | None) -> QuerySet[Attempt]:
    """Settled attempts, the latest first; those of before a restore say nothing of Kondado's state."""
    settled = Attempt.objects.filter(outcome__in=SETTLED).exclude(fault=RESTORED)
    settled = settled.order_by("-finished_at", "-id")
    return settled.filter(finished_at__gt=since) if since else settled


def _storm(now: datetime) -> None:
    released = Hold.objects.filter(reason=HoldReason.STORM).aggregate(last=Max("released_at"))["last"]
    outcomes = list(_settled(released).values_list("outcome", flat=True)[:UNKNOWN_IN_A_ROW])
    if outcomes == [Outcome.UNKNOWN] * UNKNOWN_IN_A_ROW:
        holds.stop(reason=HoldReason.STORM, now=now)


def _refused(attempt: Attempt, now: datetime) -> None:
    """A refusal that an administrator marked does what the mark says, besides what every refusal does."""
    mark = refusals.mark_on(attempt)
    if mark is not None and mark.verdict == RefusalVerdict.LINK_ONLY:
        return
    account = attempt.access_link.account
    stop = partial(
        holds.stop, reason=HoldReason.REJECTIONS, detail=attempt.error_text or attempt.error_code, now=now
    )
    if _stops_credential(attempt):
        stop(credential=attempt.credential)
    if (mark is not None and mark.verdict == RefusalVerdict.STOPS_ACCOUNT) or _repeats_in_account(attempt):
        stop(account=account)


def _repeats_in_account(attempt: Attempt) -> bool:
    """Whether the last settled attempts of the account were all refused in these words."""
    account = attempt.access_link.account
    own = _counted_since(Q(account=account) | Q(credential=attempt.credential)).filter(
        access_link__account=account
    )
    last = list(own.values_list("outcome", "error_code", "error_text")[:SAME_IN_A_ROW])
    return last == [(Outcome.REJECTED, attempt.error_code, attempt.error_text)] * SAME_IN_A_ROW


def _stops_credential(attempt: Attempt) -> bool:
    """Whether the last settled attempts of the credential were refused alike for two accounts, or five anyhow."""
    rows = _counted_since(Q(credential=attempt.credential)).filter(credential=attempt.credential)
    recent = list(
        rows.values_list("outcome", "error_code", "error_text", "access_link__account")[:REFUSED_IN_A_ROW]
    )
    if len(recent) == REFUSED_IN_A_ROW and all(row[0] == Outcome.REJECTED for row in recent):
        return True
    alike = [row for row in recent[:SAME_IN_A_ROW] if row[:3] == (Outcome.REJECTED, *recent[0][1:3])]
    return len(alike) == SAME_IN_A_ROW == len({row[3] for row in alike})


def _counted_since(what: Q) -> QuerySet[Attempt]:
    """What counts in a row of refusals. Somebody who released the hold has looked at what came before."""
    looked = Hold.objects.filter(what, reason__in=REFUSALS).aggregate(last=Max("released_at"))["last"]
    return refusals.counted(_settled(looked))


def recover(*, now: datetime | None = None) -> None:
    """Releases what a machine may release: a storm after a sound catalogue call, settings that were mended."""
    now = now or database_now()
    for hold in Hold.objects.standing().filter(reason=HoldReason.CONFIGURATION, scope=HoldScope.CREDENTIAL):
        try:
            gateway.client(hold.credential)
        except Misconfigured:
            continue
        holds.release(by=None, hold=hold, now=now)
    storm = Hold.objects.standing().filter(reason=HoldReason.STORM).first()
    if storm is not None and _catalogue_is_sound(storm, now):
        holds.release(by=None, hold=storm, now=now)


def _catalogue_is_sound(storm: Hold, now: datetime) -> bool:
    try:
        credential = _credential_to_probe(storm)
        call = _take_probe(storm, credential, now)
        if call is None:
            return False
        sync.fetch(credential=credential, direction=Direction.SRC, call=call)
    except KondadoError as error:
        log.warning("the storm goes on", extra={"fault": error.fault})
        return False
    return True


def _credential_to_probe(storm: Hold) -> str:
    """One credential after the other, without those that are stopped: a bad key must not prolong the storm."""
    names = list(gateway.credentials())
    stopped = Hold.objects.standing().filter(scope=HoldScope.CREDENTIAL)
    names = [name for name in names if name not in set(stopped.values_list("credential", flat=True))] or names
    probes = VendorCall.objects.filter(kind=CallKind.CATALOGUE, started_at__gt=storm.since).count()
    return names[probes % len(names)] if names else gateway.DEFAULT


@transaction.atomic
def _take_probe(storm: Hold, credential: str, now: datetime) -> VendorCall | None:
    """A turn for one catalogue call, when the last one is a minute old and no other worker is faster."""
    pacing.lock()
    last = VendorCall.objects.filter(kind=CallKind.CATALOGUE).order_by("-started_at").first()
    since = max(storm.since, last.started_at) if last is not None else storm.since
    if now - since < PROBE_EVERY:
        return None
    call = sync.take_turn(credential)
    return None if isinstance(call, float) else call
