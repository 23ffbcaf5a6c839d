"""An answer of Kondado that comes to light after its attempt was settled otherwise. Sends nothing, decides nothing.

The word that settled it stands. Where the answer shows that an invitation was made, a request that a person approved
in its place is kept from leaving until a person has looked; one that left already is told of.
"""

from __future__ import annotations

import logging
from datetime import datetime

from invitations.models import AccessLink, Attempt, EventKind, Status, WaitReason
from invitations.models.hold import HoldReason
from invitations.services.base import audit
from invitations.services.holds import holds
from invitations.services.invitations import changes
from invitations.services.mail import admin_alerts
from invitations.services.sending.verdicts import Verdict

log = logging.getLogger("invitations.late")
MAY_STILL_LEAVE = frozenset({Status.DRAFT, Status.QUEUED, Status.CONNECTING, Status.REJECTED, Status.UNKNOWN})
MAY_HAVE_LEFT = frozenset({Status.ON_WIRE, Status.READY, Status.UNKNOWN})


def note(*, link: AccessLink, attempt: Attempt, end: Verdict, now: datetime) -> None:
    """Writes down what came to light. Called in the transaction that holds the link and its invitation."""
    log.warning("answer after the decision", extra={"attempt": attempt.pk, "end": end.status})
    kind = EventKind.LINK_ANSWER_LATE
    if end.made and link.current_attempt_id != attempt.pk:
        if link.status in MAY_HAVE_LEFT:
            kind = EventKind.LINK_MADE_TWICE
        elif link.status in MAY_STILL_LEAVE:
            kind = EventKind.LINK_ANSWER_LATE_HELD
        _keep_back(link, attempt, now)
    changes.finish_link(
        link=link, kind=kind, by=audit.WORKER, data={"attempt": attempt.number, "end": end.status}, now=now
    )


def _keep_back(link: AccessLink, attempt: Attempt, now: datetime) -> None:
    """What may still leave, now or after one more decision, waits for a person; of what may have left they are told."""
    if link.status in MAY_STILL_LEAVE:
        link.fence += 1  # a worker that chose or took it before the hold stood loses its claim
        if link.status == Status.CONNECTING:
            link.status, link.wait_reason, link.lease_until = Status.QUEUED, WaitReason.INTERRUPTED, None
        link.save(update_fields=["fence", "status", "wait_reason", "lease_until"])
        holds.stop(reason=HoldReason.LATE_ANSWER, link=link, now=now)
    if link.status in MAY_HAVE_LEFT:
        admin_alerts.of_twice(attempt, now=now)
