"""Workers as real processes, killed where it hurts: nothing is lost and nothing is sent twice."""

import pytest

from invitations.models import AccessLink, Attempt, AuditEvent, WorkerBeat
from invitations.services.base import audit
from tests.processes import PATIENCE, stop, wait_until, worker

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]


def status(link: AccessLink) -> str:
    return AccessLink.objects.values_list("status", flat=True).get(pk=link.pk)


def fault(link: AccessLink) -> tuple[str, int]:
    return Attempt.objects.values_list("fault", "tries").get(access_link=link)


def test_a_killed_worker_loses_nothing_and_nothing_is_sent_twice(
    sandbox, dead_end, make_invitation, tmp_path, transactional_db
):
    """Killed while connecting: sent later by another. Killed after the mark: for a person to decide."""
    log, patient = tmp_path / "log", {"KONDADO_DEADLINE_SECONDS": "3"}
    connecting, unsure, created = (make_invitation().links.get() for _ in range(3))
    elsewhere = tmp_path / "elsewhere"  # of another machine, so that nobody here knows that it is dead
    elsewhere.mkdir()
    with worker(sandbox, log=log, **patient, KONDADO_API_URL=dead_end, VAR_DIR=str(elsewhere)) as first:
        wait_until(lambda: status(connecting) == "connecting")
        first.kill()
    for link, misbehaviour in ((unsure, "no_answer"), (created, "no_answer_created")):
        sandbox.misbehave(misbehaviour)
        calls = len(sandbox.calls)
        with worker(sandbox, log=log, **patient) as second:
            wait_until(
                lambda link=link, calls=calls: status(link) == "on_wire" and len(sandbox.calls) > calls
            )
            second.kill()
    assert status(connecting) == "connecting"

    with worker(sandbox, log=log, **patient) as third:
        wait_until(
            lambda: (
                [status(link) for link in (connecting, unsure, created)] == ["ready", "unknown", "unknown"]
            )
        )
        assert stop(third) == 0

    sent = [record.assigned_collection_name for record in sandbox.ledger]
    assert sorted(sent) == sorted([created.assigned_collection_name, connecting.assigned_collection_name])
    assert len(sandbox.calls) == 3
    assert fault(connecting) == ("", 2)
    assert fault(unsure) == fault(created) == ("worker_lost", 1)
    assert AuditEvent.objects.filter(kind="link.recovered").count() == 1
    assert list(audit.problems()) == []


def test_a_worker_told_to_stop_finishes_what_is_on_the_wire(
    sandbox, make_invitation, tmp_path, transactional_db
):
    sandbox.misbehave("slow-1")
    first, second = (make_invitation().links.get() for _ in range(2))

    with worker(sandbox, log=tmp_path / "log", KONDADO_DEADLINE_SECONDS="5") as process:
        wait_until(lambda: status(first) == "on_wire")
        assert stop(process) == 0

    assert (status(first), status(second)) == ("ready", "queued")
    assert len(sandbox.ledger) == 1
    assert WorkerBeat.objects.count() == 0


def test_two_workers_share_the_queue(sandbox, make_invitation, tmp_path, transactional_db):
    links = [make_invitation().links.get() for _ in range(20)]

    with (
        worker(sandbox, "--until-idle", log=tmp_path / "one") as one,
        worker(sandbox, "--until-idle", log=tmp_path / "two") as two,
    ):
        assert (one.wait(PATIENCE), two.wait(PATIENCE)) == (0, 0)

    sent = [record.assigned_collection_name for record in sandbox.ledger]
    assert sorted(sent) == sorted(link.assigned_collection_name for link in links)
    assert {status(link) for link in links} == {"ready"}
    assert list(audit.problems()) == []
