"""The whole way with a real mail server: a call that broke off, Kondado's mail, and the outcome settled by it."""

from email.message import EmailMessage

import pytest
from django.core.cache import cache

from invitations.models import AccessLink, Attempt, AuditEvent, Stage, Status
from invitations.models.attempt import SettledHow
from invitations.services.base import audit
from invitations.services.sending import dispatch, silent_mailbox
from tests.mail.imap import dovecot as servers
from tests.processes import wait_until, worker

pytestmark = [pytest.mark.imap, pytest.mark.django_db]


@pytest.fixture(scope="module")
def running():
    with servers.dovecot() as server:
        yield server


@pytest.fixture
def dovecot(running, settings, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(running.trusted))
    settings.SILENT_IMAP_URL = running.url
    return running


def mail(to: str, *links: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Kondado <no-reply@kondado.example>", to
    message["Subject"] = "Você recebeu um convite"
    message.set_content("Acesse: " + " ou ".join(links) + " — obrigado.\n")
    message.add_alternative("".join(f'<a href="{link}">Conectar</a>' for link in links), subtype="html")
    return message.as_bytes()


def break_off(sandbox, make_invitation) -> AccessLink:
    """An invitation that exists at Kondado, of which the portal never heard."""
    sandbox.misbehave("close_after_request_created")
    link = make_invitation(delivery="link").links.get()
    dispatch.step()
    link.refresh_from_db()
    assert link.status == Status.UNKNOWN
    return link


def test_kondados_mail_settles_what_was_unknown(sandbox, dovecot, make_invitation):
    link = break_off(sandbox, make_invitation)
    (created,) = sandbox.ledger
    assert silent_mailbox.settle_arrived() == 0
    dovecot.deliver(
        mail("somebody@portal.example", "https://other.example/"),
        mail(created.mailed_to, created.link, created.link + "/"),
    )
    before = dovecot.flags()

    assert silent_mailbox.settle_arrived() == 1
    assert silent_mailbox.settle_arrived() == 0

    link = AccessLink.objects.select_related("invitation", "current_attempt").get(pk=link.pk)
    assert (link.status, link.invitation.stage) == (Status.READY, Stage.WAITING)
    assert link.invitation.expires_at is not None
    assert link.current_attempt.open_kondado_link() == created.link
    assert (link.current_attempt.settled_how, link.current_attempt.settled_by) == (SettledHow.MAILBOX, None)
    event = AuditEvent.objects.get(kind="link.settled")
    assert (event.actor, event.data["how"]) == (audit.WORKER, "mailbox")
    assert list(audit.problems()) == []
    after = dovecot.flags()
    assert after == before
    assert not any(b"Seen" in line for line in after)


def test_what_is_not_proof_is_left_alone(sandbox, dovecot, make_invitation, caplog):
    """Two links, another's link, a link elsewhere, the mail of a longer reference, and no mail at all."""
    links = []
    for _ in range(5):
        make_invitation(delivery="link")
        dispatch.step()  # a sound one in between, so that this is no storm
        links.append(break_off(sandbox, make_invitation))
    known = sandbox.ledger[0]
    two, repeated, elsewhere, longer, _none = sandbox.ledger[1::2]
    dovecot.deliver(
        mail(two.mailed_to, two.link, two.link + "x"),
        mail(repeated.mailed_to, known.link),
        mail(elsewhere.mailed_to, "https://evil.example/collection_guest/x"),
        mail(longer.mailed_to.replace("@", "x@"), longer.link),
    )

    assert silent_mailbox.settle_arrived() == 0
    assert silent_mailbox.settle_arrived() == 0

    assert {AccessLink.objects.get(pk=link.pk).status for link in links} == {Status.UNKNOWN}
    noted = [record.problem for record in caplog.records if record.name == "invitations.mailbox"]
    assert sorted(noted) == ["link_repeated", "several_links"]


def test_a_wrong_password_is_a_word_and_waits_ever_longer(
    sandbox, dovecot, settings, make_invitation, caplog
):
    settings.SILENT_IMAP_URL = dovecot.url.replace(servers.PASSWORD, "wrong-password")
    break_off(sandbox, make_invitation)

    silent_mailbox.step()
    silent_mailbox.step()

    (record,) = [record for record in caplog.records if record.name == "invitations.mailbox"]
    assert (record.fault, record.pause) == ("sign_in", 120)
    cache.delete(silent_mailbox.TURN)
    silent_mailbox.step()
    assert [r.pause for r in caplog.records if r.name == "invitations.mailbox"] == [120, 240]
    assert "wrong-password" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_it_by_itself(sandbox, dovecot, make_invitation, tmp_path, transactional_db):
    sandbox.misbehave("no_answer_created")
    link = make_invitation(delivery="link").links.get()
    log = tmp_path / "log"
    settled = {"SILENT_IMAP_URL": dovecot.url, "KONDADO_DEADLINE_SECONDS": "1", "LOG_LEVEL": "DEBUG"}
    with worker(sandbox, "--until-idle", log=log, KONDADO_DEADLINE_SECONDS="1") as process:
        process.wait(20)
    (created,) = sandbox.ledger
    dovecot.deliver(mail(created.mailed_to, created.link))

    with worker(sandbox, log=log, **settled):
        wait_until(lambda: link.refresh_from_db() or link.status == Status.READY)

    assert Attempt.objects.get().settled_how == SettledHow.MAILBOX
    assert "settled by the silent mailbox" in log.read_text()
    for secret in (servers.PASSWORD, created.guest_token):
        assert secret not in log.read_text()
