"""What a manager does with an invitation that was made, each with what it ends, keeps and records."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.errors import NotYours, SameOpenInvitation, WrongState
from invitations.mail import smtp, write
from invitations.models import AccessLink, AuditEvent, GuestToken, Invitation, Message, Stage
from invitations.models.guest_token import TokenPurpose
from invitations.services.base import audit, slots
from invitations.services.decisions import settling
from invitations.services.guest import press
from invitations.services.invitations import allowed, change, copy_link, expire, links
from invitations.services.mail import guest_queue, outbox
from invitations.services.sending import dispatch

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(make_invitation):
    """A ready invitation that the portal mailed."""

    def make(**fields):
        fields = {"delivery": "portal", "recipient_email": "ana@example.org"} | fields
        invitation = make_invitation(status="ready", **fields)
        expires_at = timezone.now() + timedelta(days=14)
        Invitation.objects.filter(pk=invitation.pk).update(expires_at=expires_at)
        invitation.refresh_from_db()
        return invitation

    return make


@pytest.fixture
def mailed(ready, manager):
    """As `ready`, with one mail that left."""

    def make(**fields):
        invitation = ready(**fields)
        change.send_mail(by=manager, invitation=invitation)
        assert outbox.step()
        return invitation

    return make


def live(purpose=None) -> int:
    tokens = GuestToken.objects.filter(revoked_at=None)
    return (tokens.filter(purpose=purpose) if purpose else tokens).count()


def last_kind() -> str:
    return AuditEvent.objects.latest("number").kind


def let_expire(invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert expire.sweep() == 1
    invitation.refresh_from_db()


ACTIONS = {
    "mail": lambda by, invitation: change.send_mail(by=by, invitation=invitation),
    "forward": lambda by, invitation: change.forward(by=by, invitation=invitation, to_email="b@example.org"),
    "correct": lambda by, invitation: change.correct_address(
        by=by, invitation=invitation, recipient_email="b@example.org", recipient_name="Bia"
    ),
    "extend": lambda by, invitation: change.extend(by=by, invitation=invitation, days=7),
    "revoke": lambda by, invitation: change.revoke(by=by, invitation=invitation),
    "confirm": lambda by, invitation: links.confirm(by=by, link=invitation.links.get()),
    "new_link": lambda by, invitation: links.new_link(by=by, link=invitation.links.get()),
}


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("person", ["stranger", "auditor"])
def test_who_may_not(ready, request, name, person):
    invitation = ready()

    with pytest.raises(NotYours):
        ACTIONS[name](request.getfixturevalue(person), invitation)


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("person", ["manager", "colleague", "admin"])
def test_who_may(ready, request, name, person):
    actor = request.getfixturevalue(person)

    ACTIONS[name](actor, ready())

    assert AuditEvent.objects.latest("number").actor == f"user:{actor.pk}"
    assert list(audit.problems()) == []


@pytest.mark.parametrize("name", ACTIONS)
def test_a_failing_record_undoes_the_change(ready, manager, monkeypatch, name):
    invitation = ready()
    before = Invitation.objects.values().get(), AccessLink.objects.values().get(), Message.objects.count()

    def broken(**_):
        raise RuntimeError

    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(RuntimeError):
        ACTIONS[name](manager, invitation)

    assert (
        Invitation.objects.values().get(),
        AccessLink.objects.values().get(),
        Message.objects.count(),
    ) == before


@pytest.mark.parametrize("name", ["mail", "forward", "correct", "extend", "revoke", "new_link"])
def test_nothing_more_is_done_with_what_was_revoked(ready, manager, name):
    invitation = ready()
    change.revoke(by=manager, invitation=invitation)

    with pytest.raises(WrongState):
        ACTIONS[name](manager, invitation)


# Mail ----------------------------------------------------------------------------------------------


def test_a_second_mail_leaves_the_first_key_alive(mailed, manager):
    invitation = mailed()
    change.send_mail(by=manager, invitation=invitation)
    outbox.step()

    assert live(TokenPurpose.MAIL) == 2
    assert Message.objects.latest("id").requested_by == manager


def test_no_second_mail_while_one_is_under_way(ready, manager):
    invitation = ready()
    change.send_mail(by=manager, invitation=invitation)

    with pytest.raises(WrongState):
        change.send_mail(by=manager, invitation=invitation)


def test_our_own_mail_where_kondado_mailed_needs_the_link(ready, manager):
    invitation = ready(delivery="kondado")
    change.send_mail(by=manager, invitation=invitation)
    assert outbox.step()
    AccessLink.objects.update(link_absent_reason="settled_without")

    with pytest.raises(WrongState):
        change.send_mail(by=manager, invitation=invitation)


def test_somebody_else_gets_a_key_of_their_own(mailed, manager):
    invitation = mailed()
    change.forward(by=manager, invitation=invitation, to_email="bia@example.org", to_name="Bia")
    outbox.step()

    assert (live(TokenPurpose.MAIL), live(TokenPurpose.FORWARD)) == (1, 1)
    message = Message.objects.latest("id")
    assert (message.kind, message.to_email, message.status) == ("forward", "bia@example.org", "sent")


# Another address -----------------------------------------------------------------------------------


def test_a_corrected_address_ends_earlier_mails_and_gets_one_of_its_own(mailed, manager, sandbox):
    invitation = mailed()
    Invitation.objects.update(opened_at=timezone.now())
    AccessLink.objects.update(continued_at=timezone.now(), done_at=timezone.now())
    copied = copy_link.copy(by=manager, invitation=invitation)

    assert change.correct_address(
        by=manager, invitation=invitation, recipient_email="Bia@Example.org", recipient_name="Bia"
    )

    row, link = Invitation.objects.get(), AccessLink.objects.get()
    assert (row.recipient_email, row.recipient_normal) == ("Bia@example.org", "bia@example.org")
    assert "bia@example.org" in row.search_text
    assert (row.opened_at, link.continued_at, link.done_at, row.stage) == (None, None, None, Stage.WAITING)
    assert (link.recipient_normal, link.holds_open_slot) == ("bia@example.org", True)
    assert (live(TokenPurpose.MAIL), live(TokenPurpose.COPIED)) == (0, 1)
    assert copied
    outbox.step()
    assert Message.objects.latest("id").to_email == "Bia@example.org"
    assert live(TokenPurpose.MAIL) == 1
    assert sandbox.ledger == []  # no new request to Kondado
    assert last_kind() == "mail.sent"


def test_a_mail_to_the_former_address_that_waits_does_not_leave(ready, manager):
    invitation = ready()
    change.send_mail(by=manager, invitation=invitation)

    ACTIONS["correct"](manager, invitation)

    former, new = Message.objects.order_by("id")
    assert (former.status, former.error, new.status) == ("failed", "withdrawn", "queued")


def test_a_guest_who_is_already_asked_is_not_asked_twice(ready, manager):
    other = ready(recipient_email="b@example.org")
    invitation = ready()

    with pytest.raises(SameOpenInvitation) as caught:
        ACTIONS["correct"](manager, invitation)

    assert caught.value.existing[0].invitation == other
    assert Invitation.objects.get(pk=invitation.pk).recipient_email == "ana@example.org"


def test_a_mail_that_came_back_is_forgotten_once_the_address_is_corrected(mailed, manager):
    invitation = mailed()
    Message.objects.update(status="bounced")

    ACTIONS["correct"](manager, invitation)

    assert Invitation.objects.get().stage == Stage.WAITING


def test_what_kondado_mails_by_itself_right_now_keeps_its_address(make_invitation, manager):
    invitation = make_invitation(delivery="kondado")
    assert dispatch.claim()

    with pytest.raises(WrongState):
        ACTIONS["correct"](manager, invitation)


# Time ----------------------------------------------------------------------------------------------


def test_the_worker_writes_the_expiry_down_once_and_frees_the_place(mailed, ready):
    invitation = mailed()
    kept = ready(recipient_email="bia@example.org")
    let_expire(invitation)

    assert expire.sweep() == 0
    assert (invitation.stage, invitation.links.get().holds_open_slot) == (Stage.EXPIRED, False)
    kept.refresh_from_db()
    assert (kept.stage, kept.links.get().holds_open_slot) == (Stage.WAITING, True)
    assert AuditEvent.objects.filter(kind="invitation.expired").count() == 1


@pytest.mark.parametrize("status", ["queued", "rejected", "unknown", "cancelled"])
def test_only_what_waits_for_the_guest_expires(make_invitation, status):
    make_invitation(status=status)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))

    assert expire.sweep() == 0


def test_the_sweep_asks_an_index(ready, django_assert_num_queries):
    ready()

    with django_assert_num_queries(1):
        expire.sweep()


def test_extending_opens_it_again_and_takes_its_place_back(mailed, manager):
    invitation = mailed()
    let_expire(invitation)
    Invitation.objects.update(asked_again_at=timezone.now())
    now = timezone.now()

    change.extend(by=manager, invitation=invitation, days=3, mail=True, now=now)

    row = Invitation.objects.get()
    assert (row.stage, row.expires_at, row.asked_again_at) == (Stage.WAITING, now + timedelta(days=3), None)
    assert row.links.get().holds_open_slot
    assert live(TokenPurpose.MAIL) == 1
    assert Message.objects.latest("id").status == "queued"


def test_extending_says_who_took_the_place_meanwhile(mailed, ready, manager):
    invitation = mailed()
    let_expire(invitation)
    other = ready()

    with pytest.raises(SameOpenInvitation) as caught:
        change.extend(by=manager, invitation=invitation, days=3)

    assert caught.value.existing[0].invitation == other


# The end -------------------------------------------------------------------------------------------


def test_revoking_ends_every_key_and_frees_the_place(mailed, manager):
    invitation = mailed()
    url = copy_link.copy(by=manager, invitation=invitation)

    change.revoke(by=manager, invitation=invitation)

    assert live() == 0
    assert press.exchange(token=url.rstrip("/").rsplit("/", 1)[1]) is None
    row = Invitation.objects.get()
    assert (row.stage, row.links.get().holds_open_slot, row.links.get().status) == (
        Stage.REVOKED,
        False,
        "ready",
    )


def test_revoking_takes_back_what_waits_and_never_sends_it(make_invitation, manager, sandbox):
    invitation = make_invitation()

    change.revoke(by=manager, invitation=invitation)

    assert dispatch.step() is None
    assert (sandbox.ledger, AccessLink.objects.get().status) == ([], "cancelled")


def test_what_is_being_sent_cannot_be_revoked_just_then(make_invitation, manager):
    invitation = make_invitation()
    dispatch.claim()

    with pytest.raises(WrongState):
        change.revoke(by=manager, invitation=invitation)


def test_an_unknown_one_that_was_revoked_is_not_sent_again(make_invitation, manager):
    invitation = make_invitation(status="unknown")
    change.revoke(by=manager, invitation=invitation)
    later = timezone.now() + allowed.SETTLE_AFTER

    with pytest.raises(WrongState):
        settling.absent(by=manager, link=invitation.links.get(), now=later)


# One link ------------------------------------------------------------------------------------------


def test_connected_is_a_persons_word_that_can_be_taken_back(ready, manager):
    invitation = ready()
    link = invitation.links.get()

    links.confirm(by=manager, link=link)
    assert (last_kind(), Invitation.objects.get().stage) == ("link.confirmed", Stage.CONNECTED)
    link.refresh_from_db()
    assert (link.confirmed_by, link.holds_open_slot) == (manager, False)
    with pytest.raises(WrongState):
        links.confirm(by=manager, link=link)

    links.take_back(by=manager, link=link)
    link.refresh_from_db()
    assert (link.confirmed_at, link.confirmed_by, link.holds_open_slot) == (None, None, True)
    assert Invitation.objects.get().stage == Stage.WAITING


@pytest.mark.parametrize("status", ["queued", "rejected", "unknown", "cancelled"])
def test_only_a_ready_link_is_confirmed_or_renewed(make_invitation, manager, status):
    link = make_invitation(status=status).links.get()

    for act in (links.confirm, links.take_back, links.new_link):
        with pytest.raises(WrongState):
            act(by=manager, link=link)


def test_a_new_link_ends_the_old_one_and_every_key_at_the_press(mailed, manager, sandbox):
    invitation = mailed()
    link = invitation.links.get()
    old = link.current_attempt
    copy_link.copy(by=manager, invitation=invitation)

    links.new_link(by=manager, link=link)

    link = AccessLink.objects.select_related("current_attempt").get()
    assert live() == 0
    assert (link.status, link.current_attempt.approval, link.current_attempt.number) == (
        "queued",
        "new_link",
        2,
    )
    assert link.current_attempt != old
    with pytest.raises(WrongState):
        copy_link.copy(by=manager, invitation=invitation)

    dispatch.step()
    assert len(sandbox.ledger) == 1
    row = Invitation.objects.get()
    assert row.expires_at is not None
    assert Message.objects.latest("id").status == "queued"  # the guest hears of the new one by itself
    assert Message.objects.count() == 2
    outbox.step()
    assert live() == 1


def test_whoever_takes_the_slot_in_between_is_named(manager, make_invitation, monkeypatch):
    """Between the look for a holder and the write, somebody else invites the same guest."""
    mine = make_invitation(status="ready", recipient_email="ana@example.com", delivery="link")
    Invitation.objects.filter(pk=mine.pk).update(expires_at=timezone.now())
    slots.give_up(invitation=mine)
    other = make_invitation(recipient_email="ana@example.com", insist_reason="on purpose")
    looks = iter([lambda *_args: [], slots._holders])
    monkeypatch.setattr(slots, "_holders", lambda *args: next(looks)(*args))

    with pytest.raises(SameOpenInvitation) as caught:
        change.extend(by=manager, invitation=mine, days=7)

    assert caught.value.existing[0].invitation == other


def test_an_expired_one_that_nobody_has_swept_yet_stands_in_nobodys_way(manager, make_invitation):
    mine = make_invitation(status="ready", recipient_email="ana@example.com", delivery="link")
    Invitation.objects.filter(pk=mine.pk).update(expires_at=timezone.now())
    slots.give_up(invitation=mine)
    other = make_invitation(recipient_email="ana@example.com", insist_reason="on purpose")
    Invitation.objects.filter(pk=other.pk).update(expires_at=timezone.now())

    change.extend(by=manager, invitation=mine, days=7)

    assert mine.links.get().holds_open_slot
    assert not other.links.get().holds_open_slot


def test_a_mail_in_hand_is_not_tried_again_once_its_address_was_corrected(ready, manager, monkeypatch):
    """The server puts it off while the manager corrects the address: the wrong guest must not get a fresh key."""
    invitation = ready()
    change.send_mail(by=manager, invitation=invitation)

    def put_off(_mail):
        change.correct_address(
            by=manager, invitation=invitation, recipient_email="right@example.org", recipient_name="Ana"
        )
        raise smtp.NotSent("smtp_451")

    monkeypatch.setattr(write, "send", put_off)
    assert outbox.step()

    wrong, right = Message.objects.order_by("id")
    assert (wrong.status, wrong.error) == ("failed", "withdrawn")
    assert (right.to_email, right.status) == ("right@example.org", "queued")
    assert live() == 0


def test_whom_the_former_guest_passed_it_on_to_is_shut_out_with_them(mailed, manager):
    invitation = mailed()
    guest_queue.queue(invitation=invitation, kind="forward", to_email="other@example.org", now=timezone.now())
    assert outbox.step()
    assert live(TokenPurpose.FORWARD) == 1

    change.correct_address(
        by=manager, invitation=invitation, recipient_email="right@example.org", recipient_name="Ana"
    )

    assert live(TokenPurpose.FORWARD) == 0


def test_pressing_twice_sends_one_mail(ready, manager):
    invitation = ready()
    for _ in range(2):
        change.extend(by=manager, invitation=invitation, days=7, mail=True)
    assert Message.objects.count() == 1

    change.forward(by=manager, invitation=invitation, to_email="other@example.org")
    with pytest.raises(WrongState):
        change.forward(by=manager, invitation=invitation, to_email="Other@example.org")
