"""Works out an invitation's stage from its links and the guest's facts, and stores it when it changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from invitations.models import AccessLink, Hold, Invitation, Stage, Status
from invitations.models.message import WITHDRAWN, MessageKind, MessageStatus

TROUBLE = frozenset({Status.REJECTED, Status.UNKNOWN})
UNDER_WAY = frozenset({Status.QUEUED, Status.CONNECTING, Status.ON_WIRE})


def stage_of(
    invitation: Invitation, links: Sequence[AccessLink], *, held: bool, bounced: bool, now: datetime
) -> Stage:
    """The first word that holds, in the fixed order. `held` means a Hold on one of the links itself."""
    live = [link for link in links if link.status != Status.CANCELLED]
    rules = (
        (not live, Stage.CANCELLED),
        (invitation.revoked_at is not None, Stage.REVOKED),
        (all(link.confirmed_at for link in live), Stage.CONNECTED),
        (invitation.declined_at is not None, Stage.DECLINED),
        (held or bounced or any(link.status in TROUBLE for link in live), Stage.NEEDS_ATTENTION),
        (any(link.status == Status.DRAFT for link in live), Stage.TO_APPROVE),
        (any(link.status in UNDER_WAY for link in live), Stage.SENDING),
        (invitation.is_expired(now), Stage.EXPIRED),
        (any(link.done_at and not link.confirmed_at for link in live), Stage.TO_VERIFY),
        (any(link.confirmed_at for link in live), Stage.PARTLY_CONNECTED),
        (invitation.opened_at is not None, Stage.OPENED),
    )
    return next((stage for holds, stage in rules if holds), Stage.WAITING)


def refresh(*, invitation: Invitation, now: datetime) -> None:
    """Stores the stage that the rows say now. Called in the transaction of the fact."""
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    links = list(AccessLink.objects.filter(invitation=invitation))
    held = Hold.objects.stopping().filter(access_link__in=links).exists()
    bounced = _came_back(row)
    stage = stage_of(row, links, held=held, bounced=bounced, now=now)
    if stage != row.stage:
        row.stage = stage
        row.save(update_fields=["stage"])
    invitation.stage = stage


def _came_back(invitation: Invitation) -> bool:
    """Whether the newest mail to the guest cannot have arrived: only a person can mend the address."""
    mails = invitation.messages.filter(kind=MessageKind.INVITATION).order_by("-id")
    newest = mails.values_list("status", "error").first()
    if newest is None:
        return False
    status, error = newest
    if status == MessageStatus.FAILED:
        return invitation.opened_at is None and error != WITHDRAWN
    return bool(status == MessageStatus.BOUNCED)
