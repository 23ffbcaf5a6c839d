"""An answer that arrived is not lost: it lies on disk, sealed, until the database has it."""

import os
import stat
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from invitations.models import AccessLink, Attempt, AuditEvent, Hold, Message, Stage, Status, VendorCall
from invitations.models.hold import HoldReason
from invitations.services import audit, dispatch, holds, recovery, restoring, settle, settling, spool, spooled

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def place(settings, tmp_path) -> Path:
    """A spool of this test's own."""
    settings.VAR_DIR = tmp_path
    return tmp_path / "spool"


def the_link() -> AccessLink:
    return AccessLink.objects.select_related("invitation", "current_attempt", "account").get()


def answers(place: Path) -> list[Path]:
    return sorted(place.glob("answer-*"))


def send_with_the_database_away(monkeypatch) -> None:
    """Claims and calls; the answer arrives, and nothing can be written."""

    def away(**_: object) -> bool:
        raise OperationalError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(settle, "settle", away)
        with pytest.raises(dispatch.AnswerNotWritten):
            dispatch.step(dispatch.Patience(0))


def test_nothing_stays_in_the_spool_after_a_sound_run(sandbox, make_invitation, place):
    make_invitation()

    dispatch.step()

    assert the_link().status == Status.READY
    assert answers(place) == []


def test_an_answer_is_settled_when_the_database_is_back(sandbox, make_invitation, place, monkeypatch):
    make_invitation()
    send_with_the_database_away(monkeypatch)
    assert the_link().status == Status.ON_WIRE
    (kept,) = answers(place)

    assert spooled.settle_waiting() == 1

    link = the_link()
    assert (link.status, link.current_attempt.open_kondado_link()) == (
        Status.READY,
        sandbox.ledger[0].link,
    )
    assert answers(place) == []
    assert VendorCall.objects.get().outcome == "ready"
    assert kept.name == f"answer-{link.current_attempt_id}-{VendorCall.objects.get().pk}"
    assert list(audit.problems()) == []


def test_the_file_is_sealed_and_for_this_user_alone(sandbox, make_invitation, place, monkeypatch):
    make_invitation(recipient_email="ana@example.com")
    send_with_the_database_away(monkeypatch)

    (kept,) = answers(place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    for secret in (sandbox.ledger[0].link, sandbox.ledger[0].guest_token, "ana@example.com", "success"):
        assert secret.encode() not in kept.read_bytes()


def test_it_tries_again_while_patience_lasts(sandbox, make_invitation, place, monkeypatch, caplog):
    make_invitation()
    sound, failures, pauses = settle.settle, [1, 2, 3], []

    def away_for_a_while(**facts: object) -> bool:
        if failures:
            failures.pop()
            raise OperationalError("database or disk is full")
        return sound(**facts)

    monkeypatch.setattr(settle, "settle", away_for_a_while)
    dispatch.step(dispatch.Patience(60, pauses.append))

    assert the_link().status == Status.READY
    assert len(pauses) == 3
    assert answers(place) == []
    assert [record.levelname for record in caplog.records if "written down" in record.message] == [
        "ERROR"
    ] * 3


def test_told_to_stop_it_leaves_the_answer_where_it_is(sandbox, make_invitation, place, monkeypatch):
    def away(**_: object) -> bool:
        raise OperationalError("away")

    make_invitation()
    monkeypatch.setattr(settle, "settle", away)
    with pytest.raises(dispatch.AnswerNotWritten):
        dispatch.step(dispatch.Patience(60, lambda _: True))

    assert len(answers(place)) == 1


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        (None, Status.READY),
        ("refused", Status.REJECTED),
        ("rate_limit", Status.QUEUED),
        ("http_502_html", Status.UNKNOWN),
        ("link_other_host", Status.UNKNOWN),
    ],
)
def test_an_answer_settles_its_attempt_even_after_the_sweep(
    sandbox, make_invitation, place, monkeypatch, fault, end
):
    if fault:
        sandbox.misbehave(fault)
    make_invitation()
    send_with_the_database_away(monkeypatch)
    recovery.sweep(now=timezone.now() + LATER)
    assert the_link().current_attempt.fault == "worker_lost"

    assert spooled.settle_waiting() == 1

    link = the_link()
    assert (link.status, link.current_attempt.fault != "worker_lost") == (end, True)
    assert (link.current_attempt.quarantined_link is not None) == (fault == "link_other_host")
    assert answers(place) == []
    assert list(audit.problems()) == []


