"""What the backend says after each failure, over real sockets: sent, provably not sent, refused, or unsure."""

import pytest
from django.core.mail import EmailMessage, get_connection

from invitations.mail import smtp
from tests.kondado.servers import Authority
from tests.smtp_server import DROP, SILENT, MailServer

BEFORE = ("connect", "ehlo", "mail", "rcpt", "data")


@pytest.fixture
def server():
    with MailServer() as server:
        yield server


def send(server: MailServer, timeout: float = 5.0) -> None:
    backend = get_connection(
        "invitations.mail.smtp.EmailBackend",
        host="127.0.0.1",
        port=server.port,
        timeout=timeout,
        use_ssl=server.tls is not None,
    )
    EmailMessage("Hello", "Body", "a@example.com", ["b@example.com"], connection=backend).send()


def fault(server: MailServer, **options: float) -> tuple[type[Exception], str]:
    with pytest.raises(smtp.MailError) as caught:
        send(server, **options)
    return type(caught.value), caught.value.fault


@pytest.fixture
def secure(tmp_path, monkeypatch):
    """A server that speaks TLS from the first byte, and that this machine trusts."""
    context, trusted = Authority(tmp_path).server_context("127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with MailServer(context) as server:
        yield server


def test_a_mail_that_is_taken(server):
    send(server)

    assert b"Subject: Hello" in server.mails[0]


def test_a_mail_that_is_taken_inside_tls(secure):
    send(secure)

    assert b"Subject: Hello" in secure.mails[0]


@pytest.mark.parametrize("end", [DROP, SILENT])
def test_inside_tls_too_only_a_sound_answer_ends_the_doubt(secure, end):
    secure.answers = {"content": end}

    assert fault(secure, timeout=0.5)[0] is smtp.Unsure


def test_a_server_that_cannot_show_who_it_is_gets_nothing(secure, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")

    assert fault(secure) == (smtp.Unreachable, "unreachable")
    assert secure.phases == []


@pytest.mark.parametrize("phase", BEFORE)
def test_a_line_that_breaks_before_the_content_leaves_nothing_behind(server, phase):
    server.answers = {phase: DROP}

    assert fault(server) == (smtp.NotSent, "disconnected")
    assert server.mails == []


@pytest.mark.parametrize("phase", BEFORE)
def test_silence_before_the_content_leaves_nothing_behind(server, phase):
    server.answers = {phase: SILENT}

    kind, _ = fault(server, timeout=0.2)

    assert issubclass(kind, smtp.NotSent)


@pytest.mark.parametrize("end", [DROP, SILENT, "what?", "299 perhaps", "250" + "x" * 9000])
def test_after_the_content_only_a_sound_answer_ends_the_doubt(server, end):
    server.answers = {"content": end}

    assert fault(server, timeout=0.2)[0] is smtp.Unsure


@pytest.mark.parametrize(
    ("phase", "answer", "kind"),
    [
        ("connect", "421 later", smtp.NotSent),
        ("connect", "554 no", smtp.NotSent),
        ("mail", "451 later", smtp.NotSent),
        ("mail", "550 not you", smtp.NotSent),
        ("rcpt", "450 grey", smtp.NotSent),
        ("rcpt", "550 nobody here", smtp.Refused),
        ("data", "451 later", smtp.NotSent),
        ("content", "451 later", smtp.NotSent),
        ("content", "554 spam", smtp.Refused),
    ],
)
def test_a_refusal_is_the_servers_own_word_that_it_has_nothing(server, phase, answer, kind):
    server.answers = {phase: answer}

    assert fault(server) == (kind, f"smtp_{answer[:3]}")
    assert server.mails == []


@pytest.mark.parametrize("end", [DROP, SILENT, "500 what?"])
def test_what_happens_while_parting_changes_nothing(server, end):
    server.answers = {"quit": end}

    send(server, timeout=0.2)

    assert len(server.mails) == 1


def test_nobody_listens():
    with MailServer() as gone:
        pass

    assert fault(gone) == (smtp.Unreachable, "unreachable")


def test_a_server_that_only_trickles_is_cut_off(server, monkeypatch):
    """Each answer comes in time, and still it must end."""
    monkeypatch.setattr(smtp, "TOTAL_SECONDS", 0.3)
    server.answers = {"content": SILENT}

    assert fault(server, timeout=30) == (smtp.Unsure, "disconnected")


def test_a_name_that_takes_all_the_time_to_look_up_leaves_none_for_the_mail(server, monkeypatch):
    monkeypatch.setattr(smtp, "TOTAL_SECONDS", -1.0)

    assert fault(server) == (smtp.Unreachable, "unreachable")
    assert server.mails == []


def test_a_fault_names_no_address(server):
    server.answers = {"rcpt": "550 b@example.com is nobody"}

    with pytest.raises(smtp.Refused) as caught:
        send(server)

    assert "example" not in repr(caught.value)
    assert caught.value.__suppress_context__
