"""Sends one queued link: claim, call, settle. Each is a transaction of its own, and the call is in none.

A request that may have reached Kondado is never repeated here: after the `on_wire` mark only a sound answer or
`unknown` ends it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Min

from invitations.kondado.errors import KondadoError, Misconfigured
from invitations.kondado.types import Direction, GuestLink
from invitations.models import (
    AccessLink,
    Account,
    Attempt,
    AuditEvent,
    Delivery,
    EventKind,
    Hold,
    Status,
    VendorCall,
    WaitReason,
)
from invitations.models.base import new_public_id
from invitations.models.call import CallKind
from invitations.services.base import audit, seen_head, spool
from invitations.services.base.clock import AWAY, database_now, reconnect
from invitations.services.calls import gateway, pacing
from invitations.services.decisions import restoring
from invitations.services.sending import answer_text, living, outcome, recovery
from invitations.services.sending.verdicts import NotMarked, Result

log = logging.getLogger("invitations.dispatch")
LATE = 0.75  # of the deadline: what is left then is too little for an answer
LEASE_GRACE = timedelta(seconds=10)  # time to settle, beyond the call's own deadline
AGAIN_AFTER = 1.0  # seconds between two tries to write an answer down


class LostClaim(Exception):  # noqa: N818
    """Somebody else took the link over; this worker must not go on with it."""


class Unclaimable(Exception):  # noqa: N818
    """Taking this very link in hand failed, and everything was undone."""

    def __init__(self, link: AccessLink) -> None:
        super().__init__(link.pk)
        self.link_id, self.fence = link.pk, link.fence


class AttemptEnded(Exception):  # noqa: N818
    """The attempt has its outcome already. One approval is one request, whatever the link's status says."""


class AnswerNotWritten(Exception):  # noqa: N818
    """The database stayed away for too long. What Kondado answered lies in the spool."""


@dataclass(frozen=True)
class Claim:
    """One link in this worker's hands. `fence` proves it at every later write."""

    link: AccessLink
    attempt: Attempt
    call: VendorCall
    fence: int


@dataclass(frozen=True)
class Patience:
    """How long to keep trying to write an answer down. `pause` sleeps, and says True when it must not go on."""

    seconds: float = 300.0
    pause: Callable[[float], bool | None] = time.sleep


def step(patience: Patience | None = None) -> float | None:
    """Sends one link if there is one and it is time.

    Returns 0.0 when something was done, seconds to wait when a link is due and the turn is not, None when no
    link is due. Raises spool.NoRoom and Unclaimable, with nothing claimed, and AnswerNotWritten.
    """
    restoring.heed()
    recovery.sweep(now=database_now())
    spool.set_room_aside()
    try:
        claimed = claim()
    except Unclaimable as error:
        recovery.claim_failed(link_id=error.link_id, fence=error.fence, now=database_now())
        raise
    if isinstance(claimed, Claim):
        send(claimed, patience or Patience())
        return 0.0
    return claimed


@transaction.atomic
def claim() -> Claim | float | None:
    """Takes the turn and the next due link together, or says how long to wait (None: nothing is due).

    Raises Unclaimable.
    """
    pacing.lock()
    now = database_now()
    due = Hold.objects.let_pass(AccessLink.objects.due(now))
    wait = pacing.wait(now)
    if wait > 0 and due.exists():
        return wait
    link = due.select_related("account", "invitation", "current_attempt").first()
    if link is None:
        return _refused_wait(now)
    try:
        return take(link, now=now)
    except AWAY:
        raise
    except Exception as error:
        raise Unclaimable(link) from error


def take(link: AccessLink, *, now: datetime) -> Claim | float:
    """The link in this worker's hands; 0.0 when another one's were faster.

    Called in a transaction by whoever holds the turn to call.
    """
    fence = link.fence + 1
    lease = now + timedelta(seconds=settings.KONDADO_DEADLINE_SECONDS) + LEASE_GRACE
    taken = AccessLink.objects.filter(pk=link.pk, fence=link.fence).move(
        Status.QUEUED,
        Status.CONNECTING,
        fence=fence,
        claimed_by=living.own_name(),
        lease_until=lease,
        not_before=None,
        wait_reason="",
    )
    if not taken:
        return 0.0
    Account.objects.filter(pk=link.account_id).update(served_at=now)
    # As it is now that the row is ours: what was read before may have been corrected while we waited for it.
    link = AccessLink.objects.select_related("account", "invitation", "current_attempt").get(pk=link.pk)
    assert link.current_attempt is not None  # noqa: S101  (else this very link is set aside)
    attempt = _freeze(link, link.current_attempt, now)
    call = pacing.take(credential=attempt.credential, kind=CallKind.INVITATION, attempt=attempt, now=now)
    audit.record(
        kind=EventKind.LINK_CONNECTING,
        by=audit.WORKER,
        about=link.invitation,
        data={"link": link.position, "attempt": attempt.number, "try": attempt.tries},
        now=now,
    )
    return Claim(link, attempt, call, fence)


def _refused_wait(now: datetime) -> float | None:
    """Seconds until a link that Kondado refused for its rate is due again; None when there is none."""
    refused = AccessLink.objects.still_asked().filter(status=Status.QUEUED, wait_reason=WaitReason.RATE_LIMIT)
    due = Hold.objects.let_pass(refused).aggregate(first=Min("not_before"))["first"]
    return max(0.0, (due - now).total_seconds()) if due else None


