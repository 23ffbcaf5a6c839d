"""What a result of a call means for its link and attempt, by the result's class alone. Reads and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from invitations.kondado.errors import (
    Ambiguous,
    KondadoError,
    LinkWithheld,
    Misconfigured,
    NotSent,
    RateLimited,
    Rejected,
)
from invitations.kondado.pacing import REFUSAL_PAUSE
from invitations.kondado.types import GuestLink
from invitations.models import Status, WaitReason
from invitations.models.attempt import Outcome

Result = GuestLink | KondadoError
LINK_MISSING = "link_missing"  # the fault of a success without a link


class NotMarked(NotSent):
    """`on_wire` could not be committed in time, so that nothing was sent. Says nothing about Kondado."""


@dataclass(frozen=True)
class Verdict:
    """What a result means for a link and its attempt."""

    status: Status
    outcome: str = ""
    fault: str = ""
    error_code: str = ""
    error_text: str = ""
    wait: int | None = None  # seconds before the next try; None with `queued` means the growing pauses
    wait_reason: str = ""
    pause: int | None = None  # seconds for which nobody calls
    counts: bool = True  # starts the clock of the tries
    costs_a_try: bool = True  # of the eight
    made: bool = False  # Kondado says that it made the invitation


@singledispatch
def verdict_on(result: object) -> Verdict:
    """The end that a result asks for, by its class."""
    raise TypeError(type(result).__name__)


@verdict_on.register
def _(result: GuestLink) -> Verdict:
    return Verdict(Status.READY, Outcome.READY, fault=",".join(result.flags), made=True)


@verdict_on.register
def _(result: NotSent) -> Verdict:
    return Verdict(
        Status.QUEUED, fault=result.fault, error_text=result.detail, wait_reason=WaitReason.UNREACHABLE
    )


@verdict_on.register
def _(result: NotMarked) -> Verdict:
    return Verdict(
        Status.QUEUED,
        fault=result.fault,
        wait=5,
        wait_reason=WaitReason.INTERRUPTED,
        counts=False,
        costs_a_try=False,
    )


@verdict_on.register
def _(result: Misconfigured) -> Verdict:
    return Verdict(
        Status.QUEUED, fault=result.fault, error_text=result.detail, wait=0, counts=False, costs_a_try=False
    )


@verdict_on.register
def _(result: RateLimited) -> Verdict:
    wait = max(int(REFUSAL_PAUSE.total_seconds()), result.retry_after)
    # Somebody else may be using up the limit: that is no failure of this invitation's, only its day is limited.
    return Verdict(
        Status.QUEUED,
        fault=result.fault,
        wait=wait,
        wait_reason=WaitReason.RATE_LIMIT,
        pause=wait,
        costs_a_try=False,
    )


@verdict_on.register
def _(result: Rejected) -> Verdict:
    return Verdict(
        Status.REJECTED,
        Outcome.REJECTED,
        fault=result.fault,
        error_code=result.code[:100],
        error_text=result.message,
    )


@verdict_on.register
def _(result: Ambiguous) -> Verdict:
    made = result.fault == LINK_MISSING
    return Verdict(Status.UNKNOWN, Outcome.UNKNOWN, fault=result.fault, error_text=result.detail, made=made)


@verdict_on.register
def _(result: LinkWithheld) -> Verdict:
    rule_and_host = f"{result.detail} {result.host}".strip()
    return Verdict(Status.UNKNOWN, Outcome.UNKNOWN, fault=result.fault, error_text=rule_and_host, made=True)
