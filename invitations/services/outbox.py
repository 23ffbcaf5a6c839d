"""The outbox: the web process writes a mail as a row, the worker delivers it."""

from __future__ import annotations

import json
import logging
import smtplib
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from invitations import emails
from invitations.models import Message
from invitations.models.message import MessageKind, MessageStatus

log = logging.getLogger("invitations.outbox")
LEASE = timedelta(minutes=2)
PAUSES = (10, 60, 300, 900)


@transaction.atomic
def put(
    *,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    kind: str = MessageKind.SIGN_IN,
    now: datetime | None = None,
) -> Message:
    """Queues one mail. Its content is sealed, because mails about signing in carry one-time links."""
    message = Message.objects.create(kind=kind, to_email=to, created_at=now or timezone.now())
    message.content = message.seal(json.dumps({"subject": subject, "text": text, "html": html}))
    message.save(update_fields=["content"])
    return message


def step(*, now: datetime | None = None) -> bool:
    """Delivers one due mail. False when there is none.

    A connection lost after the mail was handed over leaves `unknown`: sending it again is a person's choice.
    """
    now = now or timezone.now()
    Message.objects.filter(status=MessageStatus.SENDING, lease_until__lte=now).update(
        status=MessageStatus.UNKNOWN, lease_until=None, error="worker_lost"
    )
    due = Message.objects.filter(status=MessageStatus.QUEUED).exclude(not_before__gt=now).order_by("id")
    message = due.first()
    if message is None:
        return False
    fence = message.fence + 1
    taken = Message.objects.filter(pk=message.pk, status=MessageStatus.QUEUED, fence=message.fence).update(
        status=MessageStatus.SENDING, fence=fence, lease_until=now + LEASE, tries=message.tries + 1
    )
    if taken:
        status, error, wait = _deliver(message)
        _settle(message, fence, status, error, wait, now)
    return True


def _deliver(message: Message) -> tuple[MessageStatus, str, int | None]:
    content = json.loads(message.open_content())
    try:
        emails.deliver(to=message.to_email, **content)
    except smtplib.SMTPServerDisconnected:
        return MessageStatus.UNKNOWN, "disconnected", None
    except smtplib.SMTPResponseException as error:
        return _refused(message, error.smtp_code)
    except smtplib.SMTPRecipientsRefused as error:
        return _refused(message, max(code for code, _ in error.recipients.values()))
    except OSError as error:
        if message.tries < len(PAUSES):
            return MessageStatus.QUEUED, f"errno_{error.errno}", PAUSES[message.tries]
        return MessageStatus.FAILED, f"errno_{error.errno}", None
    return MessageStatus.SENT, "", None


def _refused(message: Message, code: int) -> tuple[MessageStatus, str, int | None]:
    """4xx means later (greylisting does this to every first mail), 5xx means never."""
    if 400 <= code < 500 and message.tries < len(PAUSES):
        return MessageStatus.QUEUED, f"smtp_{code}", PAUSES[message.tries]
    return MessageStatus.FAILED, f"smtp_{code}", None


def _settle(
    message: Message, fence: int, status: MessageStatus, error: str, wait: int | None, now: datetime
) -> None:
    Message.objects.filter(pk=message.pk, fence=fence).update(
        status=status,
        error=error,
        lease_until=None,
        not_before=now + timedelta(seconds=wait) if wait else None,
        sent_at=now if status == MessageStatus.SENT else None,
    )
    log.info("mail settled", extra={"mail": message.pk, "status": status, "error": error})
