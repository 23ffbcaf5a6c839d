"""A person approves a request to Kondado: the first of a link, or one more. At most one invitation comes of each.

Called in the transaction of the decision. Sends nothing, records nothing, and does not ask whether it is allowed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from invitations.models import AccessLink, Attempt, Invitation, Status, User
from invitations.models.attempt import Approval
from invitations.services.base import slots


def first(*, link: AccessLink, by: User, now: datetime) -> None:
    """The attempt that a new link begins with."""
    link.current_attempt = Attempt.objects.create(access_link=link, approved_by=by, approved_at=now)
    link.save(update_fields=["current_attempt"])


def again(*, link: AccessLink, approval: Approval, by: User, now: datetime) -> None:
    """One more attempt for a link that is locked with all others of its invitation: it waits in the queue anew.

    The guest's time is counted anew too, so that an invitation that had expired is open again: then all its links
    take their places back. Raises SameOpenInvitation where another invitation has one.
    """
    invitation = link.invitation
    link.status = Status.QUEUED
    link.save(update_fields=["status"])
    _take_places(link, now)
    link.current_attempt = Attempt.objects.create(
        access_link=link,
        number=link.attempts.count() + 1,
        approval=approval,
        approved_by=by,
        approved_at=now,
    )
    link.queued_at, link.link_absent_reason = now, ""
    link.continued_at = link.done_at = None
    link.save()
    _renew(invitation, now)


def _take_places(link: AccessLink, now: datetime) -> None:
    """The place of this link, and of the others where the invitation had expired and given all of them up."""
    others: list[AccessLink] = []
    if link.invitation.is_expired(now):
        others = list(AccessLink.objects.filter(invitation=link.invitation).exclude(pk=link.pk))
    slots.take_back(links=[link, *others], recipient_normal=link.recipient_normal, now=now)
    link.refresh_from_db(fields=["holds_open_slot"])


def _renew(invitation: Invitation, now: datetime) -> None:
    """The time from now on, never less than was given before; without a ready link it begins when one is."""
    is_ready = AccessLink.objects.filter(invitation=invitation, status=Status.READY).exists()
    anew = now + timedelta(days=invitation.expires_in_days)
    invitation.expires_at = max(anew, invitation.expires_at or anew) if is_ready else None
    invitation.asked_again_at = None
    invitation.save(update_fields=["expires_at", "asked_again_at"])
