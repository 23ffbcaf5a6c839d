"""The pause of all calls that Kondado asked for, and a person's word that ends it before its time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from invitations.errors import NotYours
from invitations.kondado.pacing import REFUSAL_PAUSE
from invitations.models import AccessLink, EventKind, Status, User, VendorCall, WaitReason
from invitations.services.base import audit
from invitations.services.base.clock import database_now
from invitations.services.calls import pacing


@transaction.atomic
def end(*, by: User, now: datetime | None = None) -> datetime:
    """Lets calls go on from the moment given back: now, or once Kondado's own minute is over.

    A pause is only ever made shorter. Raises NotYours.
    """
    now = now or database_now()
    if not by.is_admin:
        raise NotYours
    pacing.lock()
    open_again = now
    shortened = False
    for call in VendorCall.objects.filter(pause_until__gt=now, arrived_at__isnull=False):
        assert call.arrived_at is not None and call.pause_until is not None  # noqa: S101, PT018  (as asked for)
        until = min(call.pause_until, max(now, call.arrived_at + REFUSAL_PAUSE))
        shortened |= until < call.pause_until
        open_again = max(open_again, until)
        VendorCall.objects.filter(pk=call.pk).update(pause_until=until)
    waiting = AccessLink.objects.filter(status=Status.QUEUED, wait_reason=WaitReason.RATE_LIMIT)
    waiting.filter(not_before__gt=open_again).update(not_before=open_again)
    if shortened:
        audit.record(kind=EventKind.CALLS_PAUSE_ENDED, by=by, about="calls:kondado", now=now)
    return open_again