@pytest.mark.parametrize("decision", ["exists", "absent"])
def test_a_persons_word_stands_and_the_late_answer_is_noted(
    sandbox, make_invitation, place, monkeypatch, manager, decision
):
    make_invitation()
    send_with_the_database_away(monkeypatch)
    recovery.sweep(now=timezone.now() + LATER)
    getattr(settling, decision)(by=manager, link=the_link(), now=timezone.now() + timedelta(hours=1))
    status, attempts = the_link().status, Attempt.objects.count()

    spooled.settle_waiting()

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

    assert spooled.settle_waiting() == 1

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
    spooled.settle_waiting()
    assert late_events() == ["link.answer_late"]
    assert not Hold.objects.exists()
    dispatch.step()
    assert the_link().status == Status.READY


def test_a_new_request_that_a_worker_has_in_hand_does_not_leave_either(sandbox, settled_too_early):
    settled_too_early()
    claimed = dispatch.claim()
    assert isinstance(claimed, dispatch.Claim)

    spooled.settle_waiting()
    dispatch.send(claimed)

    assert (the_link().status, late_events()) == (Status.QUEUED, ["link.answer_late_held"])
    assert len(sandbox.ledger) == 1


def test_of_a_new_request_that_has_left_people_are_told(sandbox, settled_too_early, admin):
    settled_too_early()
    dispatch.step()
    assert len(sandbox.ledger) == 2

    spooled.settle_waiting()

    assert (the_link().status, late_events()) == (Status.READY, ["link.made_twice"])
    assert not Hold.objects.exists()
    assert Message.objects.filter(kind="alert").count() == 1
    assert list(audit.problems()) == []


def test_a_refused_new_request_waits_for_a_person_when_it_is_sent_again(sandbox, settled_too_early, manager):
    settled_too_early()
    sandbox.misbehave("refused")
    dispatch.step()
    assert the_link().status == Status.REJECTED
    spooled.settle_waiting()

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

    assert spooled.settle_waiting(at_start=True) == 1

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

    spooled.settle_waiting(at_start=True)

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

    assert spooled.settle_waiting() == 0

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

    assert spooled.settle_waiting() == 0

    assert the_link().status == Status.UNKNOWN
    assert spool.counts() == (0, 1)


def test_an_answer_written_down_already_is_only_removed(sandbox, make_invitation, place, monkeypatch):
    """The worker died between the commit and the removal of the file."""
    make_invitation()
    with monkeypatch.context() as patched:
        patched.setattr(spool, "drop", spool.let_go)
        dispatch.step()
    events = AuditEvent.objects.count()
    assert len(answers(place)) == 1

    spooled.settle_waiting()

    assert (AuditEvent.objects.count(), spool.counts()) == (events, (0, 0))
    assert the_link().status == Status.READY


@contextmanager
def locked_elsewhere(path: Path):
    """Another process has the file in hand."""
    script = "import fcntl,sys; f=open(sys.argv[1],'r+b'); fcntl.flock(f,fcntl.LOCK_EX); print(1,flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        yield
        process.communicate(b"\n")


def test_a_file_that_a_living_worker_has_in_hand_is_left_to_it(sandbox, make_invitation, place, monkeypatch):
    make_invitation()
    send_with_the_database_away(monkeypatch)
    (kept,) = answers(place)

    with locked_elsewhere(kept):
        assert spooled.settle_waiting() == 0
        assert the_link().status == Status.ON_WIRE

    assert spooled.settle_waiting() == 1
    assert the_link().status == Status.READY


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def rename(path: Path) -> None:
    """As if it were another attempt's answer."""
    path.rename(path.with_name("answer-999999-1"))


