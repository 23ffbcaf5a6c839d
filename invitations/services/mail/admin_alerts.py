"""Tells the administrators by mail what only they can mend. Queues mails and sends none; no mail holds a secret."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils import timezone

from invitations.mail.write import MailName
from invitations.models import Attempt, AuditEvent, EventKind, Hold, Role, User
from invitations.models.attempt import Alarm
from invitations.models.message import MessageKind
from invitations.services.base import audit
from invitations.services.mail import outbox

AT_MOST_EVERY = timedelta(hours=1)
MOST_AN_HOUR = 10  # mails to each, however much happens; what is more waits for one mail about the rest
REST_AFTER = timedelta(minutes=10)
MORE = "more"


def of_hold(hold: Hold, *, now: datetime) -> None:
    """The machine stopped sending. Called in the transaction that set the hold."""
    _tell(what=hold.reason, of=_which(hold), context={"hold": hold, "name": _name(hold)}, now=now)


def of_fault(attempt: Attempt, *, now: datetime) -> None:
    """Kondado's answer was of a kind that should never come. Called in the transaction that settles it."""
    if attempt.fault in set(Alarm):
        _tell_of_answer(Alarm(attempt.fault), attempt, now)


def of_twice(attempt: Attempt, *, now: datetime) -> None:
    """Two invitations may exist where one was wanted. Called in the transaction that writes it down."""
    _tell_of_answer(Alarm.MADE_TWICE, attempt, now)


def _tell_of_answer(alarm: Alarm, attempt: Attempt, now: datetime) -> None:
    _tell(what=alarm, of=f"link:{attempt.access_link_id}", context={"alarm": alarm}, now=now)


def tell_the_rest(*, now: datetime | None = None) -> int:
    """One mail for all that got none of its own, once the first of it has waited for a while; how many that were."""
    now = now or timezone.now()
    if not _is_time_for_the_rest(now):
        return 0
    with transaction.atomic():
        audit.line_up()
        count = _put_off().count() if _is_time_for_the_rest(now) else 0
        if count:
            _queue({"more": count}, now=now)
            data = {"reason": MORE, "count": count}
            audit.record(
                kind=EventKind.ALERT_QUEUED, by=audit.SYSTEM, about=f"alert:{MORE}", data=data, now=now
            )
    return count


def _is_time_for_the_rest(now: datetime) -> bool:
    first = _put_off().order_by("number").first()
    return first is not None and first.at <= now - REST_AFTER


def _put_off() -> QuerySet[AuditEvent]:
    last = (
        AuditEvent.objects.about(f"alert:{MORE}")
        .filter(kind=EventKind.ALERT_QUEUED)
        .aggregate(at=Max("number"))
    )
    return AuditEvent.objects.filter(kind=EventKind.ALERT_PUT_OFF, number__gt=last["at"] or 0)


def _which(hold: Hold) -> str:
    """What is stopped, as a key. Flapping tells of the same thing once an hour."""
    return f"{hold.scope}:{hold.credential or hold.account_id or hold.access_link_id or ''}"


def _name(hold: Hold) -> str:
    """Its name, as far as a mail may say it: no guest's."""
    if hold.account is not None:
        return hold.account.name
    return hold.access_link.connector_name if hold.access_link is not None else hold.credential


def _tell(*, what: str, of: str, context: dict[str, Any], now: datetime) -> None:
    """One mail to each administrator, at most one an hour about the same thing; in a crowd, put off to the rest."""
    lately = AuditEvent.objects.filter(
        kind__in=(EventKind.ALERT_QUEUED, EventKind.ALERT_PUT_OFF), at__gt=now - AT_MOST_EVERY
    )
    about, data = f"alert:{what}", {"reason": what, "of": of}
    if not _administrators() or lately.filter(object=about, data__of=of).exists():
        return
    kind = EventKind.ALERT_PUT_OFF
    if lately.filter(kind=EventKind.ALERT_QUEUED).exclude(object=f"alert:{MORE}").count() < MOST_AN_HOUR:
        kind = EventKind.ALERT_QUEUED
        _queue(context, now=now)
    audit.record(kind=kind, by=audit.SYSTEM, about=about, data=data, now=now)


def _administrators() -> list[User]:
    return list(User.objects.filter(role=Role.ADMIN, is_active=True).order_by("id"))


def _queue(context: dict[str, Any], *, now: datetime) -> None:
    for admin in _administrators():
        outbox.put(
            name=MailName.ALERT,
            context=context,
            to=admin.email,
            url=settings.PORTAL_URL + reverse("system"),
            kind=MessageKind.ALERT,
            language=admin.language,
            now=now,
        )
