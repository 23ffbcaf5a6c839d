"""Declining and coming back, asking a colleague, another language, asking for more time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.errors import (
    AlreadyForwarded,
    InvitationDeclined,
    InvitationExpired,
    InvitedMeanwhile,
    TooManyForwards,
    WrongState,
)
from invitations.models import AccessLink, AuditEvent, Invitation, Message
from invitations.services.guest import answers, press, progress
from invitations.services.invitations import change
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(make_invitation):
    return make_invitation(status="ready", delivery="link", language="en", recipient_email="ana@example.com")


@pytest.fixture
def key(invitation):
    return press.find(public_id=invitation.public_id, token=factories.make_key(invitation))


def fresh():
    return Invitation.objects.order_by("pk").first()


def events(kind):
    return list(AuditEvent.objects.filter(kind=kind))


def notices():
    return Message.objects.filter(kind="notice").count()


def forwards():
    return list(Message.objects.filter(kind="forward").order_by("pk"))


# No, and yes after all ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["wrong_person", "cannot", "will_not"])
def test_declining_tells_why_and_frees_the_place(key, invitation, kind):
    answers.decline(by=key, kind=kind, reason="  Ask Caio of finance ")

    row = fresh()
    assert (row.decline_kind, row.decline_reason) == (kind, "Ask Caio of finance")
    assert row.stage == "declined"
    assert not invitation.links.get().holds_open_slot
    assert [event.data for event in events("guest.declined")] == [{"key": "mail", "why": kind}]
    assert "Caio" not in str(AuditEvent.objects.filter(kind="guest.declined").values())
    assert notices() == 1


def test_the_first_no_stands(key):
    answers.decline(by=key, kind="cannot", reason="first")
    first = fresh().declined_at
    answers.decline(by=key, kind="will_not", reason="second", now=timezone.now() + timedelta(hours=1))

    assert (fresh().declined_at, fresh().decline_kind, fresh().decline_reason) == (first, "cannot", "first")
    assert len(events("guest.declined")) == notices() == 1


def test_what_was_confirmed_cannot_be_declined(key, invitation, manager):
    invitation.links.update(confirmed_at=timezone.now(), confirmed_by=manager)

    with pytest.raises(WrongState):
        answers.decline(by=key, kind="cannot")


def test_going_on_after_all_takes_the_place_back(key, invitation):
    answers.decline(by=key, kind="cannot", reason="no access")
    answers.resume(by=key)
    answers.resume(by=key)

    row = fresh()
    assert (row.declined_at, row.decline_kind, row.decline_reason) == (None, "", "")
    assert row.stage == "opened"
    assert invitation.links.get().holds_open_slot
    assert len(events("guest.declined")) == len(events("guest.resumed")) == 1


def test_going_on_is_refused_when_a_newer_invitation_took_the_place(key, invitation, make_invitation):
    answers.decline(by=key, kind="cannot")
    make_invitation(recipient_email="ana@example.com", delivery="link")

    with pytest.raises(InvitedMeanwhile):
        answers.resume(by=key)

    assert fresh().declined_at is not None
    assert not AccessLink.objects.get(invitation=invitation).holds_open_slot
    assert events("guest.resumed") == []


@pytest.fixture
def several(make_invitation, connector, dest_connector):
    """An invitation for two connectors that was declined; one of them was asked for again since."""

    def declined_then_one_asked_again(status="ready"):
        first = make_invitation(
            status=status,
            delivery="link",
            language="en",
            recipient_email="rui@example.com",
            more=[dest_connector],
        )
        key = press.find(public_id=first.public_id, token=factories.make_key(first))
        answers.decline(by=key, kind="cannot")
        newer = make_invitation(
            status="ready", connector=dest_connector, recipient_email="rui@example.com", delivery="link"
        )
        return first, key, newer

    return declined_then_one_asked_again


def test_going_on_leaves_to_a_newer_invitation_what_that_one_asks_for(several):
    first, key, newer = several()

    answers.resume(by=key)

    first.refresh_from_db()
    assert (first.declined_at, first.stage) == (None, "opened")
    assert [link.holds_open_slot for link in first.links.all()] == [True, False]
    assert newer.links.get().holds_open_slot
    (event,) = events("guest.resumed")
    assert event.data == {"key": "mail", "left_out": "BigQuery"}


def test_what_was_left_to_a_newer_invitation_is_not_sent_to_kondado(several):
    first, key, _newer = several(status="queued")

    answers.resume(by=key)

    kept, left = first.links.select_related("current_attempt")
    assert (kept.status, left.status) == ("queued", "cancelled")
    assert (kept.current_attempt.outcome, left.current_attempt.outcome) == ("", "cancelled")


def test_what_was_left_to_a_newer_invitation_leads_on_once_that_one_is_gone(several, manager):
    first, key, newer = several()
    answers.resume(by=key)
    left = first.links.last()

    with pytest.raises(InvitedMeanwhile):
        progress.go_on(by=key, link_id=left.pk)

    change.revoke(by=manager, invitation=newer)
    progress.go_on(by=key, link_id=left.pk)
    left.refresh_from_db()
    assert left.holds_open_slot
    assert left.continued_at


def test_a_second_one_on_purpose_goes_on_beside_the_first(invitation, make_invitation):
    second = make_invitation(
        delivery="link", recipient_email="ana@example.com", insist_reason="for the other shop"
    )
    key = press.find(public_id=second.public_id, token=factories.make_key(second))
    answers.decline(by=key, kind="cannot")

    answers.resume(by=key)

    second.refresh_from_db()
    assert second.declined_at is None
    assert not second.links.get().holds_open_slot
    assert invitation.links.get().holds_open_slot


# A colleague ----------------------------------------------------------------------------------------


def test_forwarding_queues_a_mail_and_tells_the_manager(key, invitation):
    answers.forward(by=key, to_email="caio@example.com", to_name="Caio Dias")

    (message,) = forwards()
    assert (message.to_email, message.to_name, message.invitation_id) == (
        "caio@example.com",
        "Caio Dias",
        invitation.pk,
    )
    (event,) = events("guest.forwarded")
    assert {one.detail["email"] for one in event.details.all()} == {"ana@example.com", "caio@example.com"}
    assert "caio" not in str(event.data)
    assert fresh().forwards == notices() == 1
    assert press.find(public_id=invitation.public_id, token=factories.make_key(invitation))


@pytest.mark.parametrize("again", ["caio@example.com", "CAIO@EXAMPLE.COM", "Ana@Example.com"])
def test_nobody_is_mailed_twice(key, again):
    answers.forward(by=key, to_email="caio@example.com")

    with pytest.raises(AlreadyForwarded):
        answers.forward(by=key, to_email=again)
    assert len(forwards()) == fresh().forwards == 1


def test_three_colleagues_are_the_most(key):
    for number in range(3):
        answers.forward(by=key, to_email=f"colleague{number}@example.com")

    with pytest.raises(TooManyForwards):
        answers.forward(by=key, to_email="fourth@example.com")
    assert len(forwards()) == 3


def test_where_kondado_mails_there_is_nothing_to_forward(key):
    Invitation.objects.update(delivery="kondado")

    with pytest.raises(WrongState):
        answers.forward(by=key, to_email="caio@example.com")


def test_nothing_is_forwarded_after_declining(key):
    answers.decline(by=key, kind="cannot")

    with pytest.raises(InvitationDeclined):
        answers.forward(by=key, to_email="caio@example.com")


def test_what_is_no_address_is_refused(key):
    with pytest.raises(ValueError, match="address"):
        answers.forward(by=key, to_email="nobody")


# Language, more time --------------------------------------------------------------------------------


def test_another_language_stays_with_the_invitation(key):
    answers.speak(by=key, language="es")
    answers.speak(by=key, language="es")

    assert fresh().language == "es"
    assert [event.data["language"] for event in events("guest.language")] == ["es"]


def test_asking_for_more_time_is_told_once_for_each_expiry(key):
    expired = timezone.now() - timedelta(hours=1)
    Invitation.objects.update(expires_at=expired)
    answers.ask_again(by=key)
    answers.ask_again(by=key)
    assert fresh().was_asked_again
    assert len(events("guest.asked_again")) == notices() == 1

    Invitation.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert not fresh().was_asked_again
    answers.ask_again(by=key, now=timezone.now() + timedelta(days=2))
    assert len(events("guest.asked_again")) == notices() == 2


def test_asking_before_it_expired_asks_nothing(key):
    answers.ask_again(by=key)

    assert fresh().asked_again_at is None
    assert notices() == 0


def test_all_other_answers_come_too_late_once_it_expired(key):
    Invitation.objects.update(expires_at=timezone.now())

    for act in (
        lambda: answers.decline(by=key, kind="cannot"),
        lambda: answers.resume(by=key),
        lambda: answers.forward(by=key, to_email="caio@example.com"),
    ):
        with pytest.raises(InvitationExpired):
            act()
