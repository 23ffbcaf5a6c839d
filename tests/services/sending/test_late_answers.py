"""An answer that comes to light late: after a person's word, or after the database was restored."""

from datetime import timedelta

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from invitations.models import AccessLink, Attempt, AuditEvent, Hold, Message, Stage, Status, VendorCall
from invitations.models.hold import HoldReason
from invitations.services.base import audit, spool
from invitations.services.decisions import restoring, settling
from invitations.services.holds import holds
from invitations.services.sending import dispatch, recovery, spool_replay
from tests.spools import answers, send_with_the_database_away, the_link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]
LATER = timedelta(minutes=5)


@pytest.mark.parametrize("decision", ["exists", "absent"])
def test_a_persons_word_stands_and_the_late_answer_is_noted(
    sandbox, make_invitation, place, monkeypatch, manager, decision
):
    make_invitation()
    send_with_the_database_away(monkeypatch)
    recovery.sweep(now=timezone.now() + LATER)
    getattr(settling, decision)(by=manager, link=the_link(), now=timezone.now() + timedelta(hours=1))
    status, attempts = the_link().status, Attempt.objects.count()

    spool_replay.settle_waiting()

    assert (the_link().status, Attempt.objects.count()) == (status, attempts)
    assert late_events() == ["link.answer_late_held" if decision == "absent" else "link.answer_late"]
    assert answers(place) == []


@pytest.fixture
def settled_too_early(sandbox, make_invitation, place, monkeypatch, manager):
    """Kondado made it, its answer lies in the spool, and a person has said that nothing was made."""

    def arrange(fault: str = "") -> None:
        if fault:
            sandbox.misbehave(fault)
        make_invitation()
        send_with_the_database_away(monkeypatch)
        recovery.sweep(now=timezone.now() + LATER)
        settling.absent(by=manager, link=the_link(), now=timezone.now() + timedelta(hours=1))

    return arrange


def late_events() -> list[str]:
    kinds = ["link.answer_late", "link.answer_late_held", "link.made_twice"]
    return list(AuditEvent.objects.filter(kind__in=kinds).values_list("kind", flat=True))


@pytest.mark.parametrize("fault", ["", "link_missing", "link_other_host"])
def test_what_was_made_after_all_keeps_the_new_request_from_leaving(
    sandbox, settled_too_early, manager, admin, client_for, fault
):
    settled_too_early(fault)

    assert spool_replay.settle_waiting() == 1

    link = the_link()
    assert (link.status, link.invitation.stage) == (Status.QUEUED, Stage.NEEDS_ATTENTION)
    hold = Hold.objects.stopping().get()
    assert (hold.reason, hold.access_link) == (HoldReason.LATE_ANSWER, link)
    assert late_events() == ["link.answer_late_held"]
    assert Message.objects.filter(kind="alert").count() == 1
    page = client_for(manager).get(f"/invitations/{link.invitation.public_id}/").content.decode()
    assert "The new one was not sent" in page
    assert dispatch.step() is None
    assert len(sandbox.ledger) == 1, "no second one"

    holds.release(by=admin, hold=hold)
    dispatch.step()
    assert (the_link().status, len(sandbox.ledger)) == (Status.READY, 2)
    assert list(audit.problems()) == []


@pytest.mark.parametrize("fault", ["refused", "cut_json"])
def test_a_late_answer_that_shows_nothing_made_stops_nothing(sandbox, settled_too_early, fault):
    settled_too_early(fault)
    spool_replay.settle_waiting()
    assert late_events() == ["link.answer_late"]
    assert not Hold.objects.exists()
    dispatch.step()
    assert the_link().status == Status.READY


def test_a_new_request_that_a_worker_has_in_hand_does_not_leave_either(sandbox, settled_too_early):
    settled_too_early()
    claimed = dispatch.claim()
    assert isinstance(claimed, dispatch.Claim)

    spool_replay.settle_waiting()
    dispatch.send(claimed)

    assert (the_link().status, late_events()) == (Status.QUEUED, ["link.answer_late_held"])
    assert len(sandbox.ledger) == 1


