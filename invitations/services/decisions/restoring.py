"""After a restore: nothing is sent until somebody compared what waits with what Kondado already made.

A backup is older than the last send, so that a link that was sent since then looks queued again. Whoever restores
leaves a marker file; the first worker that meets it stops everything, before it takes anything in hand.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from invitations.errors import NotYours, PortalError
from invitations.models import AccessLink, Attempt, EventKind, Hold, Message, Status, User
from invitations.models.attempt import Outcome
from invitations.models.hold import HoldReason
from invitations.models.message import MessageStatus
from invitations.services.base import locks
from invitations.services.base.clock import database_now
from invitations.services.holds import holds, rules
from invitations.services.invitations import changes
from invitations.services.invitations.links import cancel as cancel_link

log = logging.getLogger("invitations.restoring")
MARKER = "restored"
MOST_SHOWN = 500


def heed_marker(*, now: datetime | None = None) -> bool:
    """Turns the marker of a restore into a hold, and takes it away once the hold is committed.

    Called before a worker claims anything. True when there was a marker.
    """
    marker = Path(settings.VAR_DIR) / MARKER
    if not marker.exists():
        return False
    _stop(left_at=datetime.fromtimestamp(marker.stat().st_mtime, tz=UTC), now=now or database_now())
    marker.unlink(missing_ok=True)
    log.warning("the database was restored: nothing is sent until an administrator releases it")
    return True


@transaction.atomic
def _stop(*, left_at: datetime, now: datetime) -> None:
    older = standing_hold()
    if older is not None and older.since >= left_at:
        return  # set for this very marker, by a worker that ended before it could take it away
    # A mail that waits here may have left after the backup. Sending it again is for a person to decide.
    in_doubt = Message.objects.filter(status__in=[MessageStatus.QUEUED, MessageStatus.SENDING])
    in_doubt.update(status=MessageStatus.UNKNOWN, lease_until=None, error="restored")
    if older is not None:
        holds.release(by=None, hold=older, now=now)
    holds.stop(reason=HoldReason.RESTORED, now=now)


def standing_hold() -> Hold | None:
    """The hold of the last restore, while it stands."""
    return Hold.objects.standing().filter(reason=HoldReason.RESTORED).first()


def waiting(hold: Hold) -> list[AccessLink]:
    """What has been queued since before the restore, by account: each may have been sent already. One query."""
    links = AccessLink.objects.filter(status=Status.QUEUED, queued_at__lte=hold.since)
    links = links.select_related("invitation", "account", "current_attempt")
    return list(links.order_by("account__name", "account_id", "queued_at", "id")[:MOST_SHOWN])


def were_sent(*, by: User, links: Iterable[AccessLink], now: datetime | None = None) -> int:
    """Says that these were sent after the backup: each becomes `unknown`, to be settled. Gives how many did.

    Raises NotYours. What no longer waits behind the hold of a restore is left alone.
    """
    now = now or timezone.now()
    if not by.is_admin:
        raise NotYours
    return sum(_was_sent(by=by, link_id=link.pk, now=now) for link in links)


@transaction.atomic
def _was_sent(*, by: User, link_id: int, now: datetime) -> bool:
    hold = standing_hold()
    link = locks.link(link_id)
    attempt = link.current_attempt
    if hold is None or link.status != Status.QUEUED or link.queued_at > hold.since or attempt is None:
        return False
    had_left(link=link, attempt=attempt, now=now)
    link.status, link.lease_until = Status.UNKNOWN, None
    link.save()
    # It happened before the restore, whenever exactly; the portal knows of it no longer.
    attempt.outcome, attempt.fault, attempt.finished_at = Outcome.UNKNOWN, rules.RESTORED, hold.since
    attempt.save()
    changes.finish_link(link=link, kind=EventKind.LINK_FOUND_SENT, by=by, now=now)
    return True


def had_left(*, link: AccessLink, attempt: Attempt, now: datetime) -> None:
    """Brings a link that a backup shows as not yet sent to where it was: on its way. Any other stays as it is."""
    way = {Status.QUEUED: (Status.CONNECTING, Status.ON_WIRE), Status.CONNECTING: (Status.ON_WIRE,)}
    for status in way.get(Status(link.status), ()):
        link.status, link.lease_until, link.not_before, link.wait_reason = status, now, None, ""
        link.save()
    attempt.credential = attempt.credential or link.account.credential


def cancel(*, by: User, links: Iterable[AccessLink], now: datetime | None = None) -> int:
    """Takes these back before they leave, each on its own; gives how many. What cannot be cancelled is left alone."""
    done = 0
    for link in links:
        try:
            cancel_link(by=by, link=link, now=now)
        except PortalError:
            continue
        done += 1
    return done
