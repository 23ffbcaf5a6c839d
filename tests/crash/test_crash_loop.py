"""A worker that dies again and again soon after its start: what it had not sent goes on at once, and claims come first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import AccessLink, AuditEvent, Invitation, Status, VendorCall
from tests.processes import PATIENCE, stop, wait_until, worker

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]
LONG = str(int(PATIENCE * 2))  # seconds of a lease that nobody in these tests waits for


def status() -> str:
    return AccessLink.objects.order_by("pk").values_list("status", flat=True).first()


def test_what_a_dead_worker_had_not_sent_goes_on_at_once(sandbox, dead_end, make_invitation, var, tmp_path):
    make_invitation()
    long = {"KONDADO_DEADLINE_SECONDS": LONG, "VAR_DIR": str(var), "log": tmp_path / "log"}
    for times in (1, 2):
        with worker(sandbox, **long, KONDADO_API_URL=dead_end) as dying:
            wait_until(lambda times=times: VendorCall.objects.count() == times)
            dying.kill()
            dying.wait(PATIENCE)

    with worker(sandbox, **long, KONDADO_CALLS_PER_SECOND="1", KONDADO_CALLS_PER_MINUTE="20") as living:
        wait_until(lambda: status() == Status.READY)
        assert stop(living) == 0

    assert len(sandbox.ledger) == 1
    outcomes = list(VendorCall.objects.order_by("pk").values_list("outcome", flat=True))
    assert outcomes == ["worker_lost", "worker_lost", "ready"]
    assert list((var / "workers").iterdir()) == []


def test_what_may_have_left_waits_for_its_lease(sandbox, make_invitation, var, tmp_path):
    sandbox.misbehave("no_answer")
    make_invitation()
    long = {"KONDADO_DEADLINE_SECONDS": LONG, "VAR_DIR": str(var), "log": tmp_path / "log"}
    with worker(sandbox, **long) as dying:
        wait_until(lambda: status() == Status.ON_WIRE and sandbox.calls)
        dying.kill()
        dying.wait(PATIENCE)

    with worker(sandbox, "--until-idle", **long) as living:
        assert living.wait(PATIENCE) == 0

    assert status() == Status.ON_WIRE
    assert len(sandbox.calls) == 1


def test_a_worker_that_starts_claims_before_it_does_anything_else(sandbox, make_invitation, var, tmp_path):
    old = make_invitation(recipient_email="old@example.com")
    with worker(sandbox, "--until-idle", VAR_DIR=str(var), log=tmp_path / "log") as first:
        assert first.wait(PATIENCE) == 0
    Invitation.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    make_invitation(recipient_email="new@example.com")

    with worker(sandbox, VAR_DIR=str(var), log=tmp_path / "log") as second:
        wait_until(lambda: AuditEvent.objects.filter(kind="invitation.expired").exists())
        assert stop(second) == 0

    last = AuditEvent.objects.order_by("-number")
    expired = last.filter(kind="invitation.expired").values_list("number", flat=True)[0]
    claimed = last.filter(kind="link.connecting").values_list("number", flat=True)[0]
    assert claimed < expired