def _freeze(link: AccessLink, attempt: Attempt, now: datetime) -> Attempt:
    """Fixes what the attempt sends, at its first claim, and counts the try. Raises AttemptEnded."""
    if attempt.outcome:
        raise AttemptEnded
    attempt.tries += 1
    if attempt.frozen_at is None:
        attempt.frozen_at = now
        attempt.credential = link.account.credential
        attempt.client_id = link.account.client_id
        attempt.kondado_id = link.kondado_id
        attempt.direction = link.direction
        attempt.assigned_collection_name = link.assigned_collection_name
        attempt.recipient = link.invitation.recipient_email
        if link.invitation.delivery != Delivery.KONDADO:
            attempt.silent_reference = new_public_id()
            attempt.recipient = silent_recipient(link.account.silent_address, attempt.silent_reference)
    attempt.save()
    return attempt


def silent_recipient(address: str, reference: str) -> str:
    """The account's silent address with a reference before the @, so that its mail can be told apart."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{reference}@{domain}"


def mark_on_wire(claimed: Claim, *, now: datetime | None = None) -> None:
    """Commits that the first byte is about to leave.

    Raises LostClaim when the link is no longer ours, NotMarked when it could not be committed in time or sending was
    stopped since the claim: in all these cases nothing may be sent.
    """
    try:
        event = _mark(claimed, now)
        # Committed, and nothing sent yet. Whatever leaves from here on, this machine knows an event that told of it.
        seen_head.note(seen_head.Head(event.number, event.hash))
    except (DatabaseError, OSError) as error:
        # The commit may have gone through for all that: then the link is `on_wire`, and still nothing was sent.
        log.warning("could not mark", extra={"link": claimed.link.pk, "error": type(error).__name__})
        raise NotMarked("not_marked") from None


@transaction.atomic
def _mark(claimed: Claim, now: datetime | None) -> AuditEvent:
    held = AccessLink.objects.filter(pk=claimed.link.pk, fence=claimed.fence)
    mine = held.filter(lease_until__gt=now or database_now())
    marked = mine.move(Status.CONNECTING, Status.ON_WIRE)
    if not marked:
        raise LostClaim
    event = audit.record(
        kind=EventKind.LINK_ON_WIRE,
        by=audit.WORKER,
        about=claimed.link.invitation,
        data={"link": claimed.link.position, "attempt": claimed.attempt.number},
        now=now,
    )
    # After every wait for another writer, and before the commit: who stops sending records that as well, so that
    # nothing leaves after a stop that stands in the record.
    if not Hold.objects.let_pass(AccessLink.objects.still_asked().filter(pk=claimed.link.pk)).exists():
        raise NotMarked("not_marked", detail="stopped")
    if not restoring.holds_what_was_seen():
        raise NotMarked("not_marked", detail="restored")
    # What is too late for an answer is taken back: a busy database must not make an outcome unknown.
    late = claimed.call.started_at + timedelta(seconds=settings.KONDADO_DEADLINE_SECONDS) * LATE
    if (now or database_now()) >= late:
        raise NotMarked("not_marked", detail="late")
    return event


def send(claimed: Claim, patience: Patience | None = None) -> None:
    """Calls Kondado for a claimed link and settles what came of it. Raises AnswerNotWritten."""
    result: Result
    try:
        result = _call(claimed)
    except LostClaim:
        log.warning("claim lost", extra={"link": claimed.link.pk, "fence": claimed.fence})
        pacing.give_back(call=claimed.call, outcome="claim_lost", exchange=None, now=database_now())
        return
    except KondadoError as error:
        result = error
    kept = _keep(claimed, result)
    try:
        written = _write_down(claimed, result, patience or Patience())
    except BaseException:
        if kept is not None:
            spool.let_go(kept)
        raise
    if kept is not None:
        (spool.drop if written else spool.put_by)(kept)


def _keep(claimed: Claim, result: Result) -> spool.Kept | None:
    """The answer on disk, where a crash cannot reach it."""
    if not answer_text.worth_keeping(result):
        return None
    text = answer_text.dump(
        result,
        invitation=claimed.link.invitation.public_id,
        link=claimed.link.pk,
        fence=claimed.fence,
        number=claimed.attempt.number,
    )
    try:
        return spool.keep(attempt_id=claimed.attempt.pk, call_id=claimed.call.pk, text=text)
    except spool.NoRoom:
        log.exception("an answer could not be kept on disk", extra={"attempt": claimed.attempt.pk})
        return None


def _write_down(claimed: Claim, result: Result, patience: Patience) -> bool:
    """Settles, for as long as patience lasts while the database is away. Means what `settle` means."""
    give_up = time.monotonic() + patience.seconds
    while True:
        try:
            return outcome.write_down(
                link_id=claimed.link.pk,
                attempt=claimed.attempt,
                call=claimed.call,
                fence=claimed.fence,
                result=result,
            )
        except AWAY as error:
            log.error(  # noqa: TRY400  (a traceback would show values)
                "an answer could not be written down",
                extra={"attempt": claimed.attempt.pk, "error": type(error).__name__},
            )
            reconnect()
        if time.monotonic() >= give_up or patience.pause(AGAIN_AFTER):
            raise AnswerNotWritten


def _call(claimed: Claim) -> GuestLink:
    attempt = claimed.attempt
    if attempt.kondado_id is None:
        raise Misconfigured("attempt", detail="it names no connector")
    return gateway.client(attempt.credential).create_guest_link(
        client_id=attempt.client_id,
        recipient_email=attempt.recipient,
        kondado_id=attempt.kondado_id,
        direction=Direction(attempt.direction),
        name=attempt.assigned_collection_name,
        on_wire=lambda: mark_on_wire(claimed),
    )
