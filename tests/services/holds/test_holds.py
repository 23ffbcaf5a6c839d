"""A stop of one link counts only while the link would be sent without it."""

import pytest
from django.utils import timezone

from invitations.models import AccessLink, DeclineKind, Hold, Message, Stage
from invitations.models.hold import HoldReason
from invitations.services.base import stages
from invitations.services.guest import answers, press
from invitations.services.holds import holds
from invitations.services.invitations import change, links
from invitations.services.reads import system
from invitations.services.sending import dispatch
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(make_invitation):
    link = make_invitation().links.get()
    holds.stop(reason=HoldReason.TRIES, link=link)
    return link


def key_of(invitation):
    return press.find(public_id=invitation.public_id, token=factories.make_key(invitation))


def revoke(link, manager):
    change.revoke(by=manager, invitation=link.invitation)


def cancel(link, manager):
    links.cancel(by=manager, link=link)


def decline(link, manager):
    answers.decline(by=key_of(link.invitation), kind=DeclineKind.WRONG_PERSON)


def erase(link, manager):
    now = timezone.now()
    type(link.invitation).objects.update(erased_at=now)
    stages.refresh(invitation=link.invitation, now=now)


def settle_elsewhere(link, manager):
    factories.bring_to(link, "ready")


ENDS = [revoke, cancel, decline, erase, settle_elsewhere]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_what_came_to_an_end_is_listed_nowhere(held, manager, admin, client_for, capsys, end):
    assert [one.hold.reason for one in system.standing_holds()] == ["tries"]

    end(held, manager)

    assert system.standing_holds() == []
    page = client_for(admin).get("/system/")
    assert next(line for line in page.context["lines"] if line.title == "Stops").level == "good"
    held.invitation.refresh_from_db()
    assert held.invitation.stage != Stage.NEEDS_ATTENTION


def test_the_hold_on_a_cancelled_link_says_nothing_of_the_others(
    make_invitation, manager, connector, dest_connector
):
    invitation = make_invitation(more=[dest_connector])
    first, _second = invitation.links.order_by("position")
    holds.stop(reason=HoldReason.TRIES, link=first)
    links.cancel(by=manager, link=first)
    invitation.refresh_from_db()
    assert invitation.stage == Stage.SENDING


def test_whoever_comes_back_meets_the_stop_again(sandbox, held):
    key = key_of(held.invitation)
    answers.decline(by=key, kind=DeclineKind.WRONG_PERSON)
    answers.resume(by=key)
    held.refresh_from_db()
    assert [one.hold.access_link for one in system.standing_holds()] == [held]
    held.invitation.refresh_from_db()
    assert held.invitation.stage == Stage.NEEDS_ATTENTION
    assert dispatch.step() is None
    assert not sandbox.calls


def test_nobody_is_told_of_a_stop_that_stops_nothing(make_invitation, manager, admin):
    link = make_invitation().links.get()
    decline(link, manager)
    holds.stop(reason=HoldReason.TRIES, link=AccessLink.objects.get())
    assert not Message.objects.filter(kind="alert").exists()
    assert Hold.objects.standing().count() == 1


def test_what_nobody_asks_for_any_more_is_not_counted_as_waiting(make_invitation, manager, admin):
    decline(make_invitation().links.get(), manager)
    holds.stop(reason=HoldReason.PERSON, detail="moving", by=admin)
    assert [one.waiting for one in system.standing_holds()] == [0]
    assert system.state().links["due"] == 0
