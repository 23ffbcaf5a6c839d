"""A database older than what was sent, under workers as real processes: the portal notices by itself."""

import pytest

from tests.processes import stop, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
HELD = [("everything", "restored")]


@pytest.mark.parametrize("with_marker", [False, True])
def test_an_older_database_under_a_worker_that_starts(one, sandbox, with_marker):
    one.queue(5)
    kept = one.keep_by_hand()
    one.work()
    assert len(sandbox.calls) == 5

    one.bring_back_by_hand(kept)
    if with_marker:
        (one.var / "restored").touch()
    one.work()
    one.work()

    assert len(sandbox.calls) == 5
    assert one.standing() == HELD
    assert one.statuses() == ["queued"] * 5


@pytest.mark.parametrize("with_marker", [False, True])
def test_an_older_database_under_a_running_worker(one, sandbox, with_marker):
    one.queue(2)
    kept = one.keep_by_hand()
    with one.start("run_worker") as worker:
        wait_until(lambda: one.statuses() == ["ready"] * 2)
        if with_marker:
            (one.var / "restored").touch()
        one.bring_back_by_hand(kept)
        wait_until(lambda: one.standing() == HELD)
        assert stop(worker) == 0

    assert len(sandbox.calls) == 2
    assert one.statuses() == ["queued"] * 2


def test_the_machine_that_had_sent_stops_the_others(one, sandbox, tmp_path):
    """Each with a VAR_DIR of its own; the other one knew of nothing."""
    other = tmp_path / "other"
    other.mkdir()
    one.queue(3)
    kept = one.keep_by_hand()
    one.work()
    one.bring_back_by_hand(kept)

    with one.start("run_worker") as worker:
        wait_until(lambda: one.standing() == HELD)
        one.work(VAR_DIR=str(other), DATABASE_URL=one.url)
        assert stop(worker) == 0

    assert len(sandbox.calls) == 3


def test_two_workers_of_one_machine_share_what_they_saw(one, sandbox, tmp_path):
    one.queue(6)
    kept = one.keep_by_hand()
    with one.start("run_worker", log="one") as first, one.start("run_worker", log="two") as second:
        wait_until(lambda: one.statuses() == ["ready"] * 6)
        assert (stop(first), stop(second)) == (0, 0)
    assert one.standing() == []

    one.bring_back_by_hand(kept)
    with one.start("run_worker", log="one") as first, one.start("run_worker", log="two") as second:
        wait_until(lambda: one.standing() == HELD)
        for log in ("one", "two"):
            wait_until(lambda log=log: (tmp_path / log).read_text().count("worker started") == 2)
        assert (stop(first), stop(second)) == (0, 0)

    assert len(sandbox.calls) == 6


def test_a_worker_killed_before_its_first_byte_remembers_what_it_had_seen(one, sandbox, dead_end):
    """Whatever was committed before a byte left is known on the machine; a kill in between costs nothing."""
    one.queue(2)
    kept = one.keep_by_hand()
    one.work()
    one.queue(1)
    with one.start("run_worker", KONDADO_API_URL=dead_end) as worker:
        wait_until(lambda: "connecting" in one.statuses())
        worker.kill()
        worker.wait()
    one.bring_back_by_hand(kept)

    one.work()

    assert len(sandbox.calls) == 2
    assert one.standing() == HELD


def test_after_the_release_it_goes_on(one, sandbox):
    one.queue(1)
    kept = one.keep_by_hand()
    one.work()
    one.bring_back_by_hand(kept)
    one.work()

    one.done(
        "holds",
        "--release",
        str(one.ask("SELECT max(id) FROM invitations_hold")[0][0]),
        "--by",
        "admin@example.com",
    )
    one.work()

    assert one.statuses() == ["ready"]
    assert one.standing() == []
    assert "sound" in one.done("verify_audit")
