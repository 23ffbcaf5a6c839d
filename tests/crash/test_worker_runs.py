"""A worker as a process: what waits for what, what it says of itself, and what it ends with."""

import socket
from datetime import timedelta
from subprocess import TimeoutExpired

import pytest
from django.utils import timezone

from invitations.models import AccessLink, Message, WorkerBeat
from invitations.services.reads import pulse
from tests import factories
from tests.processes import PATIENCE, stop, wait_until, worker
from tests.smtp_server import SLOW, MailServer

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]


def status(link: AccessLink) -> str:
    return AccessLink.objects.values_list("status", flat=True).get(pk=link.pk)


def problems() -> frozenset[str]:
    return pulse.take(now=timezone.now()).problems


def a_mail() -> Message:
    return factories.queue_mail("marina@example.com")


def mail_status(mail: Message) -> str:
    return Message.objects.values_list("status", flat=True).get(pk=mail.pk)


def test_a_mail_does_not_wait_for_a_turn_to_call(sandbox, make_invitation, transactional_db, var, tmp_path):
    first, second = (make_invitation().links.get() for _ in range(2))
    slow = {"KONDADO_CALLS_PER_SECOND": "0.01", "KONDADO_CALLS_PER_MINUTE": "20"}
    with worker(sandbox, log=tmp_path / "log", VAR_DIR=str(var), **slow) as process:
        wait_until(lambda: status(first) == "ready")
        mail = a_mail()
        wait_until(lambda: mail_status(mail) == "sent")
        assert stop(process) == 0

    assert status(second) == "queued"


def test_a_mail_server_that_says_nothing_holds_up_neither_calls_nor_the_sign_of_life(
    sandbox, make_invitation, transactional_db, var, tmp_path
):
    mail = a_mail()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with worker(sandbox, log=tmp_path / "log", VAR_DIR=str(var), EMAIL_URL=address):
            wait_until(lambda: mail_status(mail) == "sending")
            first = WorkerBeat.objects.get().beat_at
            link = make_invitation().links.get()
            wait_until(lambda: status(link) == "ready")
            wait_until(lambda: WorkerBeat.objects.get().beat_at > first + timedelta(seconds=5))
            assert mail_status(mail) == "sending"


def test_a_worker_told_to_stop_finishes_the_mail_in_hand(sandbox, transactional_db, var, tmp_path):
    mail = a_mail()
    with MailServer() as server:
        server.answers = {"content": SLOW}
        address = f"smtp://127.0.0.1:{server.port}"
        with worker(sandbox, log=tmp_path / "log", VAR_DIR=str(var), EMAIL_URL=address) as process:
            wait_until(lambda: "content" in server.phases)
            process.terminate()
            with pytest.raises(TimeoutExpired):
                process.wait(2)
            server.go_on.set()
            assert process.wait(PATIENCE) == 0
        assert len(server.mails) == 1

    assert mail_status(mail) == "sent"


def test_until_idle_waits_for_its_turns(sandbox, make_invitation, transactional_db, var, tmp_path):
    links = [make_invitation().links.get() for _ in range(3)]
    usual = {"KONDADO_CALLS_PER_SECOND": "1", "KONDADO_CALLS_PER_MINUTE": "20"}
    with worker(sandbox, "--until-idle", log=tmp_path / "log", VAR_DIR=str(var), **usual) as process:
        assert process.wait(PATIENCE) == 0

    assert {status(link) for link in links} == {"ready"}
    assert not WorkerBeat.objects.exists()


def test_no_room_for_an_answer_is_shown_and_mended(sandbox, make_invitation, transactional_db, var, tmp_path):
    (var / "spool").write_text("in the way")
    link = make_invitation().links.get()
    with worker(sandbox, log=tmp_path / "log", VAR_DIR=str(var)) as process:
        wait_until(lambda: problems() == {"no_room"})
        assert (status(link), sandbox.calls) == ("queued", [])
        (var / "spool").unlink()
        wait_until(lambda: status(link) == "ready" and not problems())
        assert stop(process) == 0

    assert (tmp_path / "log").read_text().count("no room for an answer") == 1


@pytest.mark.parametrize("mode", ["--once", "--until-idle"])
def test_a_worker_that_could_not_do_its_work_says_so_by_its_end(
    sandbox, make_invitation, transactional_db, var, tmp_path, mode
):
    (var / "spool").write_text("in the way")
    link = make_invitation().links.get()
    with worker(sandbox, mode, log=tmp_path / "log", VAR_DIR=str(var)) as process:
        assert process.wait(PATIENCE) == 1

    assert status(link) == "queued"
