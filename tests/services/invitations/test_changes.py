"""Whatever changes a link or an invitation ends alike: no mail that is due is forgotten."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import DeclineKind, GuestToken, Invitation, Message
from invitations.models.guest_token import token_hash
from invitations.models.message import MessageKind
from invitations.services.decisions import restoring
from invitations.services.guest import answers
from invitations.services.invitations import change, links
from tests.factories import bring_to, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def half_ready(make_invitation, dest_connector) -> Invitation:
    """One link ready, one still in the queue: the mail waits for the second."""
    invitation = make_invitation(delivery="portal", more=[dest_connector])
    bring_to(invitation.links.first(), "ready")
    return invitation


def mails() -> int:
    return Message.objects.filter(kind=MessageKind.INVITATION).count()


def test_the_mail_goes_once_the_other_link_turns_out_to_have_been_sent(half_ready, admin):
    restoring.stop_everything(now=timezone.now())
    assert mails() == 0

    assert restoring.were_sent(by=admin, links=[half_ready.links.last()]) == 1

    assert mails() == 1


def test_the_mail_goes_once_a_guest_who_declined_goes_on_after_all(half_ready, manager):
    key = GuestToken.objects.get(hash=token_hash(make_key(half_ready, "copied")))
    answers.decline(by=key, kind=DeclineKind.CANNOT)
    links.cancel(by=manager, link=half_ready.links.last())
    assert mails() == 0, "nothing is mailed to somebody who declined"

    answers.resume(by=key)

    assert mails() == 1


def test_the_mail_goes_once_an_invitation_is_open_again(half_ready, manager):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    links.cancel(by=manager, link=half_ready.links.last())
    assert mails() == 0, "nothing is mailed that is too late"

    change.extend(by=manager, invitation=half_ready, days=3)

    assert mails() == 1
