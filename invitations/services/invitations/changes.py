"""The end that every change of an invitation or of its links has in common: a mail that is due, the stage, the record.

Called in the transaction of the change, after its rows are written. Decides nothing and sends nothing. A mail that
went its way, and a stop, change no link: they look after the stage themselves.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from invitations.models import AccessLink, EventKind, Invitation, User
from invitations.services.base import audit, stages
from invitations.services.mail import guest_queue


def follow(*, invitation: Invitation, now: datetime) -> None:
    """What follows from the rows as they are now: the guest's mail, where it is due, and the stage."""
    guest_queue.queue_when_ready(invitation=invitation, now=now)
    stages.refresh(invitation=invitation, now=now)


def finish(
    *,
    invitation: Invitation,
    kind: EventKind,
    by: User | str,
    data: dict[str, Any] | None = None,
    people: tuple[audit.Person, ...] = (),
    now: datetime,
) -> None:
    """The last thing that a change of an invitation does: the record is the last write."""
    follow(invitation=invitation, now=now)
    audit.record(kind=kind, by=by, about=invitation, data=data, people=people, now=now)


def finish_link(
    *, link: AccessLink, kind: EventKind, by: User | str, data: dict[str, Any] | None = None, now: datetime
) -> None:
    """As `finish`, for a change of one link: the event says which."""
    said = {"link": link.position} | (data or {})
    finish(invitation=link.invitation, kind=kind, by=by, data=said, now=now)
