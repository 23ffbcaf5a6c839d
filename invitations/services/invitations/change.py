"""What a manager does with an invitation after it was made: mail, forward, correct, extend, revoke.

Nothing here calls Kondado, and nothing here can end a link of Kondado's own.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from invitations.errors import WrongState
from invitations.models import AccessLink, Delivery, EventKind, Invitation, Message, User
from invitations.models.message import MessageKind
from invitations.services.base import audit, cancelling, guest_tokens, locks, slots
from invitations.services.invitations import changes
from invitations.services.invitations.allowed import Action, check, has_guest_page, refusal
from invitations.services.mail import guest_queue
from invitations.typed.addresses import in_letters, one_form
from invitations.typed.text import fold


@transaction.atomic
def send_mail(*, by: User, invitation: Invitation, now: datetime | None = None) -> Message:
    """Mails the guest page to the guest, once more if need be; earlier mails keep working.

    Raises NotYours; WrongState also while one is under way already.
    """
    now = now or timezone.now()
    row, _links = locked_for(by=by, invitation=invitation, action=Action.MAIL, now=now)
    message = _mail_guest(row, by=by, now=now)
    _finish(EventKind.MAIL_ASKED, by=by, invitation=row, now=now)
    return message


@transaction.atomic
def forward(
    *, by: User, invitation: Invitation, to_email: str, to_name: str = "", now: datetime | None = None
) -> Message:
    """Mails the guest page to somebody else as well, with a key of its own.

    Raises NotYours; WrongState also while such a mail to the same address is under way, ValueError for what is no
    address.
    """
    now, to_email = now or timezone.now(), one_form(to_email)
    row, _links = locked_for(by=by, invitation=invitation, action=Action.FORWARD, now=now)
    if guest_queue.is_under_way(invitation=row, kind=MessageKind.FORWARD, to_email=to_email):
        raise WrongState
    message = guest_queue.queue(
        invitation=row, kind=MessageKind.FORWARD, to_email=to_email, to_name=to_name, by=by, now=now
    )
    person = audit.Person(to_email, to_name, "member")
    _finish(EventKind.INVITATION_FORWARDED, by=by, invitation=row, people=(person,), now=now)
    return message


@transaction.atomic
def correct_address(
    *,
    by: User,
    invitation: Invitation,
    recipient_email: str,
    recipient_name: str,
    now: datetime | None = None,
) -> bool:
    """The guest is somebody else: mails sent so far open nothing any more, and the new guest starts afresh.

    Whether a mail to the new address was queued. Nothing is sent to Kondado. Raises NotYours, WrongState,
    SameOpenInvitation when the new guest already has an open invitation for a connector of this one, ValueError for
    what is no address.
    """
    now, recipient_email = now or timezone.now(), one_form(recipient_email)
    row, links = locked_for(by=by, invitation=invitation, action=Action.CORRECT, now=now)
    before = audit.Person(row.recipient_email, row.recipient_name, "member")
    normal = recipient_email.lower()
    AccessLink.objects.filter(invitation=row).update(recipient_normal=normal, holds_open_slot=False)
    slots.take_back(links=links, recipient_normal=normal, now=now)
    # What the former guest did is no longer told of the new one; the record keeps it.
    AccessLink.objects.filter(invitation=row, confirmed_at=None).update(continued_at=None, done_at=None)
    row.recipient_email, row.recipient_name, row.recipient_normal = recipient_email, recipient_name, normal
    names = [name for link in links for name in (link.connector_name, link.assigned_collection_name)]
    row.search_text = fold(" ".join([recipient_email, in_letters(recipient_email), recipient_name, *names]))
    row.opened_at = row.declined_at = row.asked_again_at = None
    row.decline_kind = row.decline_reason = ""
    row.forwards = 0
    row.save()
    guest_queue.withdraw(invitation=row)
    guest_tokens.end_mailed(invitation=row, now=now)
    mailed = row.delivery != Delivery.LINK and any(has_guest_page(link) for link in links)
    if mailed:
        guest_queue.queue(invitation=row, to_email=recipient_email, to_name=recipient_name, by=by, now=now)
    _finish(EventKind.INVITATION_READDRESSED, by=by, invitation=row, people=(before,), now=now)
    return mailed


@transaction.atomic
def extend(
    *, by: User, invitation: Invitation, days: int, mail: bool = False, now: datetime | None = None
) -> None:
    """Open for `days` from now, also when it had expired; with `mail`, the guest is told.

    Raises NotYours, WrongState, SameOpenInvitation when another invitation took the place meanwhile.
    """
    now = now or timezone.now()
    row, links = locked_for(by=by, invitation=invitation, action=Action.EXTEND, now=now)
    row.expires_at, row.asked_again_at = now + timedelta(days=days), None
    row.save(update_fields=["expires_at", "asked_again_at"])
    if row.is_over(now) is None:
        slots.take_back(links=links, recipient_normal=row.recipient_normal, now=now)
    if mail and not guest_queue.is_under_way(invitation=row):
        refused = refusal(Action.MAIL, row, links, now)
        if refused:
            raise refused
        _mail_guest(row, by=by, now=now)
    _finish(EventKind.INVITATION_EXTENDED, by=by, invitation=row, data={"days": days}, now=now)


@transaction.atomic
def revoke(*, by: User, invitation: Invitation, now: datetime | None = None) -> None:
    """The portal hands nothing out any more, and what waits is not sent. Kondado's own links may still work.

    Raises NotYours, WrongState also while a link is being sent to Kondado.
    """
    now = now or timezone.now()
    row, links = locked_for(by=by, invitation=invitation, action=Action.REVOKE, now=now)
    cancelling.cancel(links=links, now=now)
    slots.give_up(invitation=row)
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    guest_queue.withdraw(invitation=row)
    ended = guest_tokens.end_all(invitation=row, now=now)
    _finish(EventKind.INVITATION_REVOKED, by=by, invitation=row, data={"keys": ended}, now=now)


def _mail_guest(invitation: Invitation, *, by: User, now: datetime) -> Message:
    return guest_queue.queue(
        invitation=invitation,
        to_email=invitation.recipient_email,
        to_name=invitation.recipient_name,
        by=by,
        now=now,
    )


def locked_for(
    *, by: User, invitation: Invitation, action: Action, now: datetime
) -> tuple[Invitation, list[AccessLink]]:
    """The rows as they are now, to the end of the transaction, for somebody who may do this to them.

    Raises as `allowed.check`.
    """
    row, links = locks.whole(invitation.pk)
    prefetch_related_objects(links, "current_attempt")
    under_way = action == Action.MAIL and guest_queue.is_under_way(invitation=row)
    check(action, by=by, invitation=row, links=links, now=now, mail_under_way=under_way)
    return row, links


def _finish(
    kind: EventKind,
    *,
    by: User,
    invitation: Invitation,
    data: dict[str, object] | None = None,
    people: tuple[audit.Person, ...] = (),
    now: datetime,
) -> None:
    guest = audit.Person(invitation.recipient_email, invitation.recipient_name)
    changes.finish(invitation=invitation, kind=kind, by=by, data=data, people=(guest, *people), now=now)
