"""Key, token and guest link stay out of every text: errors, chains, frames of a traceback, logs at DEBUG."""

import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from invitations.kondado.errors import KondadoError, Rejected
from invitations.kondado.types import Credential, Direction
from invitations.kondado.wording import redacted

from .servers import (
    AMPLE,
    GRANTED,
    GUEST_TOKEN,
    KEY,
    LINK,
    TOKEN,
    Behaviour,
    Server,
    answering,
    client_for,
    http,
    invite,
    reading,
)
from .test_envelope import CASES as BODIES
from .test_failures import CASES as FAILURES

CREDENTIAL = (KEY, TOKEN, quote(TOKEN, safe=""))
CASES = FAILURES | BODIES
SECRETS = (*CREDENTIAL, GUEST_TOKEN)
UNREACHABLE = {"refused": "http://127.0.0.1:1", "dns": "http://does-not-exist.invalid"}


def texts_of(error: BaseException) -> Iterator[str]:
    """Everything a log, an error page or an error tracker could show of an error."""
    yield from (str(error), repr(error), repr(error.args), repr(getattr(error, "exchange", "")))
    yield repr(getattr(error, "detail", ""))
    trace = error.__traceback__
    while trace is not None:
        if (
            "/invitations/" in trace.tb_frame.f_code.co_filename
            or "/httpx/" in trace.tb_frame.f_code.co_filename
        ):
            yield from (repr(value) for value in trace.tb_frame.f_locals.values())
        trace = trace.tb_next


def found_in(text: str, secrets: tuple[str, ...]) -> list[str]:
    return [secret for secret in secrets if secret.lower() in text.lower()]


def assert_silent(error: BaseException, logged: str = "") -> None:
    """Nothing in the error; in the log not the credential (a garbage status line is quoted there by httpcore)."""
    assert error.__cause__ is None
    assert error.__context__ is None
    for text in texts_of(error):
        assert found_in(text, SECRETS) == []
    assert found_in(logged, CREDENTIAL) == []


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.mark.parametrize(
    ("behaviour", "fault"), [(case[0], case[2]) for case in CASES.values()], ids=CASES.keys()
)
def test_no_failure_shows_a_secret(
    behaviour: Behaviour, fault: str, everything_logged: pytest.LogCaptureFixture
) -> None:
    with Server(behaviour) as server, pytest.raises(KondadoError) as caught:
        invite(client_for(server, deadline=0.2 if fault == "no_answer" else AMPLE))

    assert "send_request_headers" in everything_logged.text
    assert_silent(caught.value, everything_logged.text)


@pytest.mark.parametrize("base_url", UNREACHABLE.values(), ids=UNREACHABLE.keys())
def test_no_failure_to_connect_shows_a_secret(
    base_url: str, everything_logged: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(KondadoError) as caught:
        invite(client_for(base_url=base_url, deadline=2.0))

    assert_silent(caught.value, everything_logged.text)


def test_success_shows_no_secret_and_the_package_logs_nothing(
    everything_logged: pytest.LogCaptureFixture,
) -> None:
    with Server(answering(http(GRANTED))) as server:
        link = invite(client_for(server))

    assert link.url == LINK
    for text in (repr(link), str(link), everything_logged.text):
        assert found_in(text, SECRETS) == []
    assert {record.name.partition(".")[0] for record in everything_logged.records} <= {"httpx", "httpcore"}


def test_what_the_mark_raises_passes_no_frame_with_a_secret() -> None:
    error = RuntimeError("database away")

    def on_wire() -> None:
        raise error

    with Server(reading) as server, pytest.raises(RuntimeError):
        invite(client_for(server), on_wire)

    assert_silent(error)


def test_a_vendor_that_echoes_the_request_is_redacted() -> None:
    echo = (
        f"bad {TOKEN.upper()}, {quote(TOKEN, safe='')} with {KEY}\x00 at https://k2.kondado.com.br/?key={KEY}"
    )
    refused = {"success": False, "error": f"CODE_{KEY}", "message": echo}
    headers = (f"Content-Type: application/{KEY}", f"Location: https://{KEY}.example/")
    with Server(answering(http(refused, "400 Bad Request", *headers))) as server:
        client = client_for(server)
        with pytest.raises(Rejected) as caught:
            invite(client)
        with pytest.raises(KondadoError):
            client.connectors(Direction.SRC)

    assert caught.value.message == "bad [secret], [secret] with [secret] at [link]"
    assert caught.value.code == "CODE_[secret]"
    assert caught.value.exchange is not None
    assert caught.value.exchange.redirect_host == "[secret].example"
    assert_silent(caught.value)


def test_a_secret_cut_by_the_limit_does_not_show_its_beginning() -> None:
    text = "x" * 95 + " " + TOKEN

    assert redacted(text, Credential("default", KEY, TOKEN), 100) == "x" * 95 + " [sec"


def test_a_secret_hidden_by_invisible_marks_is_found() -> None:
    text = "token " + "\u200b".join(TOKEN)

    assert redacted(text, Credential("default", KEY, TOKEN), 500) == "token [secret]"
