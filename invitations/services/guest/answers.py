"""What a guest answers about the invitation as a whole: no, yes after all, ask a colleague, in my language, again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from invitations.errors import (
    AlreadyForwarded,
    InvitationDeclined,
    InvitedMeanwhile,
    TooManyForwards,
    WrongState,
)
from invitations.models import (
    AccessLink,
    DeclineKind,
    Delivery,
    EventKind,
    GuestToken,
    Invitation,
    Message,
    Status,
)
from invitations.models.message import MessageKind
from invitations.services.base import audit, cancelling, slots
from invitations.services.base.bounds import GUEST_FORWARDS
from invitations.services.guest import press
from invitations.services.mail import guest_queue
from invitations.services.mail.manager_notices import News
from invitations.typed.addresses import comparable, one_form

MOST_FORWARDS = GUEST_FORWARDS.most


@transaction.atomic
def decline(*, by: GuestToken, kind: DeclineKind, reason: str = "", now: datetime | None = None) -> None:
    """The guest says no; the first answer stands. Its links stop being in the way of others for the same guest.

    Raises OpensNothing, InvitationExpired; WrongState when all of it was confirmed already.
    """
    now = now or timezone.now()
    invitation = press.begin(by=by, now=now)
    if invitation.declined_at:
        press.finish(by=by, invitation=invitation, now=now)
        return
    live = _live_links(invitation)
    if live and all(link.confirmed_at for link in live):
        raise WrongState
    invitation.declined_at, invitation.decline_kind, invitation.decline_reason = now, kind, reason.strip()
    invitation.save(update_fields=["declined_at", "decline_kind", "decline_reason"])
    AccessLink.objects.filter(invitation=invitation).update(holds_open_slot=False)
    press.finish(
        by=by,
        invitation=invitation,
        kind=EventKind.GUEST_DECLINED,
        data={"why": kind},
        news=News.DECLINED,
        now=now,
    )


@transaction.atomic
def resume(*, by: GuestToken, now: datetime | None = None) -> None:
    """A guest who declined does it after all. What was said stays in the record.

    What a newer invitation asks for meanwhile is left to that one. Raises OpensNothing, InvitationExpired, TooOften;
    InvitedMeanwhile when nothing else is left.
    """
    now = now or timezone.now()
    invitation = press.begin(by=by, now=now)
    if invitation.declined_at is None:
        press.finish(by=by, invitation=invitation, now=now)
        return
    press.check_not_too_often(invitation)
    asking = slots.still_asking(_live_links(invitation))
    taken = slots.take_free(links=asking, recipient_normal=invitation.recipient_normal, now=now)
    if taken and len(taken) == len(asking):
        raise InvitedMeanwhile
    cancelling.cancel(links=taken, now=now)
    invitation.declined_at, invitation.decline_kind, invitation.decline_reason = None, "", ""
    invitation.save(update_fields=["declined_at", "decline_kind", "decline_reason"])
    press.finish(
        by=by,
        invitation=invitation,
        kind=EventKind.GUEST_RESUMED,
        data={"left_out": ", ".join(link.connector_name for link in taken)} if taken else {},
        news=News.RESUMED,
        now=now,
    )


@transaction.atomic
def forward(*, by: GuestToken, to_email: str, to_name: str = "", now: datetime | None = None) -> None:
    """Mails a colleague a key of their own; the guest's own stays good.

    Raises OpensNothing, InvitationExpired, InvitationDeclined, AlreadyForwarded, TooManyForwards; WrongState
    where the portal mails no guest page, ValueError for what is no address.
    """
    now, to_email = now or timezone.now(), one_form(to_email)
    invitation = press.begin(by=by, now=now)
    if invitation.declined_at:
        raise InvitationDeclined
    if invitation.delivery == Delivery.KONDADO:
        raise WrongState
    if to_email.lower() in {
        invitation.recipient_normal,
        *(comparable(one.to_email) for one in forwarded(invitation)),
    }:
        raise AlreadyForwarded
    if invitation.forwards >= MOST_FORWARDS:
        raise TooManyForwards
    invitation.forwards += 1
    invitation.save(update_fields=["forwards"])
    guest_queue.queue(
        invitation=invitation, kind=MessageKind.FORWARD, to_email=to_email, to_name=to_name, now=now
    )
    press.finish(
        by=by,
        invitation=invitation,
        kind=EventKind.GUEST_FORWARDED,
        people=(audit.Person(to_email, to_name, "member"),),
        news=News.FORWARDED,
        now=now,
    )


def forwarded(invitation: Invitation) -> list[Message]:
    """The mails to colleagues, in the order in which the guest asked for them."""
    return list(invitation.messages.filter(kind=MessageKind.FORWARD).order_by("pk"))


@transaction.atomic
def speak(*, by: GuestToken, language: str, now: datetime | None = None) -> None:
    """The page and later mails use this language. Raises OpensNothing, TooOften."""
    now = now or timezone.now()
    invitation = press.begin(by=by, now=now, late=True)
    changed = invitation.language != language
    if changed:
        press.check_not_too_often(invitation)
        invitation.language = language
        invitation.save(update_fields=["language"])
    press.finish(
        by=by,
        invitation=invitation,
        kind=EventKind.GUEST_LANGUAGE if changed else None,
        data={"language": language},
        now=now,
    )


@transaction.atomic
def ask_again(*, by: GuestToken, now: datetime | None = None) -> None:
    """A guest who came too late asks for more time; asked once for each expiry. Raises OpensNothing."""
    now = now or timezone.now()
    invitation = press.begin(by=by, now=now, late=True)
    first_time = invitation.is_expired(now) and not invitation.was_asked_again
    if first_time:
        invitation.asked_again_at = now
        invitation.save(update_fields=["asked_again_at"])
    press.finish(
        by=by,
        invitation=invitation,
        kind=EventKind.GUEST_ASKED_AGAIN if first_time else None,
        news=News.ASKED_AGAIN if first_time else None,
        now=now,
    )


def _live_links(invitation: Invitation) -> list[AccessLink]:
    return list(AccessLink.objects.filter(invitation=invitation).exclude(status=Status.CANCELLED))
