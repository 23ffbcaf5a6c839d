"""One place says what may be done: pages offer it, services accept just that, and every state is thought of."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import product

import pytest
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from invitations.errors import OVER, InvitationOver, NotYours, PortalError
from invitations.models import AccessLink, Attempt, DeclineKind, GuestToken, Invitation, Status
from invitations.models.guest_token import token_hash
from invitations.models.invitation import Over
from invitations.models.link import IN_HAND, LinkAbsent
from invitations.services.decisions import settling
from invitations.services.guest import answers
from invitations.services.invitations import allowed, change, copy_link, erase, links
from invitations.services.invitations.allowed import Action, LinkAction
from tests.factories import force_status, make_key

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(hours=1)
ON_LINK = {
    LinkAction.CANCEL: links.cancel,
    LinkAction.SETTLE_EXISTS: settling.exists,
    LinkAction.SETTLE_ABSENT: settling.absent,
    LinkAction.SEND_AGAIN: lambda **who: settling.send_again(assigned_collection_name="x", **who),
    LinkAction.CONFIRM: links.confirm,
    LinkAction.TAKE_BACK: links.take_back,
    LinkAction.NEW_LINK: links.new_link,
    LinkAction.REVEAL: links.reveal_kondado_link,
}
ON_INVITATION = {
    Action.COPY: copy_link.copy,
    Action.MAIL: change.send_mail,
    Action.FORWARD: lambda **who: change.forward(to_email="colleague@example.com", **who),
    Action.CORRECT: lambda **who: change.correct_address(
        recipient_email="other@example.com", recipient_name="", **who
    ),
    Action.EXTEND: lambda **who: change.extend(days=3, **who),
    Action.REVOKE: change.revoke,
    Action.ERASE: erase.erase_guest,
}
# Where on its page each action stands: the address of its button.
NAMES = {
    LinkAction.CANCEL: "link_cancel",
    LinkAction.SETTLE_EXISTS: "link_settle",
    LinkAction.SETTLE_ABSENT: "link_settle",
    LinkAction.SEND_AGAIN: "link_send_again",
    LinkAction.CONFIRM: "link_confirm",
    LinkAction.TAKE_BACK: "link_take_back",
    LinkAction.NEW_LINK: "link_new",
    LinkAction.REVEAL: "link_reveal",
    LinkAction.MARK: "refusal",
    Action.COPY: "invitation_copy",
    Action.MAIL: "invitation_mail",
    Action.FORWARD: "invitation_forward",
    Action.CORRECT: "invitation_address",
    Action.EXTEND: "invitation_extend",
    Action.REVOKE: "invitation_revoke",
    Action.ERASE: "invitation_erase",
}
URL = "http://127.0.0.1:9/collection_guest/x"
ENDED = {Status.READY, Status.REJECTED, Status.UNKNOWN, Status.CANCELLED}
# The facts, and how long ago they were.
ENDS = {
    Over.ERASED: {"erased_at": LONG_AGO, "revoked_at": LONG_AGO},
    Over.REVOKED: {"revoked_at": LONG_AGO},
    Over.DECLINED: {"declined_at": LONG_AGO},
    Over.EXPIRED: {"expires_at": LONG_AGO},
}
# How a link may stand: its status, whether it was confirmed, whether it holds an address, how old its end is.
STANDS = [
    *((status, {}, LONG_AGO) for status in Status),
    (Status.UNKNOWN, {}, timedelta(minutes=1)),
    (Status.READY, {"confirmed": True}, LONG_AGO),
    (Status.READY, {"absent": LinkAbsent.SETTLED_WITHOUT}, LONG_AGO),
]


def stand(invitation: Invitation, status: Status, how: dict, age: timedelta, over: Over | None, now) -> None:
    """Brings the one link and its invitation there, past the guards that let a state follow only some others."""
    link = invitation.links.get()
    models.QuerySet(AccessLink).filter(pk=link.pk).update(
        status=status,
        lease_until=now if status in IN_HAND else None,
        link_absent_reason=how.get("absent", ""),
        confirmed_at=now if "confirmed" in how else None,
        confirmed_by=invitation.created_by if "confirmed" in how else None,
    )
    attempt = Attempt.objects.get(pk=link.current_attempt_id)
    if status in ENDED:
        attempt.outcome, attempt.finished_at = status, now - age
    if status == Status.READY and not how.get("absent"):
        attempt.kondado_link, attempt.link_sha256 = attempt.seal(URL), "0" * 64
    attempt.save()
    facts = {"expires_at": LONG_AGO} | ENDS.get(over, {})
    Invitation.objects.filter(pk=invitation.pk).update(
        **{name: now - when if name in ENDS.get(over, {}) else now + when for name, when in facts.items()}
    )


def accepts(act: Callable[..., object], **what: object) -> bool:
    """Whether the service does it; everything is undone again."""
    try:
        with transaction.atomic():
            act(**what)
            transaction.set_rollback(True)
    except PortalError:
        return False
    return True


@pytest.fixture
def scenes(make_invitation, admin, rf):
    """Every way in which a link and its invitation may stand, one after the other."""
    invitation = make_invitation(delivery="kondado")
    now = timezone.now()

    def walk(ends: Iterable[Over | None] = (None, *Over)):
        for (status, how, age), over in product(STANDS, ends):
            with transaction.atomic():
                stand(invitation, status, how, age, over, now)
                link = AccessLink.objects.select_related("invitation", "current_attempt").get()
                yield f"{status} {how} {age} {over}", link.invitation, link, now
                transaction.set_rollback(True)

    return walk


def test_every_action_has_a_service_and_a_button():
    assert set(ON_LINK) == set(LinkAction) - {LinkAction.MARK}
    assert set(ON_INVITATION) == set(Action)
    assert set(NAMES) == set(Action) | set(LinkAction)


def test_every_status_and_every_end_is_thought_of():
    assert set(allowed.BY_STATUS) == set(Status)
    assert set(ENDS) == set(OVER) == set(Over)
    assert {status for status, _how, _age in STANDS} == set(Status)


def test_what_may_be_done_with_a_link(scenes):
    """Written out once more, so that a rule does not change by accident."""
    settle = {LinkAction.SETTLE_EXISTS, LinkAction.SETTLE_ABSENT}
    open_ = {
        Status.DRAFT: {LinkAction.CANCEL},
        Status.QUEUED: {LinkAction.CANCEL},
        Status.CONNECTING: set(),
        Status.ON_WIRE: set(),
        Status.READY: {LinkAction.CONFIRM, LinkAction.NEW_LINK, LinkAction.REVEAL},
        Status.REJECTED: {LinkAction.SEND_AGAIN, LinkAction.MARK},
        Status.UNKNOWN: settle,
        Status.CANCELLED: set(),
    }
    asks_anew = {LinkAction.NEW_LINK, LinkAction.SEND_AGAIN, LinkAction.SETTLE_ABSENT}
    for name, invitation, link, now in scenes():
        expected = set(open_[Status(link.status)])
        if link.confirmed_at:
            expected = {LinkAction.TAKE_BACK, LinkAction.REVEAL}
        if link.link_absent_reason:
            expected -= {LinkAction.REVEAL}
        if "0:01:00" in name:
            expected -= settle
        if invitation.revoked_at or invitation.declined_at:
            expected -= asks_anew
        if invitation.erased_at:
            expected = set()
        assert allowed.link_actions(invitation, link, now) == expected, name


@pytest.mark.parametrize("action", ON_LINK)
def test_a_service_accepts_for_a_link_just_what_is_allowed(scenes, admin, action):
    seen = set()
    for name, invitation, link, now in scenes():
        can = action in allowed.link_actions(invitation, link, now)
        assert accepts(ON_LINK[action], by=admin, link=link, now=now) == can, name
        assert (allowed.link_refusal(action, invitation, link, now) is None) == can, name
        seen.add(can)
    assert seen == {True, False}


@pytest.mark.parametrize("action", ON_INVITATION)
def test_a_service_accepts_for_an_invitation_just_what_is_allowed(make_invitation, scenes, admin, action):
    Invitation.objects.update(delivery="portal")
    seen = set()
    for name, invitation, link, now in scenes():
        if action == Action.ERASE and link.status in IN_HAND:
            continue  # also asks what else of the guest's is on its way just now
        can = action in allowed.actions(invitation, [link], now)
        assert accepts(ON_INVITATION[action], by=admin, invitation=invitation, now=now) == can, name
        assert (allowed.refusal(action, invitation, [link], now) is None) == can, name
        seen.add(can)
    assert seen == {True, False}


@pytest.mark.parametrize("over", [None, *Over])
def test_the_page_offers_just_what_is_allowed(scenes, admin, client_for, over):
    client = client_for(admin)
    for name, invitation, link, now in scenes([over]):
        page = client.get(reverse("invitation", args=[invitation.public_id])).content.decode()
        can = allowed.link_actions(invitation, link, now) | allowed.actions(invitation, [link], now)
        early = allowed.settles_at(invitation, link)  # where to look until then
        shown = {
            action for action in (*Action, *LinkAction) if f'"{address(action, invitation, link)}"' in page
        }
        assert shown == can | (allowed.SETTLING if can & allowed.SETTLING or early else set()), name


def address(action: Action | LinkAction, invitation: Invitation, link: AccessLink) -> str:
    if action == LinkAction.MARK:
        return reverse(NAMES[action], args=[link.current_attempt_id])
    on_link = [link.pk] if isinstance(action, LinkAction) else []
    return reverse(NAMES[action], args=[invitation.public_id, *on_link])


def test_an_auditor_is_offered_nothing_and_what_is_reserved_is_for_its_people(
    scenes, manager, colleague, admin, auditor
):
    for name, invitation, link, now in scenes():
        everything = allowed.offered_on_link(admin, invitation, link, now)
        assert everything == allowed.link_actions(invitation, link, now), name
        assert allowed.offered_on_link(manager, invitation, link, now) == everything - {LinkAction.MARK}
        assert allowed.offered_on_link(colleague, invitation, link, now) == everything - {
            LinkAction.MARK,
            LinkAction.REVEAL,
        }
        assert not allowed.offered_on_link(auditor, invitation, link, now)
        assert not allowed.offered(auditor, invitation, [link], now)
        assert allowed.offered(manager, invitation, [link], now) == (
            allowed.offered(admin, invitation, [link], now) - {Action.ERASE}
        )


@pytest.mark.parametrize("action", ON_LINK)
def test_a_stranger_and_an_auditor_are_refused_every_action(scenes, stranger, auditor, action):
    for _name, _invitation, link, now in scenes():
        for person in (stranger, auditor):
            with pytest.raises(NotYours), transaction.atomic():
                ON_LINK[action](by=person, link=link, now=now)


def test_a_refused_link_of_a_guest_who_declined_is_not_sent_again(
    make_invitation, manager, client_for, dest_connector
):
    invitation = make_invitation(delivery="link", status="ready", more=[dest_connector])
    refused = invitation.links.last()
    Attempt.objects.filter(pk=refused.current_attempt_id).update(
        outcome="rejected", kondado_link=None, link_sha256=None
    )
    force_status(refused, Status.REJECTED)
    key = GuestToken.objects.get(hash=token_hash(make_key(invitation)))
    answers.decline(by=key, kind=DeclineKind.CANNOT)
    client = client_for(manager)
    page = reverse("link_send_again", args=[invitation.public_id, refused.pk])

    with pytest.raises(InvitationOver) as error:
        settling.send_again(by=manager, link=refused, assigned_collection_name="x")

    assert error.value.why == Over.DECLINED
    shown = client.get(reverse("invitation", args=[invitation.public_id])).content.decode()
    assert page not in shown
    assert "The guest declined, so nothing more is sent" in shown
    assert "The guest declined, so nothing more is sent" in client.get(page).content.decode()
    pressed = client.post(page, {"assigned_collection_name": "x"}, follow=True).content.decode()
    assert "Queued to be sent once more" not in pressed
    assert AccessLink.objects.get(pk=refused.pk).status == Status.REJECTED


def test_what_may_not_exist_is_not_asked_for_again_once_the_guest_declined(
    make_invitation, manager, client_for
):
    invitation = make_invitation(delivery="link", status="unknown")
    Attempt.objects.update(finished_at=timezone.now() - LONG_AGO)
    Invitation.objects.update(declined_at=timezone.now())
    link = invitation.links.get()
    page = client_for(manager).get(reverse("link_settle", args=[invitation.public_id, link.pk]))

    assert 'value="exists"' in page.content.decode()
    assert 'value="absent"' not in page.content.decode()
    assert "The guest declined, so nothing more is sent" in page.content.decode()
    with pytest.raises(InvitationOver):
        settling.absent(by=manager, link=link)
