"""After a restore nothing is sent a second time: the marker stops everything, and a person compares."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from invitations.errors import NotYours
from invitations.models import AccessLink, AuditEvent, Hold, Message
from invitations.services.base import audit
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
    restoring.heed_marker()
    marker.touch()
    os.utime(marker, (0, 0))  # the very marker that the hold was set for
    mail = factories.queue_mail("x@example.com")

    assert restoring.heed_marker()

    assert Hold.objects.count() == 1
    mail.refresh_from_db()
    assert mail.status == "queued"


def test_a_backup_that_was_itself_held_begins_anew(marker):
    restoring.heed_marker(now=timezone.now() - timedelta(days=1))
    first = Hold.objects.get()
    marker.touch()

    restoring.heed_marker()

    second = Hold.objects.standing().get()
    assert second.pk != first.pk
    assert second.since > first.since


def test_a_mail_that_may_have_left_is_not_sent_again(marker, admin):
    mail = factories.queue_mail("x@example.com")

    restoring.heed_marker()

    mail.refresh_from_db()
    assert mail.status == "unknown"
    assert Message.objects.get(kind="alert").status == "queued"


def test_what_was_sent_after_the_backup_becomes_unknown_and_is_settled(
    sandbox, marker, make_invitation, admin
):
    make_invitation(recipient_email="ana@example.com")
    make_invitation()
    restoring.heed_marker()
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
    restoring.heed_marker()
    restoring.were_sent(by=admin, links=links())
    holds.release(by=admin, hold=Hold.objects.standing().get())
    sandbox.misbehave("reset_after_request")
    make_invitation()

    dispatch.step()

    assert statuses() == ["unknown"] * 4
    assert not Hold.objects.standing().exists()


def test_only_an_administrator_and_only_what_waited_then(marker, make_invitation, admin, manager):
    make_invitation()
    restoring.heed_marker()
    make_invitation(now=timezone.now() + timedelta(minutes=1))
    with pytest.raises(NotYours):
        restoring.were_sent(by=manager, links=links())

    assert restoring.were_sent(by=admin, links=links()) == 1
    assert statuses() == ["unknown", "queued"]
    assert restoring.cancel(by=admin, links=links()) == 1
    assert statuses() == ["unknown", "cancelled"]
