"""After a restore nothing is sent a second time: the marker stops everything, and a person compares."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from invitations.errors import NotYours
from invitations.models import AccessLink, AuditEvent, CallTurn, EventKind, Hold, Message
from invitations.services.base import audit, seen_head
from invitations.services.decisions import restoring, settling
from invitations.services.holds import holds
from invitations.services.sending import dispatch
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def marker(settings, tmp_path) -> Path:
    settings.VAR_DIR = tmp_path
    path = tmp_path / "restored"
    path.touch()
    return path


def statuses() -> list[str]:
    return list(AccessLink.objects.order_by("id").values_list("status", flat=True))


def links() -> list[AccessLink]:
    return list(AccessLink.objects.select_related("invitation", "current_attempt").order_by("id"))


def test_s62_the_worker_stops_everything_before_it_claims_anything(sandbox, marker, make_invitation, admin):
    make_invitation()

    call_command("run_worker", "--until-idle")

    hold = Hold.objects.standing().get()
    assert (hold.scope, hold.reason) == ("everything", "restored")
    assert statuses() == ["queued"]
    assert sandbox.calls == []
    assert not marker.exists()


def test_after_the_release_what_is_left_is_sent(sandbox, marker, make_invitation, admin):
    make_invitation()
    dispatch.step()
    holds.release(by=admin, hold=Hold.objects.standing().get())

    dispatch.step()

    assert statuses() == ["ready"]
    assert not Hold.objects.standing().exists()


def test_a_marker_that_a_dying_worker_left_is_not_heeded_twice(marker):
    restoring.heed()
    marker.touch()
    os.utime(marker, (0, 0))  # the very marker that the hold was set for
    mail = factories.queue_mail("x@example.com")

    assert restoring.heed()

    assert Hold.objects.count() == 1
    mail.refresh_from_db()
    assert mail.status == "queued"


def test_a_backup_that_was_itself_held_begins_anew(marker):
    restoring.heed(now=timezone.now() - timedelta(days=1))
    first = Hold.objects.get()
    marker.touch()

    restoring.heed()

    second = Hold.objects.standing().get()
    assert second.pk != first.pk
    assert second.since > first.since


def test_a_mail_that_may_have_left_is_not_sent_again(marker, admin):
    mail = factories.queue_mail("x@example.com")

    restoring.heed()

    mail.refresh_from_db()
    assert mail.status == "unknown"
    assert Message.objects.get(kind="alert").status == "queued"


def test_what_was_sent_after_the_backup_becomes_unknown_and_is_settled(
    sandbox, marker, make_invitation, admin
):
    make_invitation(recipient_email="ana@example.com")
    make_invitation()
    restoring.heed()
    assert restoring.waiting(Hold.objects.get()) == links()

    assert restoring.were_sent(by=admin, links=links()[:1]) == 1

    assert statuses() == ["unknown", "queued"]
    assert links()[0].invitation.stage == "needs_attention"
    assert AuditEvent.objects.filter(kind="link.found_sent", actor=f"user:{admin.pk}").count() == 1
    holds.release(by=admin, hold=Hold.objects.standing().get())
    dispatch.step()
    dispatch.step()
    assert statuses() == ["unknown", "ready"]
    assert len(sandbox.ledger) == 1
    settling.exists(by=admin, link=links()[0], now=timezone.now() + timedelta(minutes=16))
    assert statuses() == ["ready", "ready"]
    assert list(audit.problems()) == []


def test_what_was_found_to_be_sent_makes_no_storm(sandbox, marker, make_invitation, admin):
    for _ in range(3):
        make_invitation()
    restoring.heed()
    restoring.were_sent(by=admin, links=links())
    holds.release(by=admin, hold=Hold.objects.standing().get())
    sandbox.misbehave("reset_after_request")
    make_invitation()

    dispatch.step()

    assert statuses() == ["unknown"] * 4
    assert not Hold.objects.standing().exists()


def test_only_an_administrator_and_only_what_waited_then(marker, make_invitation, admin, manager):
    make_invitation()
    restoring.heed()
    make_invitation(now=timezone.now() + timedelta(minutes=1))
    with pytest.raises(NotYours):
        restoring.were_sent(by=manager, links=links())

    assert restoring.were_sent(by=admin, links=links()) == 1
    assert statuses() == ["unknown", "queued"]
    assert restoring.cancel(by=admin, links=links()) == 1
    assert statuses() == ["unknown", "cancelled"]


# Without a marker ----------------------------------------------------------------------------------


@pytest.fixture
def memory(settings, tmp_path) -> Path:
    """The note of a machine that has sent nothing yet."""
    settings.VAR_DIR = tmp_path
    return tmp_path / "head"


def go_back(backup: str) -> None:
    """The database as it was, while the machine remembers."""
    transaction.savepoint_rollback(backup)


def test_an_older_database_is_noticed_and_nothing_is_sent_twice(sandbox, memory, make_invitation, admin):
    for _ in range(2):
        make_invitation()
    backup = transaction.savepoint()
    dispatch.step()
    dispatch.step()
    assert statuses() == ["ready", "ready"]
    go_back(backup)

    dispatch.step()

    assert statuses() == ["queued", "queued"]
    assert len(sandbox.calls) == 2
    hold = Hold.objects.standing().get()
    assert (hold.scope, hold.reason) == ("everything", "restored")
    assert "seen" in hold.detail


def test_a_tail_that_was_cut_and_has_grown_again_is_noticed(sandbox, memory, make_invitation, admin):
    make_invitation()
    backup = transaction.savepoint()
    dispatch.step()
    seen = seen_head.read()
    go_back(backup)
    with transaction.atomic():
        while audit.record(kind=EventKind.PERSON_SIGNED_IN, by=admin, about="user").number <= seen.number:
            pass

    dispatch.step()

    assert len(sandbox.calls) == 1
    assert restoring.standing_hold() is not None


def test_after_the_release_the_memory_is_in_line_again(sandbox, memory, make_invitation, admin):
    make_invitation()
    backup = transaction.savepoint()
    dispatch.step()
    go_back(backup)
    assert restoring.heed()
    assert not restoring.heed()
    holds.release(by=admin, hold=Hold.objects.standing().get())

    dispatch.step()

    assert statuses() == ["ready"]
    assert Hold.objects.count() == 1


def test_a_second_restore_is_noticed_like_the_first(sandbox, memory, make_invitation, admin):
    make_invitation()
    backup = transaction.savepoint()
    dispatch.step()
    go_back(backup)
    restoring.heed()
    go_back(backup)

    assert restoring.heed()
    assert restoring.standing_hold() is not None


def test_one_machine_stops_all(sandbox, settings, tmp_path, memory, make_invitation, admin):
    make_invitation()
    make_invitation()
    backup = transaction.savepoint()
    dispatch.step()
    go_back(backup)
    dispatch.step()  # the machine that had sent
    (tmp_path / "other").mkdir()
    settings.VAR_DIR = tmp_path / "other"

    dispatch.step()

    assert len(sandbox.calls) == 1
    assert statuses() == ["queued", "queued"]


def test_another_machine_that_looks_on_remembers_as_well(
    sandbox, settings, tmp_path, memory, make_invitation
):
    make_invitation()
    backup = transaction.savepoint()
    dispatch.step()
    (tmp_path / "other").mkdir()
    settings.VAR_DIR = tmp_path / "other"
    restoring.remember()
    go_back(backup)

    assert restoring.heed()


def test_a_machine_that_comes_late_moves_the_stop_on_and_tells_all_the_same(
    sandbox, settings, tmp_path, memory, make_invitation, admin
):
    make_invitation()
    backup = transaction.savepoint()
    dispatch.step()
    (tmp_path / "other").mkdir()
    settings.VAR_DIR = tmp_path / "other"
    restoring.remember()
    go_back(backup)
    restoring.heed()
    settings.VAR_DIR = tmp_path
    first = restoring.standing_hold()

    assert restoring.heed()

    assert restoring.standing_hold().pk != first.pk
    assert Message.objects.get(kind="alert").status == "queued"


def test_a_database_of_somebody_elses_is_not_sent_from(sandbox, memory, make_invitation):
    seen_head.note(seen_head.Head(3, "f" * 64))
    make_invitation()

    dispatch.step()

    assert sandbox.calls == []
    assert restoring.standing_hold() is not None


def test_a_damaged_note_stops_as_well(sandbox, memory, make_invitation):
    memory.write_text("half")
    make_invitation()

    dispatch.step()

    assert sandbox.calls == []
    assert restoring.standing_hold() is not None


def test_a_restore_between_the_claim_and_the_first_byte_sends_nothing(sandbox, memory, make_invitation):
    make_invitation()
    claimed = dispatch.claim()
    seen_head.note(seen_head.Head(10_000, "f" * 64))

    dispatch.send(claimed)

    assert (statuses(), sandbox.calls) == (["queued"], [])


def test_what_cannot_be_noted_is_not_sent(sandbox, memory, make_invitation):
    make_invitation()
    claimed = dispatch.claim()
    memory.with_name("head.new").mkdir()

    dispatch.send(claimed)

    assert (statuses(), sandbox.calls) == (["queued"], [])


def test_a_mark_in_the_database_stops_without_any_memory(sandbox, memory, make_invitation):
    make_invitation()
    CallTurn.objects.update(restored_at=timezone.now())

    dispatch.step()

    assert sandbox.calls == []
    assert restoring.standing_hold() is not None
    assert not CallTurn.objects.filter(restored_at__isnull=False).exists()


def test_a_machine_without_memory_knows_that_it_has_none(sandbox, memory, make_invitation):
    assert not restoring.has_no_memory()
    make_invitation()
    dispatch.step()
    assert not restoring.has_no_memory()
    memory.unlink()
    assert restoring.has_no_memory()
