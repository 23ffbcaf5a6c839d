"""Invitations for staff: the list, and one's own page. Requests in, answers out; services decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from invitations.errors import AlreadyShown, InvitationOver, PortalError
from invitations.forms.filters import FilterForm, chips, options, query
from invitations.models import AccessLink, Delivery, Direction, Invitation, Stage, Status, User
from invitations.models.message import MessageKind
from invitations.nonces import new_nonce, nonce_of
from invitations.permissions import StaffRequest, get_invitation, may_change
from invitations.services.catalogue import listing
from invitations.services.decisions import settling
from invitations.services.invitations import copy_link
from invitations.services.invitations.allowed import (
    LinkAction,
    link_refusal,
    offered,
    offered_on_link,
    settles_at,
)
from invitations.services.reads import deliveries, invitations, queue_place, timeline
from invitations.words import names, rows, sharing
from invitations.words.buttons import UNDER_WAY, buttons
from invitations.words.mails import key_lines, mail_line
from invitations.words.standing import Words, link_badge, link_words, standing, stopped
from invitations.words.timeline import About, Line, present

# The order of the work: what needs somebody, then the way of an invitation, then how it may end.
STAGES = [
    (stage, names.STAGES[stage].label)
    for stage in (
        Stage.NEEDS_ATTENTION,
        Stage.TO_APPROVE,
        Stage.SENDING,
        Stage.WAITING,
        Stage.OPENED,
        Stage.TO_VERIFY,
        Stage.PARTLY_CONNECTED,
        Stage.CONNECTED,
        Stage.DECLINED,
        Stage.EXPIRED,
        Stage.REVOKED,
        Stage.CANCELLED,
    )
]


@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """`/invitations/`: newest first, the whole view in the address bar."""
    values = FilterForm(request.GET).values() if request.GET else {}
    circle = invitations.circle(request.user)
    page = invitations.page(user=request.user, values=values)
    context = {
        "rows": rows.lines(page.rows),
        "next": query(values, before=page.before) if page.before else "",
        "first": query(values, before=None) if "before" in values else "",
        "values": values,
        "since": values.get("from"),
        "stages": chips("stage", STAGES, values),
        "directions": chips("direction", names.choices(Direction), values),
        "accounts": options(circle.accounts, values.get("account")),
        "managers": options(circle.managers, values.get("manager")),
        "connectors": [
            (names.DIRECTIONS[side].label, options(listed, values.get("connector")))
            for side, listed in listing.by_direction(request.user)
        ],
        "filtered": bool(values.keys() - {"before"}),
        "can_change": request.user.can_change,
    }
    return render(request, "invitations/list.html", context)


@require_safe
def detail(request: StaffRequest, public_id: str) -> HttpResponse:
    """`/invitations/<public_id>/`."""
    return detail_page(request, get_invitation(request.user, public_id))


@require_safe
def status(request: StaffRequest, public_id: str) -> HttpResponse:
    """What the page tells of the invitation, asked for again and again while the machine has it in hand."""
    invitation = get_invitation(request.user, public_id)
    return render(request, "invitations/_status.html", status_context(request.user, invitation))


@require_POST
@may_change
def copy(request: StaffRequest, public_id: str) -> HttpResponse:
    """Makes a guest link and shows it once."""
    invitation = get_invitation(request.user, public_id)
    try:
        guest_link = copy_link.copy(by=request.user, invitation=invitation, nonce=nonce_of(request.POST))
    except PortalError as error:
        tell = messages.info if isinstance(error, AlreadyShown) else messages.error
        tell(request, error.sentence)
        return redirect("invitation", public_id)
    words = sharing.text(invitation, guest_link)
    return detail_page(
        request, invitation, guest_link=guest_link, share_text=words, whatsapp=sharing.whatsapp(words)
    )


def detail_page(request: StaffRequest, invitation: Invitation, **shown_once: str) -> HttpResponse:
    """The invitation's page; `shown_once` is a link that this one answer holds."""
    context = status_context(request.user, invitation, copied="guest_link" in shown_once)
    return render(request, "invitations/detail.html", context | shown_once)


def status_context(user: User, invitation: Invitation, *, copied: bool = False) -> dict[str, Any]:
    """What the page tells, now. `copied`: a guest link stands above it already."""
    links = list(invitation.links.all())
    now = timezone.now()
    left = _may_have_left(invitation, links)
    mails = deliveries.mails(invitation) if left else []
    dead = deliveries.dead_mails(invitation) if mails else set()
    to_guest = next((mail for mail in mails if mail.kind == MessageKind.INVITATION), None)
    under_way = any(mail.status in UNDER_WAY for mail in mails if mail.kind == MessageKind.INVITATION)
    can = offered(user, invitation, links, now, mail_under_way=under_way)
    settled = settling.words_of_people(links)
    cards = [_card(user, invitation, link, now) | {"settled": settled.get(link.pk, ())} for link in links]
    stands_still = any(card["place"] and not card["place"].expected_at for card in cards)
    return {
        "invitation": invitation,
        "standing": standing(invitation, links, to_guest, stopped=stands_still),
        "cards": cards,
        "delivery": names.DELIVERIES[Delivery(invitation.delivery)].inside,
        "moving": any(link.is_moving for link in links) or any(mail.status in UNDER_WAY for mail in mails),
        "mails": [mail_line(mail, is_dead=mail.pk in dead) for mail in mails],
        "timeline": _timeline(invitation, links, dead),
        "keys": key_lines(deliveries.keys(invitation) if left else ()),
        "buttons": buttons(invitation, links, mails, can, copied=copied),
        "nonce": new_nonce(),
    }


def _timeline(invitation: Invitation, links: list[AccessLink], dead_mails: set[int]) -> list[Line]:
    connectors = {link.position: link.connector_name for link in links} if len(links) > 1 else {}
    about = About(connectors=connectors, dead_mails=dead_mails)
    return [present(*event, about) for event in timeline.of_invitation(invitation)]


def _may_have_left(invitation: Invitation, links: list[AccessLink]) -> bool:
    """Whether a mail or key can exist: none does before a link was ready. Spares two queries while it waits."""
    renewed = any(link.current_attempt and link.current_attempt.number > 1 for link in links)
    return invitation.expires_at is not None or renewed


def _card(user: User, invitation: Invitation, link: AccessLink, now: datetime) -> dict[str, Any]:
    link.account = invitation.account  # the same one; spares a query
    place = queue_place.place(link=link) if link.status == Status.QUEUED else None
    return {
        "link": link,
        "words": _words(invitation, link, now),
        "place": place,
        "stopped": stopped(place.hold) if place and place.hold else "",
        "name_is_shared": invitations.name_is_shared(link),
        "badge": link_badge(invitation, link),
        "can": offered_on_link(user, invitation, link, now),
        "settles_at": settles_at(invitation, link) if user.can_change else None,
    }


def _words(invitation: Invitation, link: AccessLink, now: datetime) -> Words:
    """How the link stands; what there is to do gives way to the reason why nothing is done any more."""
    words = link_words(link)
    if invitation.is_erased:
        return replace(words, to_do="")
    refused = link_refusal(LinkAction.SEND_AGAIN, invitation, link, now)
    return replace(words, to_do=str(refused.sentence)) if isinstance(refused, InvitationOver) else words
