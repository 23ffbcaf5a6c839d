"""Workers killed at every point of one invitation: an answer that arrived is not lost, and nothing is sent twice."""

import os
import signal
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from invitations.models import AccessLink, Attempt, AuditEvent, Status
from invitations.services.base import audit
from invitations.services.sending import recovery
from tests.crash.conftest import SQLITE, Gate, nobody_records, nobody_writes
from tests.processes import PATIENCE, stop, wait_until, worker

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]
# The call outlasts what is done to its worker meanwhile; the lease ends soon after.
TIMES = {"KONDADO_DEADLINE_SECONDS": "20"}


def status(link: AccessLink) -> str:
    return AccessLink.objects.values_list("status", flat=True).get(pk=link.pk)


def attempt_of(link: AccessLink) -> Attempt:
    return Attempt.objects.get(access_link=link)


def on_its_way(link: AccessLink, sandbox) -> bool:
    return status(link) == "on_wire" and len(sandbox.calls) == 1


@pytest.fixture
def link(make_invitation, transactional_db) -> AccessLink:
    """Kondado takes a while over it."""
    return make_invitation(recipient_email="ana+slow-1.5@example.com").links.get()


def settled_by_the_next_worker(sandbox, link, var, tmp_path, end: str = "ready") -> None:
    with worker(sandbox, log=tmp_path / "next", VAR_DIR=str(var), **TIMES) as process:
        wait_until(lambda: status(link) == end)
        assert stop(process) == 0


def test_killed_before_the_claim(sandbox, link, var, tmp_path):
    log = tmp_path / "log"
    with nobody_writes(), worker(sandbox, log=log, VAR_DIR=str(var), **TIMES) as first:
        wait_until(lambda: b"worker started" in log.read_bytes())
        first.kill()
        first.wait()

    assert (status(link), attempt_of(link).tries, sandbox.calls) == ("queued", 0, [])
    settled_by_the_next_worker(sandbox, link, var, tmp_path)
    assert len(sandbox.ledger) == 1


@pytest.mark.parametrize("swept", [False, True])
@pytest.mark.parametrize("point", [nobody_writes, nobody_records])
def test_killed_after_the_answer_before_the_commit(sandbox, link, var, kept, tmp_path, point, swept):
    """At the first write of the settling transaction, and at its last."""
    with worker(sandbox, log=tmp_path / "log", VAR_DIR=str(var), **TIMES) as first:
        wait_until(lambda: on_its_way(link, sandbox))
        with point():
            wait_until(kept)
            first.kill()
            first.wait()
    assert (status(link), len(kept())) == ("on_wire", 1)
    if swept:
        recovery.sweep(now=timezone.now() + timedelta(minutes=5))
        assert status(link) == "unknown"

    settled_by_the_next_worker(sandbox, link, var, tmp_path)

    assert kept() == []
    assert attempt_of(link).open_kondado_link() == sandbox.ledger[0].link
    assert (len(sandbox.calls), len(sandbox.ledger)) == (1, 1)
    assert AuditEvent.objects.filter(kind="link.ready").count() == 1
    assert list(audit.problems()) == []


def test_a_refusal_that_was_kept_is_shown_as_one(
    sandbox, make_invitation, transactional_db, var, kept, tmp_path
):
    link = make_invitation(recipient_email="ana+slow-1.5+fault-refused@example.com").links.get()
    with worker(sandbox, log=tmp_path / "log", VAR_DIR=str(var), **TIMES) as first:
        wait_until(lambda: on_its_way(link, sandbox))
        with nobody_writes():
            wait_until(kept)
            first.kill()
            first.wait()

    settled_by_the_next_worker(sandbox, link, var, tmp_path, end="rejected")
    assert sandbox.ledger == []


def test_two_workers_at_one_spool_settle_an_answer_once(sandbox, link, var, kept, tmp_path):
    with worker(sandbox, log=tmp_path / "log", VAR_DIR=str(var), **TIMES) as first:
        wait_until(lambda: on_its_way(link, sandbox))
        with nobody_writes():
            wait_until(kept)
            first.kill()
            first.wait()

    with (
        worker(sandbox, log=tmp_path / "two", VAR_DIR=str(var), **TIMES) as two,
        worker(sandbox, log=tmp_path / "three", VAR_DIR=str(var), **TIMES) as three,
    ):
        wait_until(lambda: status(link) == "ready" and not kept())
        # One may have done it all before the other was far enough to be asked to end.
        for name in ("two", "three"):
            wait_until(lambda name=name: b"worker started" in (tmp_path / name).read_bytes())
        assert (stop(two), stop(three)) == (0, 0)

    hits = sum((tmp_path / name).read_text().count("spool hit") for name in ("two", "three"))
    assert hits == 1
    assert AuditEvent.objects.filter(kind="link.ready").count() == 1


