"""Puts right what a worker left behind: claims whose lease is over, and links that it fails over again and again.

A link that stopped workers three times gets a hold, so that the others go on.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from invitations.models import AccessLink, Attempt, EventKind, Status, VendorCall, WaitReason
from invitations.models.attempt import Outcome
from invitations.models.hold import HoldReason
from invitations.models.link import IN_HAND
from invitations.services.base import audit, each_row, locks
from invitations.services.holds import holds, rules
from invitations.services.invitations import changes
from invitations.services.sending import living
from invitations.services.sending.outcome import WORKER_LOST

log = logging.getLogger("invitations.recovery")
MOST_CRASHES = 3
ASIDE = timedelta(seconds=5)  # for a link whose claim failed: the others come first
LONG_ASIDE = timedelta(minutes=15)
NOT_CLAIMED = "not_claimed"  # the fault of an attempt that could not be taken in hand


def sweep(*, now: datetime) -> int:
    """Ends the claims whose lease is over: not yet on the wire goes back to the queue, else `unknown`.

    What a dead worker of this machine had not yet sent goes back at once. One that cannot be ended is left for the
    next sweep. Raises what the database raises while it is away.
    """
    overdue = AccessLink.objects.filter(lease_until__lte=now).order_by().values_list("pk", flat=True)
    ended = each_row.each(overdue, lambda pk: _end_overdue(pk, now), failing="a claim could not be ended")
    dead = living.dead()
    return ended + _sweep_dead(dead, now) if dead else ended


def _sweep_dead(dead: frozenset[str], now: datetime) -> int:
    """Those on the wire keep their lease: the answer may lie in the spool, and another worker finds it there."""
    theirs = AccessLink.objects.filter(claimed_by__in=dead)
    unsent = theirs.filter(status=Status.CONNECTING).order_by().values_list("pk", flat=True)
    ended = each_row.each(unsent, lambda pk: _end_unsent(pk, dead, now), failing="a claim could not be ended")
    busy = theirs.filter(status__in=IN_HAND).values_list("claimed_by", flat=True)
    living.bury(dead - set(busy))
    return ended


@transaction.atomic
def _end_unsent(link_id: int, dead: frozenset[str], now: datetime) -> bool:
    """The call counts for nothing any more: no byte of it left, and none will."""
    calls = list(
        VendorCall.objects.select_for_update()
        .filter(attempt__access_link=link_id, arrived_at=None)
        .values_list("pk", flat=True)
    )
    link = locks.link(link_id)
    attempt = link.current_attempt
    if link.status != Status.CONNECTING or link.claimed_by not in dead or attempt is None:
        return False
    VendorCall.objects.filter(pk__in=calls).update(arrived_at=now, outcome=WORKER_LOST)
    _take_back(link, attempt, now)
    return True


@transaction.atomic
def _end_overdue(link_id: int, now: datetime) -> bool:
    link = locks.link(link_id)
    attempt = link.current_attempt
    if link.lease_until is None or link.lease_until > now or attempt is None:
        return False
    _take_back(link, attempt, now)
    return True


def _take_back(link: AccessLink, attempt: Attempt, now: datetime) -> None:
    """Out of the hands of whoever had it: a worker that only slept finds that its claim is lost."""
    before = link.status
    link.lease_until = None
    link.fence += 1
    if link.status == Status.ON_WIRE:
        link.status = Status.UNKNOWN
        attempt.outcome, attempt.fault, attempt.finished_at = Outcome.UNKNOWN, WORKER_LOST, now
    else:
        link.status, link.wait_reason = Status.QUEUED, WaitReason.INTERRUPTED
    link.save()
    _count_crash(link, attempt, before=before, fault=WORKER_LOST, now=now)


def claim_failed(*, link_id: int, fence: int, now: datetime) -> None:
    """Counts that taking this link in hand failed with everything undone, unless somebody has it by now.

    One that cannot even be counted stands aside for long, so that the others go on.
    """
    counted = each_row.each(
        [link_id], lambda pk: _claim_failed(pk, fence, now), failing="a failed claim could not be counted"
    )
    if not counted:
        untouched = AccessLink.objects.filter(pk=link_id, status=Status.QUEUED, fence=fence)
        untouched.update(not_before=now + LONG_ASIDE, wait_reason=WaitReason.INTERRUPTED)


@transaction.atomic
def _claim_failed(link_id: int, fence: int, now: datetime) -> bool:
    link = locks.link(link_id)
    attempt = link.current_attempt
    if link.status != Status.QUEUED or link.fence != fence or attempt is None:
        return False
    link.fence += 1
    link.not_before, link.wait_reason = now + ASIDE, WaitReason.INTERRUPTED
    link.save()
    _count_crash(link, attempt, before=link.status, fault=NOT_CLAIMED, now=now)
    return True


def _count_crash(link: AccessLink, attempt: Attempt, *, before: str, fault: str, now: datetime) -> None:
    """One more on the attempt, a hold at the third, the stage, and the record as the last write."""
    attempt.crashes += 1
    attempt.save()
    if attempt.crashes >= MOST_CRASHES and link.status == Status.QUEUED:
        holds.stop(reason=HoldReason.CRASHES, link=link, now=now)
    if link.status == Status.UNKNOWN:
        rules.after_settle(attempt=attempt, now=now)
    changes.finish_link(
        link=link,
        kind=EventKind.LINK_UNKNOWN if link.status == Status.UNKNOWN else EventKind.LINK_RECOVERED,
        by=audit.WORKER,
        data={"attempt": attempt.number, "fault": fault},
        now=now,
    )
    log.warning(
        "recovered from a lost worker",
        extra={
            "invitation": link.invitation.public_id,
            "attempt": attempt.number,
            "fault": fault,
            "from": before,
            "to": link.status,
            "crashes": attempt.crashes,
        },
    )
