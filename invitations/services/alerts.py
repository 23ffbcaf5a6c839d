"""Tells the administrators by mail what only they can mend. Queues mails and sends none; no mail holds a secret."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from invitations.models import Attempt, AuditEvent, Hold, Role, User
from invitations.models.message import MessageKind
from invitations.services import audit, outbox

AT_MOST_EVERY = timedelta(hours=1)
# What a single answer of Kondado may hold that somebody has to look at.
FAULTS: dict[str, Any] = {
    "redirect": _(
        "Kondado’s answer pointed to another address. It was not followed, and the outcome is unknown."
    ),
    "link_withheld": _("Kondado’s answer held a link that is not safe to hand out. It is kept out of reach."),
    "link_repeated": _("Kondado’s answer held a link that another invitation already has."),
}


def of_hold(hold: Hold, *, now: datetime) -> None:
    """The machine stopped sending. Called in the transaction that set the hold."""
    _tell(what=hold.reason, title=hold.get_reason_display(), stopped=hold.get_scope_display(), now=now)


def of_fault(attempt: Attempt, *, now: datetime) -> None:
    """Kondado's answer was of a kind that should never come. Called in the transaction that settles it."""
    if attempt.fault in FAULTS:
        _tell(what=attempt.fault, title=FAULTS[attempt.fault], stopped="", now=now)


def _tell(*, what: str, title: Any, stopped: Any, now: datetime) -> None:
    """One mail to each administrator, at most one an hour about the same matter."""
    about = f"alert:{what}"
    told = AuditEvent.objects.filter(kind="alert.queued", object=about, at__gt=now - AT_MOST_EVERY)
    admins = User.objects.filter(role=Role.ADMIN, is_active=True).order_by("id")
    if not admins or told.exists():
        return
    context = {
        "title": title,
        "stopped": stopped,
        "portal_name": settings.PORTAL_NAME,
    }
    url = settings.PORTAL_URL + reverse("system")
    for admin in admins:
        with translation.override(admin.language):
            subject = render_to_string("emails/alert/subject.txt", context).strip()
            text = render_to_string("emails/alert/body.txt", context).strip()
        outbox.put(
            to=admin.email,
            subject=subject,
            text=text,
            url=url,
            kind=MessageKind.ALERT,
            language=admin.language,
            now=now,
        )
    audit.record(kind="alert.queued", by=audit.SYSTEM, about=about, data={"reason": what}, now=now)
