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
from invitations.kondado.types import GuestLink
from invitations.models import Status, WaitReason
from invitations.models.attempt import Outcome

Result = GuestLink | KondadoError
LINK_MISSING = "link_missing"  # the fault of a success without a link
RATE_PAUSE = 60  # seconds, at least: Kondado's refusal always says so


class NotMarked(NotSent):
    """`on_wire` could not be committed in time, so that nothing was sent. Says nothing about Kondado."""


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
    counts: bool = True  # starts the clock of the tries
    costs_a_try: bool = True  # of the eight
    made: bool = False  # Kondado says that it made the invitation


@singledispatch
def end_of(result: object) -> End:
    """The end that a result asks for, by its class."""
    raise TypeError(type(result).__name__)


@end_of.register
def _(result: GuestLink) -> End:
    return End(Status.READY, Outcome.READY, fault=",".join(result.flags), made=True)


@end_of.register
def _(result: NotSent) -> End:
    return End(
        Status.QUEUED, fault=result.fault, error_text=result.detail, wait_reason=WaitReason.UNREACHABLE
    )


@end_of.register
def _(result: NotMarked) -> End:
    return End(
        Status.QUEUED,
        fault=result.fault,
        wait=5,
        wait_reason=WaitReason.INTERRUPTED,
        counts=False,
        costs_a_try=False,
    )


@end_of.register
def _(result: Misconfigured) -> End:
    return End(
        Status.QUEUED, fault=result.fault, error_text=result.detail, wait=0, counts=False, costs_a_try=False
    )


@end_of.register
def _(result: RateLimited) -> End:
    wait = max(RATE_PAUSE, result.retry_after)
    # Somebody else may be using up the limit: that is no failure of this invitation's, only its day is limited.
    return End(
        Status.QUEUED,
        fault=result.fault,
        wait=wait,
        wait_reason=WaitReason.RATE_LIMIT,
        pause=wait,
        costs_a_try=False,
    )


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
    made = result.fault == LINK_MISSING
    return End(Status.UNKNOWN, Outcome.UNKNOWN, fault=result.fault, error_text=result.detail, made=made)


@end_of.register
def _(result: LinkWithheld) -> End:
    rule_and_host = f"{result.detail} {result.host}".strip()
    return End(Status.UNKNOWN, Outcome.UNKNOWN, fault=result.fault, error_text=rule_and_host, made=True)
