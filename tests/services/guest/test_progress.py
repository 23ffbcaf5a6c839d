"""Going on, done, and not done after all: each may be pressed twice, and none without a reason."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.errors import InvitationDeclined, LinkUnsafe, OpensNothing, TooOften, WrongState
from invitations.models import AccessLink, AuditEvent, Invitation, Message
from invitations.services.guest import answers, press, progress
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(make_invitation):
    return make_invitation(status="ready", delivery="link", language="en")


@pytest.fixture
def key(invitation):
    return press.find(public_id=invitation.public_id, token=factories.make_key(invitation))


@pytest.fixture
def link(invitation):
    return invitation.links.get()


def fresh(link):
    return AccessLink.objects.select_related("invitation").get(pk=link.pk)


def kinds():
    return [event.kind for event in AuditEvent.objects.filter(kind__startswith="guest.").order_by("number")]


def notices():
    return Message.objects.filter(kind="notice").count()


def test_done_makes_it_the_managers_turn(key, link, manager):
    progress.go_on(by=key, link_id=link.pk)
    progress.done(by=key, link_id=link.pk)

    assert fresh(link).done_at is not None
    assert fresh(link).invitation.stage == "to_verify"
    assert kinds() == ["guest.opened", "guest.continued", "guest.done"]
    assert Message.objects.get(kind="notice").to_email == manager.email


def test_done_twice_is_done_once(key, link):
    progress.go_on(by=key, link_id=link.pk)
    progress.done(by=key, link_id=link.pk)
    first = fresh(link).done_at
    progress.done(by=key, link_id=link.pk, now=timezone.now() + timedelta(hours=1))

    assert fresh(link).done_at == first
    assert kinds().count("guest.done") == 1
    assert notices() == 1


def test_done_is_for_those_who_went_on(key, link):
    with pytest.raises(WrongState):
        progress.done(by=key, link_id=link.pk)

    assert fresh(link).done_at is None


def test_who_got_the_link_from_kondado_may_say_done_too(key, link):
    AccessLink.objects.filter(pk=link.pk).update(link_absent_reason="settled_without")

    progress.done(by=key, link_id=link.pk)

    assert fresh(link).done_at is not None


def test_done_can_be_taken_back_and_said_again(key, link):
    progress.go_on(by=key, link_id=link.pk)
    progress.done(by=key, link_id=link.pk)
    progress.undone(by=key, link_id=link.pk)

    assert fresh(link).done_at is None
    assert fresh(link).invitation.stage == "opened"
    progress.undone(by=key, link_id=link.pk)
    progress.done(by=key, link_id=link.pk)
    assert fresh(link).done_at is not None
    assert kinds()[2:] == ["guest.done", "guest.undone", "guest.done"]


def test_what_staff_confirmed_is_not_taken_back(key, link, manager):
    progress.go_on(by=key, link_id=link.pk)
    progress.done(by=key, link_id=link.pk)
    AccessLink.objects.filter(pk=link.pk).update(confirmed_at=timezone.now(), confirmed_by=manager)

    with pytest.raises(WrongState):
        progress.undone(by=key, link_id=link.pk)


def test_switching_back_and_forth_has_an_end(key, link, monkeypatch):
    monkeypatch.setattr(press, "MOST_EVENTS", 5)
    progress.go_on(by=key, link_id=link.pk)
    progress.done(by=key, link_id=link.pk)
    progress.undone(by=key, link_id=link.pk)
    progress.done(by=key, link_id=link.pk)

    with pytest.raises(TooOften):
        progress.undone(by=key, link_id=link.pk)
    assert fresh(link).done_at is not None


def test_nothing_goes_on_after_declining(key, link):
    answers.decline(by=key, kind="cannot")

    for act in (progress.go_on, progress.done, progress.undone):
        with pytest.raises(InvitationDeclined):
            act(by=key, link_id=link.pk)


def test_a_link_of_another_invitation_is_none(key, make_invitation):
    other = make_invitation(status="ready").links.get()

    for act in (progress.go_on, progress.done, progress.undone):
        with pytest.raises(OpensNothing):
            act(by=key, link_id=other.pk)
    assert fresh(other).continued_at is None


def test_s32_a_stored_link_is_checked_again_at_the_press(key, link, settings):
    settings.KONDADO_LINK_HOSTS = ("app.kondado.com.br",)

    with pytest.raises(LinkUnsafe):
        progress.go_on(by=key, link_id=link.pk)
    assert Invitation.objects.get().opened_at is None
