"""How far a guest is with each link: gone on to Kondado, done, or not done after all."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from invitations.errors import InvitationDeclined, InvitedMeanwhile, OpensNothing, WrongState
from invitations.models import AccessLink, EventKind, GuestToken, Invitation, Status
from invitations.services.base import slots
from invitations.services.guest import press
from invitations.services.invitations.links import safe_link
from invitations.services.mail.manager_notices import News


@transaction.atomic
def go_on(*, by: GuestToken, link_id: int, now: datetime | None = None) -> tuple[AccessLink, str]:
    """The link and its address at Kondado for a guest who pressed Continue. Nothing is used up by it.

    Raises OpensNothing, InvitationExpired, InvitationDeclined; WrongState unless it is ready, LinkUnsafe;
    InvitedMeanwhile while a newer invitation asks for it.
    """
    now = now or timezone.now()
    invitation, link = _link(by, link_id, now)
    if not link.holds_open_slot and slots.take_free(
        links=[link], recipient_normal=link.recipient_normal, now=now
    ):
        raise InvitedMeanwhile
    url = safe_link(link)
    first_time = link.continued_at is None
    if first_time:
        link.continued_at = now
        link.save(update_fields=["continued_at"])
    _written(by, invitation, link, EventKind.GUEST_CONTINUED if first_time else None, None, now)
    return link, url


@transaction.atomic
def done(*, by: GuestToken, link_id: int, now: datetime | None = None) -> None:
    """The guest says that a link is set up. Saying it again changes nothing.

    Raises OpensNothing, InvitationExpired, InvitationDeclined; WrongState when the guest never went on.
    """
    now = now or timezone.now()
    invitation, link = _link(by, link_id, now)
    if link.status != Status.READY or not (link.continued_at or link.link_absent_reason):
        raise WrongState
    first_time = link.done_at is None
    if first_time:
        link.done_at = now
        link.save(update_fields=["done_at"])
    _written(
        by,
        invitation,
        link,
        EventKind.GUEST_DONE if first_time else None,
        News.DONE if first_time else None,
        now,
    )


@transaction.atomic
def undone(*, by: GuestToken, link_id: int, now: datetime | None = None) -> None:
    """The guest takes "done" back. Raises as `done`, TooOften; WrongState once it was confirmed."""
    now = now or timezone.now()
    invitation, link = _link(by, link_id, now)
    if link.confirmed_at:
        raise WrongState
    if link.done_at is None:
        _written(by, invitation, link, None, None, now)
        return
    press.check_not_too_often(invitation)
    link.done_at = None
    link.save(update_fields=["done_at"])
    _written(by, invitation, link, EventKind.GUEST_UNDONE, News.UNDONE, now)


def _link(by: GuestToken, link_id: int, now: datetime) -> tuple[Invitation, AccessLink]:
    """The invitation and one link of it. Raises OpensNothing for any other link, InvitationDeclined."""
    invitation = press.begin(by=by, now=now)
    link = (
        AccessLink.objects.select_related("current_attempt").filter(pk=link_id, invitation=invitation).first()
    )
    if link is None:
        raise OpensNothing
    if invitation.declined_at:
        raise InvitationDeclined
    return invitation, link


def _written(
    by: GuestToken,
    invitation: Invitation,
    link: AccessLink,
    kind: EventKind | None,
    news: News | None,
    now: datetime,
) -> None:
    data = {"link": link.position, "connector": link.connector_name}
    press.finish(by=by, invitation=invitation, kind=kind, data=data, news=news, now=now)