def test_a_worker_that_sleeps_past_its_lease_still_settles_its_own_attempt(
    sandbox, link, var, kept, tmp_path
):
    with worker(sandbox, log=tmp_path / "log", VAR_DIR=str(var), **TIMES) as sleeper:
        wait_until(lambda: on_its_way(link, sandbox))
        os.kill(sleeper.pid, signal.SIGSTOP)
        recovery.sweep(now=timezone.now() + timedelta(minutes=5))
        assert status(link) == "unknown"
        os.kill(sleeper.pid, signal.SIGCONT)
        wait_until(lambda: status(link) == "ready")
        assert stop(sleeper) == 0

    assert attempt_of(link).open_kondado_link() == sandbox.ledger[0].link
    assert (len(sandbox.calls), kept()) == (1, [])


def test_a_worker_that_sleeps_before_the_mark_loses_its_claim(
    sandbox, dead_end, link, var, tmp_path, transactional_db
):
    """Its link is somebody else's by then: its late word changes nothing."""
    with worker(
        sandbox,
        log=tmp_path / "log",
        VAR_DIR=str(var),
        KONDADO_DEADLINE_SECONDS="4",
        KONDADO_API_URL=dead_end,
    ) as sleeper:
        wait_until(lambda: status(link) == "connecting")
        os.kill(sleeper.pid, signal.SIGSTOP)
        recovery.sweep(now=timezone.now() + timedelta(minutes=5))
        assert status(link) == "queued"
        with worker(sandbox, log=tmp_path / "two", VAR_DIR=str(var), **TIMES) as other:
            wait_until(lambda: status(link) == "ready")
            os.kill(sleeper.pid, signal.SIGCONT)
            wait_until(lambda: "fencing mismatch" in (tmp_path / "log").read_text())
            assert (stop(other), stop(sleeper)) == (0, 0)

    assert status(link) == "ready"
    assert len(sandbox.ledger) == 1


def test_a_database_that_stays_away_ends_the_worker_with_1_and_the_answer_is_kept(
    sandbox, link, var, kept, tmp_path
):
    log = tmp_path / "log"
    gate = None if SQLITE else Gate(*_server())
    through = {} if gate is None else {"DATABASE_URL": _url_through(gate)}
    with worker(sandbox, "--patience", "0", log=log, VAR_DIR=str(var), **TIMES, **through) as first:
        wait_until(lambda: on_its_way(link, sandbox))
        if gate is None:
            with nobody_writes():  # SQLite waits 20 s for its lock before it gives up
                assert first.wait(PATIENCE + 10) == 1
        else:
            gate.shut()
            assert first.wait(PATIENCE) == 1

    assert len(kept()) == 1
    assert '"level": "ERROR"' in log.read_text()
    assert sandbox.ledger[0].guest_token not in log.read_text()
    settled_by_the_next_worker(sandbox, link, var, tmp_path)
    assert (len(sandbox.calls), kept()) == (1, [])


def _server() -> tuple[str, int]:
    place = connection.settings_dict
    return place["HOST"], int(place["PORT"])


def _url_through(gate: Gate) -> str:
    place = connection.settings_dict
    return f"postgres://{place['USER']}:{place['PASSWORD']}@127.0.0.1:{gate.port}/{place['NAME']}"


if not SQLITE:

    def test_a_database_that_restarts_in_mid_flight_costs_nothing(
        sandbox, make_invitation, link, var, tmp_path
    ):
        later = make_invitation().links.get()
        gate = Gate(*_server())
        with worker(
            sandbox, log=tmp_path / "log", VAR_DIR=str(var), DATABASE_URL=_url_through(gate), **TIMES
        ) as process:
            wait_until(lambda: on_its_way(link, sandbox))
            gate.shut()
            wait_until(lambda: "written down" in (tmp_path / "log").read_text())
            assert status(link) == "on_wire"
            gate.let_through()
            wait_until(lambda: [status(link), status(later)] == ["ready", "ready"])
            assert stop(process) == 0

        assert len(sandbox.ledger) == len(sandbox.calls) == 2
        assert not AccessLink.objects.exclude(status=Status.READY).exists()
