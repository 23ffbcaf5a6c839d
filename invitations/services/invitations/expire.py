"""Writes down what only time changes: an invitation whose time is over expires, and gives its place up.

One that expired by a clock that was ahead opens again.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from invitations.models import EventKind, Invitation, Stage
from invitations.services.base import audit, each_row, locks, slots
from invitations.services.invitations import changes

# Every stage that comes after `expired` in the order of stages; the index is by stage and time.
MAY_EXPIRE = (Stage.TO_VERIFY, Stage.PARTLY_CONNECTED, Stage.OPENED, Stage.WAITING)
BATCH = 200


def sweep(*, now: datetime | None = None) -> int:
    """Expires up to BATCH invitations whose time is over. How many there were."""
    now = now or timezone.now()
    due = Invitation.objects.filter(stage__in=MAY_EXPIRE, expires_at__lte=now).order_by()
    keys = due.values_list("pk", flat=True)[:BATCH]
    return each_row.each(keys, lambda pk: _expire(pk, now), failing="an invitation could not be expired")


@transaction.atomic
def _expire(invitation_id: int, now: datetime) -> bool:
    """Looks again under the lock: somebody may have extended it."""
    invitation, _links = locks.whole(invitation_id)
    if invitation.stage not in MAY_EXPIRE or not invitation.is_expired(now):
        return False
    slots.give_up(invitation=invitation)
    changes.finish(invitation=invitation, kind=EventKind.INVITATION_EXPIRED, by=audit.WORKER, now=now)
    return True


def reopen(*, now: datetime) -> int:
    """Opens up to BATCH invitations again that expired although their time is not over. How many there were."""
    early = Invitation.objects.filter(stage=Stage.EXPIRED, expires_at__gt=now).order_by()
    keys = early.values_list("pk", flat=True)[:BATCH]
    return each_row.each(keys, lambda pk: _reopen(pk, now), failing="an invitation could not be opened again")


@transaction.atomic
def _reopen(invitation_id: int, now: datetime) -> bool:
    """As far as nobody else was invited for it meanwhile: what another invitation asks for stays with that one."""
    invitation, links = locks.whole(invitation_id)
    if invitation.stage != Stage.EXPIRED or invitation.is_expired(now):
        return False
    slots.take_free(links=links, recipient_normal=invitation.recipient_normal, now=now)
    changes.finish(invitation=invitation, kind=EventKind.INVITATION_REOPENED, by=audit.WORKER, now=now)
    return True
