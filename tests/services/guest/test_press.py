"""What a key opens, what the first press with it writes down, and presses that come too late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.errors import InvitationExpired, OpensNothing
from invitations.models import AuditEvent, GuestToken, Invitation, Message
from invitations.models.guest_token import new_token, token_hash
from invitations.services.guest import answers, press, progress
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(make_invitation):
    return make_invitation(status="ready", delivery="link", language="en")


def key_of(invitation, purpose="mail", **fields):
    token = factories.make_key(invitation, purpose, **fields)
    return press.find(public_id=invitation.public_id, token=token)


def events(kind):
    return list(AuditEvent.objects.filter(kind=kind).order_by("number"))


def test_s27_only_a_hash_of_a_key_is_stored(invitation):
    token = factories.make_key(invitation)

    stored = GuestToken.objects.values().get()

    assert token not in str(stored)
    assert stored["hash"] == token_hash(token)


def test_s26_keys_have_256_bits_and_do_not_repeat(invitation):
    keys = {new_token() for _ in range(10_000)}

    assert len(keys) == 10_000
    assert {len(key) for key in keys} == {43}


@pytest.mark.parametrize(
    "over", [{"revoked_at": timezone.now()}, {"erased_at": timezone.now()}], ids=["revoked", "erased"]
)
def test_every_key_dies_with_its_invitation(invitation, over):
    tokens = [factories.make_key(invitation, purpose) for purpose in ("mail", "copied", "forward")]
    Invitation.objects.update(**over)

    assert [press.exchange(token=token) for token in tokens] == [None] * 3
    assert set(GuestToken.objects.values_list("fetches", flat=True)) == {0}


@pytest.mark.parametrize("purpose", ["mail", "copied", "forward"])
def test_the_first_press_with_a_key_says_which_kind_it_was(invitation, purpose):
    key = key_of(invitation, purpose)

    progress.go_on(by=key, link_id=invitation.links.get().pk)
    first = GuestToken.objects.get(pk=key.pk).used_at
    progress.go_on(by=key, link_id=invitation.links.get().pk)

    assert first is not None
    assert GuestToken.objects.get(pk=key.pk).used_at == first
    assert [event.data for event in events("guest.opened")] == [{"key": purpose}]
    assert [event.data["key"] for event in events("guest.continued")] == [purpose]


def test_each_key_is_noted_once_and_the_invitation_opens_once(invitation):
    first, second = key_of(invitation), key_of(invitation, "copied")

    answers.speak(by=first, language="en")
    opened = Invitation.objects.get().opened_at
    answers.speak(by=second, language="en")

    assert Invitation.objects.get().opened_at == opened
    assert [event.data["key"] for event in events("guest.opened")] == ["mail", "copied"]
    assert Invitation.objects.get().stage == "opened"


def test_a_colleague_with_a_key_of_their_own_is_the_one_who_acted(invitation):
    message = Message.objects.create(
        kind="forward",
        invitation=invitation,
        to_email="caio@example.com",
        to_name="Caio",
        created_at=timezone.now(),
    )
    key = key_of(invitation, "forward", message=message)

    progress.go_on(by=key, link_id=invitation.links.get().pk)

    (event,) = events("guest.continued")
    assert [one.detail["name"] for one in event.details.all()] == ["Caio"]


def test_the_record_is_the_last_write_so_that_a_failure_undoes_the_press(invitation, monkeypatch):
    def fail(**_given):
        raise RuntimeError

    key = key_of(invitation)
    monkeypatch.setattr("invitations.services.guest.press.audit.record", fail)

    with pytest.raises(RuntimeError):
        progress.go_on(by=key, link_id=invitation.links.get().pk)

    assert invitation.links.get().continued_at is None
    assert Invitation.objects.get().opened_at is None
    assert GuestToken.objects.get().used_at is None


def test_a_key_that_was_revoked_between_the_look_and_the_press_does_nothing(invitation):
    key = key_of(invitation)
    GuestToken.objects.update(revoked_at=timezone.now())

    with pytest.raises(OpensNothing):
        progress.go_on(by=key, link_id=invitation.links.get().pk)


def test_an_invitation_that_expired_between_the_look_and_the_press_does_nothing(invitation):
    key = key_of(invitation)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(InvitationExpired):
        progress.go_on(by=key, link_id=invitation.links.get().pk)


@pytest.mark.parametrize("reason", ["revoked", "replaced", "expired", "erased"])
def test_a_press_that_comes_too_late_is_recorded_once(invitation, reason):
    token = factories.make_key(invitation)
    past = timezone.now() - timedelta(minutes=1)
    if reason == "replaced":
        GuestToken.objects.update(revoked_at=past)
    else:
        column = {"revoked": "revoked_at", "expired": "expires_at", "erased": "erased_at"}[reason]
        Invitation.objects.update(**{column: past})

    for _ in range(3):
        press.note_blocked(public_id=invitation.public_id, token=token)

    assert [event.data for event in events("guest.blocked")] == [{"reason": reason}]
    assert events("guest.blocked")[0].people == []


def test_a_press_with_no_key_of_the_invitation_is_not_recorded(invitation):
    press.note_blocked(public_id=invitation.public_id, token="nothing")

    assert events("guest.blocked") == []
