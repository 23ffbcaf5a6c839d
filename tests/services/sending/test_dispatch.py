"""One link from the queue to its end, over real HTTP."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from invitations.models import (
    AccessLink,
    Attempt,
    AuditEvent,
    DeclineKind,
    Hold,
    Stage,
    Status,
    VendorCall,
    WaitReason,
)
from invitations.models.hold import HoldReason
from invitations.services.base import audit, locks
from invitations.services.guest import answers, press
from invitations.services.holds import holds, rules
from invitations.services.sending import dispatch, recovery
from invitations.words.system import first
from tests import factories

pytestmark = pytest.mark.django_db


def the_link() -> AccessLink:
    return AccessLink.objects.select_related("invitation", "current_attempt").get()


def test_a_queued_link_without_an_attempt_keeps_no_other_waiting(sandbox, make_invitation):
    broken, sound = make_invitation().links.get(), make_invitation().links.get()
    AccessLink.objects.filter(pk=broken.pk).update(current_attempt=None)

    with pytest.raises(dispatch.Unclaimable):
        dispatch.step()
    assert dispatch.step() == 0.0

    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.status, broken.wait_reason) == (Status.QUEUED, WaitReason.INTERRUPTED)
    assert sound.status == Status.READY


def test_a_queued_link_becomes_ready_with_its_link_sealed(sandbox, make_invitation, manager):
    make_invitation(assigned_collection_name="ClickUp Ana", recipient_email="ana@example.com")

    assert dispatch.step() == 0.0
    assert dispatch.step() is None

    link = the_link()
    (record,) = sandbox.ledger
    assert (link.status, link.invitation.stage) == (Status.READY, Stage.WAITING)
    assert link.current_attempt.open_kondado_link() == record.link
    assert record.link.encode() not in bytes(link.current_attempt.kondado_link)
    assert (record.assigned_collection_name, record.recipient_email) == ("ClickUp Ana", "ana@example.com")
    assert link.invitation.expires_at is not None
    kinds = list(AuditEvent.objects.filter(object__startswith="invitation:").values_list("kind", flat=True))
    assert kinds == ["invitation.created", "link.connecting", "link.on_wire", "link.ready"]
    assert list(audit.problems()) == []


def test_a_rate_limit_refusal_pauses_every_call(sandbox, make_invitation):
    sandbox.misbehave("rate_limit")
    make_invitation()
    make_invitation()

    dispatch.step()
    wait = dispatch.step()

    assert wait is not None
    assert wait > 50
    assert VendorCall.objects.count() == 1


def test_the_only_link_is_waited_for_after_a_rate_limit_refusal(sandbox, make_invitation):
    """Else a worker that runs until it is idle would leave it behind."""
    sandbox.misbehave("rate_limit")
    make_invitation()

    dispatch.step()
    wait = dispatch.step()

    assert wait is not None
    assert 50 < wait <= 60
    assert the_link().status == Status.QUEUED


def test_nothing_listening_keeps_the_link_queued(sandbox, make_invitation):
    sandbox.stop()
    make_invitation()

    dispatch.step()

    link = the_link()
    assert (link.status, link.wait_reason) == (Status.QUEUED, "unreachable")
    assert link.not_before is not None
    assert dispatch.step() is None


def test_without_a_key_the_credential_is_held_and_the_link_waits(sandbox, settings, make_invitation):
    settings.KONDADO_KEY = settings.KONDADO_TOKEN = ""
    make_invitation()

    dispatch.step()

    assert the_link().status == Status.QUEUED
    assert Hold.objects.standing().get().reason == "configuration"
    assert dispatch.step() is None
    assert sandbox.calls == []


def test_a_silent_address_is_sent_instead_of_the_guests(sandbox, make_invitation, account):
    make_invitation(delivery="link", recipient_email="ana@example.com")

    dispatch.step()

    local, _, domain = account.silent_address.partition("@")
    sent = sandbox.ledger[0].recipient_email
    assert sent.startswith(f"{local}+")
    assert sent.endswith(f"@{domain}")


def test_a_row_that_breaks_the_worker_three_times_is_held(sandbox, make_invitation, monkeypatch):
    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    make_invitation()
    monkeypatch.setattr(dispatch, "_call", broken)
    for crash in range(1, 4):
        with pytest.raises(ZeroDivisionError):
            dispatch.step()
        assert the_link().status == Status.CONNECTING
        recovery.sweep(now=timezone.now() + timedelta(minutes=5))
        assert the_link().status == Status.QUEUED
        assert Hold.objects.standing().count() == (1 if crash == 3 else 0)

    assert dispatch.step() is None
    assert sandbox.ledger == []


@pytest.mark.parametrize("ended", ["ready", "unknown", "cancelled"])
def test_an_attempt_that_has_its_end_is_never_sent_and_keeps_nobody_waiting(sandbox, make_invitation, ended):
    """Its link is queued all the same, which no way through the services leads to."""
    poison, sound = make_invitation(), make_invitation()
    Attempt.objects.filter(access_link__invitation=poison).update(outcome=ended, finished_at=timezone.now())

    for crash in range(1, recovery.MOST_CRASHES + 1):
        with pytest.raises(dispatch.Unclaimable):
            dispatch.step()
        assert Attempt.objects.get(access_link__invitation=poison).crashes == crash
        dispatch.step()  # the others do not wait for it
        assert sound.links.get().status == Status.READY
        AccessLink.objects.update(not_before=None)

    hold = Hold.objects.standing().get()
    assert (hold.reason, hold.access_link.invitation) == ("crashes", poison)
    assert dispatch.step() is None
    assert len(sandbox.ledger) == 1
    assert poison.links.get().status == Status.QUEUED
    assert list(audit.problems()) == []


def test_a_row_that_cannot_even_be_counted_keeps_nobody_waiting(sandbox, make_invitation, monkeypatch):
    def broken(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError

    poison, sound = make_invitation(), make_invitation()
    Attempt.objects.filter(access_link__invitation=poison).update(outcome="ready", finished_at=timezone.now())
    with monkeypatch.context() as patched:
        patched.setattr(recovery, "_count_crash", broken)
        with pytest.raises(dispatch.Unclaimable):
            dispatch.step()
    dispatch.step()
    assert sound.links.get().status == Status.READY
    assert poison.links.get().not_before > timezone.now() + timedelta(minutes=10)


def test_a_database_that_goes_away_over_a_claim_is_no_fault_of_the_link(
    sandbox, make_invitation, monkeypatch
):
    def away(*_args: object) -> None:
        raise OperationalError

    make_invitation()
    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "_freeze", away)
        for _ in range(recovery.MOST_CRASHES):
            with pytest.raises(OperationalError):
                dispatch.step()
    dispatch.step()
    assert the_link().status == Status.READY
    assert the_link().current_attempt.crashes == 0


def test_a_claim_that_cannot_be_ended_keeps_none_of_the_others(sandbox, make_invitation, monkeypatch):
    for _ in range(2):
        make_invitation()
        assert isinstance(dispatch.claim(), dispatch.Claim)
    sound = AccessLink.objects.latest("id")
    locked = locks.link

    def broken(link_id: int) -> AccessLink:
        if link_id != sound.pk:
            raise ZeroDivisionError
        return locked(link_id)

    monkeypatch.setattr(locks, "link", broken)
    assert recovery.sweep(now=timezone.now() + timedelta(minutes=5)) == 1
    assert AccessLink.objects.get(pk=sound.pk).status == Status.QUEUED


def stopped(link, admin, account):
    holds.stop(by=admin, reason=HoldReason.PERSON, account=account)


def declined(link, admin, account):
    key = press.find(public_id=link.invitation.public_id, token=factories.make_key(link.invitation))
    answers.decline(by=key, kind=DeclineKind.WILL_NOT)


@pytest.mark.parametrize("meanwhile", [stopped, declined])
def test_what_is_stopped_between_the_claim_and_the_first_byte_does_not_leave(
    sandbox, make_invitation, admin, account, meanwhile
):
    make_invitation()
    claimed = dispatch.claim()
    assert isinstance(claimed, dispatch.Claim)
    meanwhile(the_link(), admin, account)

    dispatch.send(claimed)

    link = the_link()
    assert (link.status, link.current_attempt.tries, link.current_attempt.crashes) == (Status.QUEUED, 0, 0)
    assert sandbox.calls == []


@pytest.mark.parametrize("wrong", [{"kondado_id": None}, {"client_id": "x"}])
def test_a_request_that_cannot_be_made_holds_itself_and_no_other(sandbox, make_invitation, wrong):
    make_invitation()
    claimed = dispatch.claim()
    assert isinstance(claimed, dispatch.Claim)
    Attempt.objects.update(**wrong)
    claimed.attempt.refresh_from_db()
    dispatch.send(claimed)

    hold = Hold.objects.standing().get()
    assert (hold.scope, hold.reason) == ("link", "configuration")
    assert "invite again" in first(hold)
    rules.recover()
    assert Hold.objects.standing().exists()
    other = make_invitation()
    dispatch.step()
    assert other.links.get().status == Status.READY


def test_a_late_worker_cannot_overwrite_what_was_swept(sandbox, make_invitation):
    make_invitation()
    claimed = dispatch.claim()
    assert isinstance(claimed, dispatch.Claim)
    recovery.sweep(now=timezone.now() + timedelta(minutes=5))

    dispatch.send(claimed)

    assert sandbox.ledger == []
    assert the_link().status == Status.QUEUED


def test_what_was_on_the_wire_when_its_worker_died_is_unknown(sandbox, make_invitation):
    make_invitation()
    claimed = dispatch.claim()
    assert isinstance(claimed, dispatch.Claim)
    dispatch.mark_on_wire(claimed)

    recovery.sweep(now=timezone.now() + timedelta(minutes=5))

    assert the_link().status == Status.UNKNOWN
    assert the_link().current_attempt.fault == "worker_lost"


def test_a_mark_that_comes_late_is_taken_back_and_nothing_is_sent(sandbox, settings, make_invitation):
    """A busy database must not make an outcome unknown."""
    make_invitation()
    claimed = dispatch.claim()
    claimed.call.started_at -= timedelta(seconds=0.8 * settings.KONDADO_DEADLINE_SECONDS)

    dispatch.send(claimed)

    assert (the_link().status, the_link().wait_reason) == (Status.QUEUED, "interrupted")
    assert sandbox.calls == []
    assert not AuditEvent.objects.filter(kind="link.on_wire").exists()
