"""The outbox: the web process writes a mail as a row, the worker delivers it: claim, send, settle.

A mail that the server may have taken is never sent again by the machine. What provably did not leave is tried again
with growing pauses.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from invitations.mail import smtp, write
from invitations.models import EventKind, Invitation, Message, sealed
from invitations.models.message import TO_GUESTS, WITHDRAWN, MessageKind, MessageStatus
from invitations.services.base import audit, each_row, guest_tokens, stages
from invitations.services.base.clock import AWAY
from invitations.services.mail import guest_text

log = logging.getLogger("invitations.outbox")
LEASE = timedelta(minutes=3)
PAUSES = (10, 60, 300, 900, 3_600, 10_800)  # seconds after the first, second, … failed try
UNREACHABLE_PAUSE = timedelta(seconds=30)  # for all mails: each try would keep invitations waiting
EVENTS = {
    MessageStatus.SENT: EventKind.MAIL_SENT,
    MessageStatus.FAILED: EventKind.MAIL_FAILED,
    MessageStatus.UNKNOWN: EventKind.MAIL_UNKNOWN,
}


@dataclass(frozen=True)
class Claim:
    """One mail in this worker's hands. `url` holds a guest's key and is stored nowhere."""

    message: Message
    fence: int
    url: str = field(default="", repr=False)


@dataclass(frozen=True)
class End:
    """What became of one try. `wait` is in seconds, where there is to be another."""

    status: MessageStatus
    error: str = ""
    wait: int | None = None


@transaction.atomic
def put(
    *,
    name: write.MailName,
    context: dict[str, Any],
    to: str,
    url: str = "",
    kind: MessageKind = MessageKind.SIGN_IN,
    invitation: Invitation | None = None,
    language: str = "en",
    now: datetime | None = None,
) -> Message:
    """Queues one mail to somebody who signs in, in their language, with `url`, a page of the portal, as its one link.

    Its words are sealed: mails about signing in carry one-time links.
    """
    message = Message.objects.create(
        kind=kind, to_email=to, invitation=invitation, language=language, created_at=now or timezone.now()
    )
    message.content = message.seal(json.dumps(write.staff_words(name, context, language=language, url=url)))
    message.save(update_fields=["content"])
    return message


def step(*, now: datetime | None = None) -> bool:
    """Delivers one due mail. False when there is none."""
    started = now or timezone.now()
    _end_overdue(started)
    due = Message.objects.filter(status=MessageStatus.QUEUED).exclude(not_before__gt=started).order_by("id")
    message = due.first()
    if message is None:
        return False
    try:
        claimed = claim(message, now=started)
    except AWAY:
        raise
    except Exception as error:
        log.exception(
            "a mail could not be claimed", extra={"mail": message.pk, "error": type(error).__name__}
        )
        _put_aside(message, started)
        return True
    if claimed is not None:
        settle(claimed, _deliver(claimed), now=now or timezone.now())
    return True


@transaction.atomic
def claim(message: Message, *, now: datetime) -> Claim | None:
    """Takes the mail and makes the guest's key for it. None when it is gone or no longer to be sent."""
    _lock_invitation(message)
    fence = message.fence + 1
    mail_id = message.mail_id or guest_text.new_mail_id(message)
    to_guest = message.invitation if message.kind in TO_GUESTS else None
    # The language is the one that the guest reads by now, whatever it was when the mail was asked for.
    language = to_guest.language if to_guest else message.language
    taken = Message.objects.filter(pk=message.pk, status=MessageStatus.QUEUED, fence=message.fence).update(
        status=MessageStatus.SENDING,
        fence=fence,
        lease_until=now + LEASE,
        tries=message.tries + 1,
        mail_id=mail_id,
        language=language,
        error="",
    )
    if not taken:
        return None
    message.mail_id, message.language, message.status = mail_id, language, MessageStatus.SENDING
    if message.kind not in TO_GUESTS:
        return Claim(message, fence)
    # What an earlier try of this mail carried never arrived: that key is of no use to anybody.
    guest_tokens.end_of_mail(message=message, now=now)
    if not guest_text.is_still_wanted(message, now):
        Message.objects.filter(pk=message.pk).update(
            status=MessageStatus.FAILED, lease_until=None, error=WITHDRAWN
        )
        return None
    return Claim(message, fence, guest_text.make_key(message=message, now=now))


@transaction.atomic
def _put_aside(message: Message, now: datetime) -> None:
    """A mail that cannot be taken in hand counts a try and keeps none of the others waiting."""
    end = End(MessageStatus.FAILED, "not_written")
    if message.tries < len(PAUSES):
        end = End(MessageStatus.QUEUED, "not_written", PAUSES[message.tries])
    fence = message.fence + 1
    queued = Message.objects.filter(pk=message.pk, status=MessageStatus.QUEUED, fence=message.fence)
    if queued.update(status=MessageStatus.SENDING, fence=fence, tries=message.tries + 1, error=""):
        settle(Claim(message, fence), end, now=now)