def test_of_a_new_request_that_has_left_people_are_told(sandbox, settled_too_early, admin):
    settled_too_early()
    dispatch.step()
    assert len(sandbox.ledger) == 2

    spool_replay.settle_waiting()

    assert (the_link().status, late_events()) == (Status.READY, ["link.made_twice"])
    assert not Hold.objects.exists()
    assert Message.objects.filter(kind="alert").count() == 1
    assert list(audit.problems()) == []


def test_a_refused_new_request_waits_for_a_person_when_it_is_sent_again(sandbox, settled_too_early, manager):
    settled_too_early()
    sandbox.misbehave("refused")
    dispatch.step()
    assert the_link().status == Status.REJECTED
    spool_replay.settle_waiting()

    settling.send_again(by=manager, link=the_link(), assigned_collection_name="Once more")

    assert dispatch.step() is None
    assert len(sandbox.ledger) == 1
    assert Hold.objects.stopping().count() == 1


def as_in_a_backup(status: str, *, call_is_known: bool) -> None:
    """The rows as they were before the request left; the answer on the disk is younger."""
    lease = timezone.now() if status == Status.CONNECTING else None
    QuerySet(AccessLink).update(status=status, lease_until=lease, fence=1 if call_is_known else 0)
    if not call_is_known:
        VendorCall.objects.all().delete()
        Attempt.objects.update(frozen_at=None, credential="", tries=0)


@pytest.mark.parametrize(
    ("status", "call_is_known"), [("connecting", True), ("queued", True), ("queued", False)]
)
@pytest.mark.parametrize(("fault", "end"), [("", "ready"), ("refused", "rejected"), ("cut_json", "unknown")])
def test_after_a_restore_an_answer_shows_that_its_request_had_left(
    sandbox, make_invitation, place, monkeypatch, status, call_is_known, fault, end
):
    if fault:
        sandbox.misbehave(fault)
    make_invitation()
    send_with_the_database_away(monkeypatch)
    as_in_a_backup(status, call_is_known=call_is_known)

    assert spool_replay.settle_waiting(at_start=True) == 1

    link = the_link()
    assert (link.status, link.current_attempt.outcome) == (end, end)
    assert link.current_attempt.credential == "default"
    assert answers(place) == []
    assert dispatch.step() is None
    assert len(sandbox.calls) == 1
    assert list(audit.problems()) == []


@pytest.mark.parametrize(("fault", "end"), [("", "ready"), ("refused", "unknown"), ("rate_limit", "unknown")])
def test_what_a_person_found_sent_after_a_restore_is_settled_by_an_answer_that_agrees(
    sandbox, make_invitation, place, monkeypatch, admin, fault, end
):
    if fault:
        sandbox.misbehave(fault)
    make_invitation()
    send_with_the_database_away(monkeypatch)
    as_in_a_backup("queued", call_is_known=False)
    holds.stop(reason=HoldReason.RESTORED)
    restoring.were_sent(by=admin, links=[the_link()])

    spool_replay.settle_waiting(at_start=True)

    assert the_link().status == end


def test_an_answer_from_before_a_restore_ends_no_request_that_is_under_way_now(
    sandbox, make_invitation, place, monkeypatch
):
    make_invitation()
    send_with_the_database_away(monkeypatch)
    as_in_a_backup("queued", call_is_known=False)
    claimed = dispatch.claim()
    assert isinstance(claimed, dispatch.Claim)
    (kept,) = answers(place)
    kept.rename(kept.with_name(f"answer-{claimed.attempt.pk}-{claimed.call.pk + 1}"))

    assert spool_replay.settle_waiting() == 0

    assert the_link().status == Status.CONNECTING
    assert spool.counts() == (0, 1)
    assert VendorCall.objects.count() == 1


@pytest.mark.parametrize("fault", ["no_answer", "link_missing"])
def test_an_answer_ends_no_unknown_outcome_but_that_of_a_lost_worker(
    sandbox, make_invitation, place, monkeypatch, fault
):
    sandbox.misbehave("refused")
    make_invitation()
    send_with_the_database_away(monkeypatch)
    recovery.sweep(now=timezone.now() + LATER)
    Attempt.objects.update(fault=fault)

    assert spool_replay.settle_waiting() == 0

    assert the_link().status == Status.UNKNOWN
    assert spool.counts() == (0, 1)
