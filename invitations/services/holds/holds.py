"""Stops of sending: setting one, releasing one. Who is stopped is read by the table's own named reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from invitations.errors import NotYours
from invitations.models import AccessLink, Account, Attempt, EventKind, Hold, User
from invitations.models.hold import HoldReason, HoldScope
from invitations.services.base import audit, locks, stages
from invitations.services.mail import admin_alerts


@transaction.atomic
def stop(
    *,
    reason: HoldReason,
    credential: str = "",
    account: Account | None = None,
    link: AccessLink | None = None,
    detail: str = "",
    by: User | None = None,
    now: datetime | None = None,
) -> Hold:
    """Sets a hold on the one thing named (on everything when nothing is). The same one twice stays one.

    `by` is None where the machine stops; then the administrators are told. Raises NotYours.
    """
    now = now or timezone.now()
    if by is not None and not by.is_admin:
        raise NotYours
    if link is not None:
        locks.link(link.pk)
    hold, is_new = _set_once(
        _named(credential, account, link),
        reason=reason,
        written={"detail": detail[:500], "since": now, "set_by": by},
    )
    if is_new:
        _after_stop(hold, by=by, now=now)
    return hold


def _named(credential: str, account: Account | None, link: AccessLink | None) -> dict[str, Any]:
    """The narrowest thing that was named, as the columns of a hold."""
    scope = HoldScope.EVERYTHING
    if link is not None:
        scope = HoldScope.LINK
    elif account is not None:
        scope = HoldScope.ACCOUNT
    elif credential:
        scope = HoldScope.CREDENTIAL
    return {"scope": scope, "credential": credential, "account": account, "access_link": link}


def _set_once(what: dict[str, Any], *, reason: HoldReason, written: dict[str, Any]) -> tuple[Hold, bool]:
    """The hold that stands, and whether this call set it."""
    existing = Hold.objects.standing().filter(**what, reason=reason).first()
    if existing:
        return existing, False
    try:
        with transaction.atomic():
            return Hold.objects.create(**what, reason=reason, **written), True
    except IntegrityError:  # another worker set the same one between the look and the write
        return Hold.objects.standing().get(**what, reason=reason), False


def _after_stop(hold: Hold, *, by: User | None, now: datetime) -> None:
    if hold.access_link is not None:
        stages.refresh(invitation=hold.access_link.invitation, now=now)
    audit.record(
        kind=EventKind.HOLD_SET,
        by=by or audit.SYSTEM,
        about=hold,
        data={
            "scope": hold.scope,
            "reason": hold.reason,
            "credential": hold.credential,
            "account": hold.account_id,
        },
        now=now,
    )
    if by is None and Hold.objects.stopping().filter(pk=hold.pk).exists():
        admin_alerts.of_hold(hold, now=now)


@transaction.atomic
def release(*, by: User | None, hold: Hold, now: datetime | None = None) -> None:
    """Lets sending go on; `by` is None when the machine may. A hold released already stays as it is.

    Raises NotYours.
    """
    now = now or timezone.now()
    if by is not None and not by.is_admin:
        raise NotYours
    link = locks.link(hold.access_link_id) if hold.access_link_id is not None else None
    if not Hold.objects.standing().filter(pk=hold.pk).update(released_at=now, released_by=by):
        return
    if link is not None:
        # Whoever releases a link has looked at it: its tries begin anew, or the next fault would hold it again.
        Attempt.objects.filter(access_link=link, outcome="").update(tries=0, crashes=0, first_failed_at=None)
        stages.refresh(invitation=link.invitation, now=now)
    audit.record(
        kind=EventKind.HOLD_RELEASED,
        by=by or audit.SYSTEM,
        about=hold,
        data={"scope": hold.scope, "reason": hold.reason},
        now=now,
    )
