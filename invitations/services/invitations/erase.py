"""Forgets a guest: in every invitation to their address, in the mails, and in what the record says of them.

What was done stays in the record, told of a person whom nobody can name any more.
"""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from invitations.errors import RecordKeyMissing, SignsIn, WrongState
from invitations.models import (
    AccessLink,
    Attempt,
    AuditDetail,
    EventKind,
    Hold,
    Invitation,
    Message,
    Status,
    User,
    personal,
)
from invitations.models.link import IN_HAND, LinkAbsent
from invitations.models.message import WITHDRAWN, MessageKind, MessageStatus
from invitations.models.sealed import Unreadable
from invitations.services.base import audit, cancelling, guest_tokens, pseudonyms, slots
from invitations.services.invitations import changes
from invitations.services.invitations.allowed import Action, check
from invitations.typed.text import fold

SHORTEST_NAME = 3


def invitations_of(guest: Invitation) -> QuerySet[Invitation]:
    """Every invitation to the same address, of whatever account, that still names its guest."""
    return Invitation.objects.filter(recipient_normal=guest.recipient_normal, erased_at=None)


@transaction.atomic
def erase_guest(*, by: User, invitation: Invitation, now: datetime | None = None) -> int:
    """Forgets the guest of this invitation, and ends all that they were asked. How many invitations that were.

    What waits is not sent; guest links end; Kondado's own links are forgotten here and may live on there. Raises
    NotYours for anybody but an administrator, SignsIn for somebody who is no guest alone, WrongState when the guest
    was erased already, or while a request or mail of theirs is on its way, RecordKeyMissing while nobody can be found in
    the record.
    """
    now = now or timezone.now()
    links, rows = _locked(invitation)
    asked = Invitation.objects.select_for_update().get(pk=invitation.pk)
    check(Action.ERASE, by=by, invitation=asked, links=links, now=now)
    if User.objects.filter(email__iexact=invitation.recipient_email).exists():
        raise SignsIn
    mails = _mails(invitation, rows)
    leaving = [status for _pk, status in mails.select_for_update().order_by("pk").values_list("pk", "status")]
    if not rows or MessageStatus.SENDING in leaving or any(link.status in IN_HAND for link in links):
        raise WrongState
    try:
        names = pseudonyms.all_of(invitation.recipient_email)
    except Unreadable:
        raise RecordKeyMissing from None
    cancelling.cancel(links=links, now=now)
    _forget_where_named(_names(rows, links), links)
    _forget_links(links)
    _forget_mails(mails)
    for row in rows:
        _forget(row, links, now)
    AuditDetail.objects.filter(person__in=names).delete()
    pseudonyms.forget(names)
    for row in rows:
        changes.finish(invitation=row, kind=EventKind.INVITATION_ERASED, by=by, now=now)
    audit.record(
        kind=EventKind.PERSON_ERASED,
        by=by,
        about=audit.person_object(names[0]),
        data={"invitations": len(rows), "formerly": [audit.person_object(name) for name in names[1:]]},
        now=now,
    )
    return len(rows)


def _names(rows: list[Invitation], links: list[AccessLink]) -> set[str]:
    """What others may have called the guest; a name of one or two letters is no name to look for."""
    found = {row.recipient_email for row in rows} | {row.recipient_normal for row in rows}
    found |= {row.recipient_name for row in rows} | {link.assigned_collection_name for link in links}
    return {name for name in found if len(fold(name)) >= SHORTEST_NAME}


def _locked(invitation: Invitation) -> tuple[list[AccessLink], list[Invitation]]:
    """Links before their invitations, as everybody locks them."""
    of_guest = invitations_of(invitation).values("pk")
    links = list(AccessLink.objects.select_for_update().filter(invitation__in=of_guest).order_by("pk"))
    rows = Invitation.objects.select_for_update().filter(pk__in={link.invitation_id for link in links})
    return links, list(rows.order_by("pk"))


def _mails(guest: Invitation, rows: list[Invitation]) -> QuerySet[Message]:
    """To the guest, by whomever they were asked or named; and to colleagues or managers, about these invitations."""
    return Message.objects.filter(Q(invitation__in=rows) | Q(to_email__iexact=guest.recipient_email))


def _forget_links(links: list[AccessLink]) -> None:
    rows = AccessLink.objects.filter(pk__in=[link.pk for link in links])
    rows.filter(status=Status.READY, link_absent_reason="").update(link_absent_reason=LinkAbsent.ERASED)
    rows.update(**personal.emptied(AccessLink), holds_open_slot=False)
    Attempt.objects.filter(access_link__in=rows).update(**personal.emptied(Attempt))
    Hold.objects.filter(access_link__in=rows).update(detail=personal.empty(Hold, "detail"))


def _forget_mails(mails: QuerySet[Message]) -> None:
    mails.filter(status=MessageStatus.QUEUED).update(
        status=MessageStatus.FAILED, error=WITHDRAWN, not_before=None
    )
    mails.filter(kind=MessageKind.NOTICE).update(content=personal.empty(Message, "content"))
    mails.exclude(kind=MessageKind.NOTICE).update(**personal.emptied(Message))


def _forget_where_named(names: set[str], links: list[AccessLink]) -> None:
    """Words of others go where they name the guest: of what stopped an account, a refusal may say whom it was about."""
    named = re.compile("|".join(rf"(?<!\w){re.escape(fold(name))}(?!\w)" for name in sorted(names)))
    for model, columns in personal.WHERE_NAMED.items():
        rows = model._default_manager.all()
        if model is Attempt:
            rows = rows.filter(access_link__in=links)
        for column in columns:
            empty = personal.empty(model, column)
            texts = rows.exclude(**{column: empty}).values_list("pk", column)
            found = [pk for pk, text in texts if named.search(fold(text))]
            rows.filter(pk__in=found).update(**{column: empty})


def _forget(row: Invitation, links: list[AccessLink], now: datetime) -> None:
    slots.give_up(invitation=row)
    guest_tokens.end_all(invitation=row, now=now)
    for column, nothing in personal.emptied(Invitation).items():
        setattr(row, column, nothing)
    row.search_text = fold(" ".join(link.connector_name for link in links if link.invitation_id == row.pk))
    row.erased_at, row.revoked_at = now, row.revoked_at or now
    row.save()