def _lock_invitation(message: Message) -> None:
    """The invitation before its mails, as everybody locks them: its key and its stage come with the mail."""
    if message.invitation_id is not None:
        message.invitation = Invitation.objects.select_for_update().get(pk=message.invitation_id)


def _deliver(claimed: Claim) -> End:
    message = claimed.message
    try:
        mail = compose(claimed)
    except (sealed.Unreadable, ValueError, LookupError) as error:
        log.exception(
            "a mail could not be written", extra={"mail": message.pk, "error": type(error).__name__}
        )
        return End(MessageStatus.FAILED, "not_written")
    try:
        write.send(mail)
    except smtp.Unsure as error:
        return End(MessageStatus.UNKNOWN, error.fault)
    except smtp.NotSent as error:
        if isinstance(error, smtp.Unreachable):
            _let_all_wait()
        if message.tries < len(PAUSES):
            return End(MessageStatus.QUEUED, error.fault, PAUSES[message.tries])
        return End(MessageStatus.FAILED, error.fault)
    except smtp.MailError as error:
        return End(MessageStatus.FAILED, error.fault)
    except ValueError as error:  # Django refuses a header before anything is sent
        log.exception(
            "a mail could not be put together", extra={"mail": message.pk, "error": type(error).__name__}
        )
        return End(MessageStatus.FAILED, "not_written")
    return End(MessageStatus.SENT)


def compose(claimed: Claim) -> write.Mail:
    """The mail as it leaves. Raises sealed.Unreadable, and ValueError where its words make no mail."""
    message = claimed.message
    if message.kind in TO_GUESTS:
        return guest_text.compose(message, url=claimed.url)
    words = json.loads(message.open_content())
    if words.get("url"):  # queued by a release that wrote the address down when the mail left
        words["text"] = f"{words['text']}\n\n{words['url']}\n"
    return write.to_staff(words, to=message.to_email, language=message.language, mail_id=message.mail_id)


def _let_all_wait() -> None:
    """The server cannot be reached: the next try of any mail is not made at once."""
    until = timezone.now() + UNREACHABLE_PAUSE
    queued = Message.objects.filter(status=MessageStatus.QUEUED).exclude(not_before__gt=until)
    queued.update(not_before=until)


@transaction.atomic
def settle(claimed: Claim, end: End, *, now: datetime) -> None:
    """Writes down a mail's end; nothing when the claim was lost meanwhile."""
    message = claimed.message
    _lock_invitation(message)
    withdrawn = Message.objects.filter(pk=message.pk, fence=claimed.fence, error=WITHDRAWN).exists()
    if withdrawn and end.status == MessageStatus.QUEUED:
        end = End(MessageStatus.FAILED, WITHDRAWN)  # it was taken back while it was in hand
    changed = Message.objects.filter(pk=message.pk, fence=claimed.fence, status=MessageStatus.SENDING).update(
        status=end.status,
        error=end.error,
        lease_until=None,
        not_before=now + timedelta(seconds=end.wait) if end.wait else None,
        sent_at=now if end.status == MessageStatus.SENT else None,
    )
    log.info(
        "mail settled",
        extra={"mail": message.pk, "status": end.status, "error": end.error, "lost": not changed},
    )
    if changed:
        _after(message, end, now)


def _after(message: Message, end: End, now: datetime) -> None:
    """What follows for the invitation: keys that never left, the stage, the record."""
    if message.kind not in TO_GUESTS or message.invitation is None or end.status not in EVENTS:
        return
    if end.status == MessageStatus.FAILED:
        guest_tokens.end_of_mail(message=message, now=now)
    stages.refresh(invitation=message.invitation, now=now)
    audit.record(
        kind=EVENTS[end.status],
        by=audit.WORKER,
        about=message.invitation,
        data={"mail": message.pk, "message": message.kind, "fault": end.error},
        people=(audit.Person(message.to_email, message.to_name),),
        now=now,
    )


def _end_overdue(now: datetime) -> None:
    """A worker died over these, or hung: whether they left is not known."""
    overdue = Message.objects.filter(lease_until__lte=now, status=MessageStatus.SENDING)
    found = {message.pk: message for message in overdue.select_related("invitation")}

    def end(pk: int) -> bool:
        settle(Claim(found[pk], found[pk].fence), End(MessageStatus.UNKNOWN, "worker_lost"), now=now)
        return True

    each_row.each(found, end, failing="a mail that was in hand could not be ended")
