"""Gives every call its end: what Kondado answered, or did not, becomes the link's status. Never calls out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import singledispatch
from typing import Any

from django.db import transaction

from invitations.kondado.errors import (
    Ambiguous,
    CertificateInvalid,
    KondadoError,
    LinkWithheld,
    Misconfigured,
    NotSent,
    RateLimited,
    Rejected,
)
from invitations.kondado.types import GuestLink
from invitations.models import AccessLink, Attempt, Invitation, Status, VendorCall, WaitReason
from invitations.models.attempt import Outcome
from invitations.models.hold import HoldReason
from invitations.services import audit, guest_mails, holds, stages, stops, turns
from invitations.services.clock import database_now

PAUSES = (5, 15, 30, 60, 120, 300, 900)  # seconds after the first, second, … failed try
MOST_TRIES = 8
LONGEST = timedelta(hours=24)
MOST_CRASHES = 3
CERTIFICATE_FAILURES = 3


@dataclass(frozen=True)
class End:
    """What a result means for a link and its attempt."""

    status: Status
    outcome: str = ""
    fault: str = ""
    error_code: str = ""
    error_text: str = ""
    wait: int | None = None  # seconds before the next try; None with `queued` means the growing pauses
    wait_reason: str = ""
    pause: int | None = None  # seconds for which nobody calls
    counts: bool = True


@singledispatch
def end_of(result: object) -> End:
    """The end that a result asks for, by its class."""
    raise TypeError(type(result).__name__)


@end_of.register
def _(result: GuestLink) -> End:
    return End(Status.READY, Outcome.READY, fault=",".join(result.flags))


@end_of.register
def _(result: NotSent) -> End:
    return End(
        Status.QUEUED, fault=result.fault, error_text=result.detail, wait_reason=WaitReason.UNREACHABLE
    )


@end_of.register
def _(result: Misconfigured) -> End:
    return End(Status.QUEUED, fault=result.fault, error_text=result.detail, wait=0, counts=False)


@end_of.register
def _(result: RateLimited) -> End:
    wait = max(60, result.retry_after)
    return End(Status.QUEUED, fault=result.fault, wait=wait, wait_reason=WaitReason.RATE_LIMIT, pause=wait)


@end_of.register
def _(result: Rejected) -> End:
    return End(
        Status.REJECTED,
        Outcome.REJECTED,
        fault=result.fault,
        error_code=result.code[:100],
        error_text=result.message,
    )


@end_of.register
def _(result: Ambiguous) -> End:
    return End(Status.UNKNOWN, Outcome.UNKNOWN, fault=result.fault, error_text=result.detail)


@end_of.register
def _(result: LinkWithheld) -> End:
    rule_and_host = f"{result.detail} {result.host}".strip()
    return End(Status.UNKNOWN, Outcome.UNKNOWN, fault=result.fault, error_text=rule_and_host)


@transaction.atomic
def settle(
    *,
    link_id: int,
    attempt: Attempt,
    call: VendorCall,
    fence: int,
    result: GuestLink | KondadoError,
    now: datetime | None = None,
) -> bool:
    """Writes down a call's end. False, and nothing changed but the call's own row, when the claim was lost."""
    now = now or database_now()
    end = end_of(result)
    if isinstance(result, GuestLink) and Attempt.objects.filter(link_sha256=result.sha256).exists():
        end = End(Status.UNKNOWN, Outcome.UNKNOWN, fault="link_repeated")
    turns.give_back(
        call=call, outcome=end.fault or end.status, exchange=result.exchange, pause=end.pause, now=now
    )
    link = AccessLink.objects.select_for_update().get(pk=link_id)
    link.invitation = Invitation.objects.select_for_update().get(pk=link.invitation_id)
    if link.fence != fence or link.status not in {Status.CONNECTING, Status.ON_WIRE}:
        return False
    attempt.refresh_from_db()
    _write(link, attempt, end, result, now)
    _after(link, attempt, end, result, now)
    return True


def _write(
    link: AccessLink, attempt: Attempt, end: End, result: GuestLink | KondadoError, now: datetime
) -> None:
    link.status, link.lease_until, link.not_before, link.wait_reason = end.status, None, None, ""
    attempt.fault, attempt.error_code, attempt.error_text = end.fault, end.error_code, end.error_text[:500]
    attempt.outcome = end.outcome
    attempt.finished_at = now if end.outcome else None
    # No refusal but the rate limit's is documented, so that somebody has to look at each.
    attempt.needs_review = end.status == Status.REJECTED
    if end.status == Status.READY and isinstance(result, GuestLink):
        attempt.kondado_link, attempt.link_sha256 = attempt.seal(result.url), result.sha256
        if link.invitation.expires_at is None:
            link.invitation.expires_at = now + timedelta(days=link.invitation.expires_in_days)
            link.invitation.save(update_fields=["expires_at"])
    if isinstance(result, LinkWithheld):
        attempt.quarantined_link = attempt.seal(result.withheld, field="quarantined_link")
    if end.status == Status.QUEUED:
        _plan_next_try(link, attempt, end, now)
    if end.status == Status.REJECTED:
        link.holds_open_slot = False
    attempt.save()
    link.save()


def _plan_next_try(link: AccessLink, attempt: Attempt, end: End, now: datetime) -> None:
    if end.counts and attempt.first_failed_at is None:
        attempt.first_failed_at = now
    wait = end.wait if end.wait is not None else PAUSES[min(attempt.tries, len(PAUSES)) - 1]
    link.not_before = now + timedelta(seconds=wait) if wait else None
    link.wait_reason = end.wait_reason


def _after(
    link: AccessLink, attempt: Attempt, end: End, result: GuestLink | KondadoError, now: datetime
) -> None:
    """Holds, stage and the record, in this order: the record is the last write."""
    _stop_if_needed(link, attempt, end, result, now)
    stops.after_settle(attempt=attempt, now=now)
    guest_mails.queue_when_ready(invitation=link.invitation, now=now)
    stages.refresh(invitation=link.invitation, now=now)
    data: dict[str, Any] = {"link": link.position, "attempt": attempt.number, "fault": end.fault}
    kind = f"link.{end.status}"
    if end.status == Status.QUEUED:
        kind = "link.waiting"
        data |= {
            "reason": link.wait_reason,
            "not_before": link.not_before.isoformat() if link.not_before else None,
        }
    audit.record(
        kind=kind, by=audit.WORKER, about=f"invitation:{link.invitation.public_id}", data=data, now=now
    )


def _stop_if_needed(
    link: AccessLink, attempt: Attempt, end: End, result: GuestLink | KondadoError, now: datetime
) -> None:
    if isinstance(result, Misconfigured):
        holds.stop(
            reason=HoldReason.CONFIGURATION, credential=attempt.credential, detail=result.detail, now=now
        )
    elif isinstance(result, CertificateInvalid) and _certificate_keeps_failing():
        holds.stop(
            reason=HoldReason.CERTIFICATE, credential=attempt.credential, detail=result.detail, now=now
        )
    elif isinstance(result, KondadoError) and result.credential_refused:
        holds.stop(
            reason=HoldReason.CREDENTIAL, credential=attempt.credential, detail=end.error_text, now=now
        )
    if end.status == Status.QUEUED and _used_up(attempt, now):
        holds.stop(reason=HoldReason.TRIES, link=link, detail=end.fault, now=now)


def _used_up(attempt: Attempt, now: datetime) -> bool:
    if attempt.first_failed_at is None:
        return False
    return attempt.tries >= MOST_TRIES or now - attempt.first_failed_at >= LONGEST


def _certificate_keeps_failing() -> bool:
    recent = VendorCall.objects.exclude(arrived_at=None).order_by("-arrived_at", "-id")
    outcomes = recent.values_list("outcome", flat=True)[:CERTIFICATE_FAILURES]
    return len(outcomes) == CERTIFICATE_FAILURES and all(outcome == "certificate" for outcome in outcomes)


def sweep(*, now: datetime) -> int:
    """Ends the claims whose lease is over: not yet on the wire goes back to the queue, else `unknown`."""
    overdue = AccessLink.objects.filter(lease_until__lte=now).order_by().values_list("pk", flat=True)
    return sum(_end_overdue(pk, now) for pk in overdue)


@transaction.atomic
def _end_overdue(link_id: int, now: datetime) -> bool:
    link = AccessLink.objects.select_for_update(of=("self",)).select_related("invitation").get(pk=link_id)
    if link.lease_until is None or link.lease_until > now or link.current_attempt_id is None:
        return False
    link.invitation = Invitation.objects.select_for_update().get(pk=link.invitation_id)
    attempt = Attempt.objects.get(pk=link.current_attempt_id)
    link.lease_until = None
    link.fence += 1
    attempt.crashes += 1
    if link.status == Status.ON_WIRE:
        link.status = Status.UNKNOWN
        attempt.outcome, attempt.fault, attempt.finished_at = Outcome.UNKNOWN, "worker_lost", now
        kind = "link.unknown"
    else:
        link.status, link.wait_reason = Status.QUEUED, WaitReason.INTERRUPTED
        kind = "link.recovered"
    attempt.save()
    link.save()
    if attempt.crashes >= MOST_CRASHES and link.status == Status.QUEUED:
        holds.stop(reason=HoldReason.CRASHES, link=link, now=now)
    stops.after_settle(attempt=attempt, now=now)
    guest_mails.queue_when_ready(invitation=link.invitation, now=now)
    stages.refresh(invitation=link.invitation, now=now)
    audit.record(
        kind=kind,
        by=audit.WORKER,
        about=f"invitation:{link.invitation.public_id}",
        data={"link": link.position, "attempt": attempt.number, "fault": "worker_lost"},
        now=now,
    )
    return True
