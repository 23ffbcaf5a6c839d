"""Gives every call its end: what Kondado answered, or did not, becomes the link's status. Never calls out."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from invitations.kondado.errors import CertificateInvalid, KondadoError, LinkWithheld, Misconfigured
from invitations.kondado.types import GuestLink
from invitations.models import AccessLink, Attempt, EventKind, Status, VendorCall
from invitations.models.attempt import Outcome
from invitations.models.hold import HoldReason
from invitations.models.link import IN_HAND
from invitations.services.base import audit, locks
from invitations.services.base.clock import database_now
from invitations.services.calls import pacing
from invitations.services.decisions import restoring
from invitations.services.holds import holds, rules
from invitations.services.invitations import changes, ready
from invitations.services.sending import answer_text, late_answers, retries
from invitations.services.sending.verdicts import Result, Verdict, verdict_on

log = logging.getLogger("invitations.settle")
CERTIFICATE_FAILURES = 3
EVENTS = {
    Status.READY: EventKind.LINK_READY,
    Status.REJECTED: EventKind.LINK_REJECTED,
    Status.UNKNOWN: EventKind.LINK_UNKNOWN,
    Status.QUEUED: EventKind.LINK_WAITING,
}
WORKER_LOST = "worker_lost"  # the fault of an attempt whose worker never reported


@transaction.atomic
def write_down(
    *,
    link_id: int,
    attempt: Attempt,
    call: VendorCall,
    fence: int,
    result: Result,
    now: datetime | None = None,
) -> bool:
    """Writes down a call's end, once. False, and nothing changed, when it fits nothing here: keep it, and look.

    An answer to an attempt that was swept to `unknown` in the meantime still settles it. One to an attempt that was
    settled otherwise since changes nothing about that: `late` writes it down.
    """
    now = now or database_now()
    if pacing.is_answered(call):
        return True
    link = locks.link(link_id)
    attempt.refresh_from_db()
    end = verdict_on(result)
    if isinstance(result, GuestLink):
        end = _unless_repeated(result, attempt, end)
    ours = _may_settle(link, attempt, fence, result, end)
    if not ours and attempt.settled_at is None:
        log.error("fencing mismatch", extra={"link": link.pk, "attempt": attempt.pk, "fence": link.fence})
        return False
    pacing.give_back(
        call=call, outcome=end.fault or end.status, exchange=result.exchange, pause=end.pause, now=now
    )
    if not ours:
        late_answers.note(link=link, attempt=attempt, end=end, now=now)
        return True
    before = link.status
    _write(link, attempt, end, result, now)
    _after(link, attempt, end, result, now)
    _log(link, attempt, before, end, result)
    return True


def _unless_repeated(result: GuestLink, attempt: Attempt, end: Verdict) -> Verdict:
    other = ready.attempt_with(result.url)
    if other is None or other == attempt:
        return end
    log.error("a link came twice", extra={"attempt": attempt.pk, "first_given_to": other.pk})
    return Verdict(Status.UNKNOWN, Outcome.UNKNOWN, fault="link_repeated", made=True)


def _may_settle(link: AccessLink, attempt: Attempt, fence: int, result: Result, end: Verdict) -> bool:
    """Only its own attempt, which nobody settled: in hand by this very claim, swept, or restored from before it left."""
    if link.current_attempt_id != attempt.pk or attempt.settled_at is not None:
        return False
    if link.status in IN_HAND:
        return link.fence == fence
    if link.status == Status.UNKNOWN:
        # Whoever found it at Kondado after a restore is not contradicted by the machine.
        return attempt.fault == WORKER_LOST or (attempt.fault == rules.RESTORED and end.made)
    return link.status == Status.QUEUED and answer_text.worth_keeping(result)


def _write(link: AccessLink, attempt: Attempt, end: Verdict, result: Result, now: datetime) -> None:
    if answer_text.worth_keeping(result):
        restoring.had_left(link=link, attempt=attempt, now=now)
    link.status, link.lease_until, link.not_before, link.wait_reason = end.status, None, None, ""
    attempt.fault, attempt.error_code, attempt.error_text = end.fault, end.error_code, end.error_text[:500]
    if not attempt.outcome == end.outcome == Outcome.UNKNOWN:  # else the time of the fault stays
        attempt.finished_at = now if end.outcome else None
    attempt.outcome = end.outcome
    if end.status == Status.READY and isinstance(result, GuestLink):
        ready.make_ready(link=link, attempt=attempt, url=result.url, now=now)
    if isinstance(result, LinkWithheld) and not link.invitation.is_erased:
        attempt.quarantined_link = attempt.seal(result.withheld, field="quarantined_link")
    if end.status == Status.QUEUED:
        _plan_next_try(link, attempt, end, now)
    if end.status == Status.REJECTED:
        link.holds_open_slot = False
    attempt.save()
    link.save()


def _plan_next_try(link: AccessLink, attempt: Attempt, end: Verdict, now: datetime) -> None:
    if not end.costs_a_try:
        attempt.tries = max(0, attempt.tries - 1)
    if end.counts and attempt.first_failed_at is None:
        attempt.first_failed_at = now
    wait = end.wait if end.wait is not None else retries.pause_after(attempt.tries)
    link.not_before = now + timedelta(seconds=wait) if wait else None
    link.wait_reason = end.wait_reason


def _after(link: AccessLink, attempt: Attempt, end: Verdict, result: Result, now: datetime) -> None:
    """Holds, and what every change ends with: the record is the last write."""
    _stop_if_needed(link, attempt, end, result, now)
    rules.after_settle(attempt=attempt, now=now)
    data: dict[str, Any] = {"attempt": attempt.number, "fault": end.fault}
    if end.status == Status.QUEUED:
        data |= {
            "reason": link.wait_reason,
            "not_before": link.not_before.isoformat() if link.not_before else None,
        }
    changes.finish_link(link=link, kind=EVENTS[end.status], by=audit.WORKER, data=data, now=now)


def _stop_if_needed(link: AccessLink, attempt: Attempt, end: Verdict, result: Result, now: datetime) -> None:
    if isinstance(result, Misconfigured):
        # What is wrong with one request says nothing about the others of its credential.
        what = {"credential": attempt.credential} if result.fault == "configuration" else {"link": link}
        holds.stop(reason=HoldReason.CONFIGURATION, **what, detail=result.detail, now=now)
    elif isinstance(result, CertificateInvalid) and _certificate_keeps_failing():
        holds.stop(
            reason=HoldReason.CERTIFICATE, credential=attempt.credential, detail=result.detail, now=now
        )
    elif isinstance(result, KondadoError) and result.credential_refused:
        holds.stop(
            reason=HoldReason.CREDENTIAL, credential=attempt.credential, detail=end.error_text, now=now
        )
    if end.status == Status.QUEUED and retries.used_up(attempt=attempt, link=link, now=now):
        holds.stop(reason=HoldReason.TRIES, link=link, detail=end.fault, now=now)


def _certificate_keeps_failing() -> bool:
    recent = VendorCall.objects.exclude(arrived_at=None).order_by("-arrived_at", "-id")
    outcomes = recent.values_list("outcome", flat=True)[:CERTIFICATE_FAILURES]
    return len(outcomes) == CERTIFICATE_FAILURES and all(outcome == "certificate" for outcome in outcomes)


def _log(link: AccessLink, attempt: Attempt, before: str, end: Verdict, result: Result) -> None:
    """Facts alone. Never an address, a link, a body, or a vendor's words."""
    exchange = result.exchange
    log.info(
        "invitation call ended",
        extra={
            "invitation": link.invitation.public_id,
            "attempt": attempt.number,
            "try": attempt.tries,
            "from": before,
            "to": end.status,
            "fault": end.fault,
            "detail": result.detail if isinstance(result, KondadoError) else "",
            "link_host": result.host if isinstance(result, LinkWithheld) else "",
            "http_status": exchange.http_status if exchange else None,
            "milliseconds": exchange.milliseconds if exchange else None,
            "phase": exchange.phase if exchange else "",
            "bytes_written": exchange.bytes_written if exchange else 0,
            "body_bytes": exchange.body_bytes if exchange else None,
            "body_expected": exchange.body_expected if exchange else None,
            "body_sha256": exchange.body_sha256 if exchange else "",
            "content_type": exchange.content_type if exchange else "",
            "retry_after": exchange.retry_after if exchange else None,
            "redirect_host": exchange.redirect_host if exchange else "",
            "peer": exchange.peer if exchange else "",
        },
    )
