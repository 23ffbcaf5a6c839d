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
from django.utils import timezone

from invitations.models import AuditEvent, Status, VendorCall
from invitations.services.base import audit, disk, spool
from invitations.services.sending import dispatch, outcome, recovery, spool_replay
from tests.spools import answers, send_with_the_database_away, the_link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("place")]
LATER = timedelta(minutes=5)


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

    assert spool_replay.settle_waiting() == 1

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
    sound, failures, pauses = outcome.write_down, [1, 2, 3], []

    def away_for_a_while(**facts: object) -> bool:
        if failures:
            failures.pop()
            raise OperationalError("database or disk is full")
        return sound(**facts)

    monkeypatch.setattr(outcome, "write_down", away_for_a_while)
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
    monkeypatch.setattr(outcome, "write_down", away)
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

    assert spool_replay.settle_waiting() == 1

    link = the_link()
    assert (link.status, link.current_attempt.fault != "worker_lost") == (end, True)
    assert (link.current_attempt.quarantined_link is not None) == (fault == "link_other_host")
    assert answers(place) == []
    assert list(audit.problems()) == []


def test_an_answer_written_down_already_is_only_removed(sandbox, make_invitation, place, monkeypatch):
    """The worker died between the commit and the removal of the file."""
    make_invitation()
    with monkeypatch.context() as patched:
        patched.setattr(spool, "drop", spool.let_go)
        dispatch.step()
    events = AuditEvent.objects.count()
    assert len(answers(place)) == 1

    spool_replay.settle_waiting()

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
        assert spool_replay.settle_waiting() == 0
        assert the_link().status == Status.ON_WIRE

    assert spool_replay.settle_waiting() == 1
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

    assert spool_replay.settle_waiting() == 1

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
    assert spool_replay.settle_waiting() == 0
    assert spool.counts() == (0, 1)

    settings.FIELD_KEYS = keys
    assert spool_replay.settle_waiting() == 0
    assert spool_replay.settle_waiting(at_start=True) == 1

    assert (the_link().status, spool.counts()) == (Status.READY, (0, 0))


def test_an_answer_to_another_databases_attempt_is_not_believed(sandbox, make_invitation, place, monkeypatch):
    """Numbers repeat from one database to the next; an invitation's public name does not."""
    invitation = make_invitation()
    send_with_the_database_away(monkeypatch)
    invitation.public_id = "another"
    invitation.save()

    assert spool_replay.settle_waiting() == 0
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
    assert disk.free_space_problem()

    settings.VAR_DIR = tmp_path
    assert not disk.free_space_problem()
    dispatch.step()
    assert the_link().status == Status.READY


def test_an_almost_full_disk_stops_before_it_is_full(sandbox, make_invitation, monkeypatch):
    monkeypatch.setattr(disk, "LEAST_FREE", 1 << 62)
    make_invitation()

    with pytest.raises(spool.NoRoom, match="full"):
        dispatch.step()

    assert disk.free_space_problem()
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
