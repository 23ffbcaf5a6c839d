"""Whoever approves one more request gives the guest time for it: one rule for every kind of approval."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.errors import SameOpenInvitation
from invitations.models import AccessLink, Attempt, Invitation, Stage, Status
from invitations.models.attempt import Approval
from invitations.services.base import audit
from invitations.services.decisions import settling
from invitations.services.invitations import expire, links
from tests.factories import bring_to

pytestmark = pytest.mark.django_db
# status from which each is given, and how. RELEASED has no service yet: nothing waits for a second person so far.
AGAIN = {
    Approval.EDITED: ("rejected", lambda **who: settling.send_again(assigned_collection_name="x", **who)),
    Approval.SETTLED_ABSENT: ("unknown", settling.absent),
    Approval.NEW_LINK: ("ready", links.new_link),
}


@pytest.fixture
def expired(make_invitation, dest_connector):
    """An invitation with one link that is ready and one as asked for, after its time; all its places are given up."""

    def make(status: str) -> AccessLink:
        invitation = make_invitation(delivery="portal", more=[dest_connector])
        first, second = invitation.links.all()
        bring_to(first, "ready")
        bring_to(second, status)
        now = timezone.now()
        Attempt.objects.filter(access_link=second).update(finished_at=now - timedelta(days=2))
        Invitation.objects.update(expires_at=now - timedelta(days=1), asked_again_at=now)
        expire.sweep()
        AccessLink.objects.update(holds_open_slot=False)
        return second

    return make


def test_every_approval_is_given_somewhere():
    assert {Approval.CREATED, Approval.RELEASED, *AGAIN} == set(Approval)


@pytest.mark.parametrize("approval", AGAIN)
def test_one_more_request_opens_an_expired_invitation_again(expired, manager, approval):
    status, act = AGAIN[approval]
    link = expired(status)
    now = timezone.now()

    act(by=manager, link=link, now=now)

    link.refresh_from_db()
    invitation = link.invitation
    assert invitation.expires_at == now + timedelta(days=invitation.expires_in_days)
    assert invitation.asked_again_at is None
    assert invitation.is_over(now) is None
    assert set(invitation.links.values_list("holds_open_slot", flat=True)) == {True}
    assert (link.status, link.current_attempt.approval) == (Status.QUEUED, approval)
    assert (link.current_attempt.number, link.current_attempt.approved_by) == (2, manager)
    assert invitation.stage == Stage.SENDING
    assert next(audit.problems(), None) is None


@pytest.mark.parametrize("approval", AGAIN)
def test_one_more_request_is_refused_where_another_invitation_has_the_place(
    expired, make_invitation, manager, approval
):
    status, act = AGAIN[approval]
    link = expired(status)
    first = link.invitation.links.first()
    make_invitation(recipient_email=link.invitation.recipient_email, connector=first.connector)

    with pytest.raises(SameOpenInvitation):
        act(by=manager, link=link)

    link.refresh_from_db()
    assert link.status == status
    assert link.attempts.count() == 1


@pytest.mark.parametrize("approval", AGAIN)
def test_time_that_a_guest_was_given_is_not_taken_away(expired, manager, approval):
    status, act = AGAIN[approval]
    link = expired(status)
    later = timezone.now() + timedelta(days=60)
    Invitation.objects.update(expires_at=later)

    act(by=manager, link=link)

    assert Invitation.objects.get().expires_at == later