@pytest.mark.parametrize("spoil", [damage, cut, empty, rename])
def test_a_file_that_cannot_be_used_is_put_by_and_stops_nothing(
    sandbox, make_invitation, place, monkeypatch, caplog, spoil
):
    first, second = make_invitation(), make_invitation()
    send_with_the_database_away(monkeypatch)
    (bad,) = answers(place)
    send_with_the_database_away(monkeypatch)
    spoil(bad)

    assert spooled.settle_waiting() == 1

    assert {first.links.get().status, second.links.get().status} == {Status.ON_WIRE, Status.READY}
    assert spool.counts() == (0, 1)
    assert [path.name[:6] for path in (place / "unreadable").iterdir()] == ["answer"]
    assert any(record.levelname == "ERROR" for record in caplog.records)
    assert not any(made.link in caplog.text for made in sandbox.ledger)


def test_an_answer_whose_key_comes_back_is_used_at_the_next_start(
    sandbox, make_invitation, place, monkeypatch, settings
):
    make_invitation()
    send_with_the_database_away(monkeypatch)
    keys, settings.FIELD_KEYS = settings.FIELD_KEYS, [b"o" * 32]
    assert spooled.settle_waiting() == 0
    assert spool.counts() == (0, 1)

    settings.FIELD_KEYS = keys
    assert spooled.settle_waiting() == 0
    assert spooled.settle_waiting(at_start=True) == 1

    assert (the_link().status, spool.counts()) == (Status.READY, (0, 0))


def test_an_answer_to_another_databases_attempt_is_not_believed(sandbox, make_invitation, place, monkeypatch):
    """Numbers repeat from one database to the next; an invitation's public name does not."""
    invitation = make_invitation()
    send_with_the_database_away(monkeypatch)
    invitation.public_id = "another"
    invitation.save()

    assert spooled.settle_waiting() == 0
    assert the_link().status == Status.ON_WIRE
    assert spool.counts() == (0, 1)


# Room ----------------------------------------------------------------------------------------------


def test_without_room_for_an_answer_nothing_is_claimed(sandbox, make_invitation, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "file"
    settings.VAR_DIR.write_text("where the folder should be")
    make_invitation()

    with pytest.raises(spool.NoRoom):
        dispatch.step()

    assert the_link().status == Status.QUEUED
    assert VendorCall.objects.count() == 0
    assert sandbox.calls == []
    assert spool.free_space_problem()

    settings.VAR_DIR = tmp_path
    assert not spool.free_space_problem()
    dispatch.step()
    assert the_link().status == Status.READY


def test_an_almost_full_disk_stops_before_it_is_full(sandbox, make_invitation, monkeypatch):
    monkeypatch.setattr(spool, "LEAST_FREE", 1 << 62)
    make_invitation()

    with pytest.raises(spool.NoRoom, match="full"):
        dispatch.step()

    assert spool.free_space_problem()
    assert sandbox.calls == []


def test_an_answer_fits_into_the_room_set_aside(place):
    """Else a disk that fills up during the call would cost the answer."""
    spool.set_room_aside()
    (room,) = place.iterdir()
    blocks, inode = room.stat().st_blocks, room.stat().st_ino
    assert blocks * 512 >= spool.ROOM

    kept = spool.keep(attempt_id=1, call_id=2, text="x" * 70_000)

    assert kept.path.stat().st_ino == inode
    assert kept.path.stat().st_blocks <= blocks
    assert spool.read(kept) == "x" * 70_000
    spool.drop(kept)
    assert list(place.iterdir()) == []


def test_room_of_a_dead_process_is_removed_and_a_living_ones_is_not(place):
    spool.set_room_aside()
    stale = place / "room-of-a-dead-one"
    stale.write_bytes(b"x")

    spool.tidy()

    assert not stale.exists()
    assert len(list(place.iterdir())) == 1
    spool.give_room_back()
    assert list(place.iterdir()) == []


def test_room_that_was_taken_away_is_made_anew(place):
    spool.set_room_aside()
    for path in place.iterdir():
        path.unlink()

    spool.set_room_aside()

    assert len(list(place.iterdir())) == 1
    spool.give_room_back()


def test_a_name_that_leads_elsewhere_is_not_followed(place, tmp_path):
    spool.folder()
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    os.symlink(target, place / "answer-1-1")

    assert list(spool.waiting()) == []
    assert target.read_bytes() == b"precious"
