"""After a restore: nothing is sent until somebody compared what waits with what Kondado already made.

A backup is older than the last send, so that a link that was sent since then looks queued again. Three things tell a
worker, before it takes anything in hand: a mark in the database itself, which `restore` sets; a marker file, which
whoever restores by other means may leave; and the machine's own note of how far the record had come.
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
from invitations.models import (
    AccessLink,
    Attempt,
    AuditEvent,
    AuditHead,
    CallTurn,
    EventKind,
    Hold,
    Message,
    Status,
    User,
)
from invitations.models.attempt import Outcome
from invitations.models.hold import HoldReason
from invitations.models.message import MessageKind, MessageStatus
from invitations.services.base import locks, seen_head
from invitations.services.base.clock import database_now, follow_the_file
from invitations.services.holds import holds, rules
from invitations.services.invitations import changes
from invitations.services.invitations.links import cancel as cancel_link

log = logging.getLogger("invitations.restoring")
MARKER = "restored"
MOST_SHOWN = 500


def heed(*, now: datetime | None = None) -> bool:
    """Stops everything where the database is older than what was sent, before a worker claims anything.

    What told of it is brought in line once the hold is committed. True when sending was stopped.
    """
    follow_the_file()
    marker = Path(settings.VAR_DIR) / MARKER
    if not (marker.exists() or _is_marked() or not holds_what_was_seen()):
        return False
    with seen_head.locked():
        left_at = datetime.fromtimestamp(marker.stat().st_mtime, tz=UTC) if marker.exists() else None
        if left_at is None and not _is_marked() and holds_what_was_seen():
            return False  # another worker of this machine was faster
        detail = "" if holds_what_was_seen() else "this machine has seen later events than there are"
        stop_everything(left_at=left_at, detail=detail, now=now or database_now())
        seen_head.replace(head())
        marker.unlink(missing_ok=True)
    log.warning("the database was restored: nothing is sent until an administrator releases it")
    return True


def _is_marked() -> bool:
    return CallTurn.objects.filter(restored_at__isnull=False).exists()


def holds_what_was_seen() -> bool:
    """Whether the record holds the event that this machine noted last: nothing that it knows of is missing here."""
    seen = seen_head.read()
    return seen is None or AuditEvent.objects.filter(number=seen.number, hash=seen.hash).exists()


def remember() -> None:
    """Notes how far the record has come, so that this machine knows of what others did as well."""
    now = head()
    if now.number and holds_what_was_seen():
        seen_head.note(now)


def has_no_memory() -> bool:
    """Whether requests have left from this database and this machine never noted one: then it could not tell."""
    return seen_head.read() is None and AuditEvent.objects.filter(kind=EventKind.LINK_ON_WIRE).exists()


def head() -> seen_head.Head:
    """How far the record of the database at hand has come."""
    end = AuditHead.objects.get(id=1)
    return seen_head.Head(end.number, end.hash)


@transaction.atomic
def stop_everything(*, left_at: datetime | None = None, detail: str = "", now: datetime) -> None:
    """Sets the hold of a restore, anew where one came along with the backup. Mails that waited become `unknown`.

    With `left_at`, a hold since then was set for this very marker, by a worker that ended before it could take it away.
    """
    CallTurn.objects.update(restored_at=None)
    older = standing_hold()
    if older is not None and left_at is not None and older.since >= left_at:
        return
    # A mail that waits here may have left after the backup. Sending it again is for a person to decide; only what
    # tells administrators of a stop may come twice.
    in_doubt = Message.objects.filter(status__in=[MessageStatus.QUEUED, MessageStatus.SENDING])
    in_doubt = in_doubt.exclude(kind=MessageKind.ALERT)
    in_doubt.update(status=MessageStatus.UNKNOWN, lease_until=None, error="restored")
    if older is not None:
        holds.release(by=None, hold=older, now=now)
    holds.stop(reason=HoldReason.RESTORED, detail=detail, now=now)


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
