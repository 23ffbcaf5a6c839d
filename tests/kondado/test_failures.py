"""Connections and statuses gone wrong, on a real socket: error class, fault, and what may have been sent."""

import gzip
import json
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from invitations.kondado.answer import read_answer
from invitations.kondado.errors import Ambiguous, KondadoError, NotSent, RateLimited, Rejected
from invitations.kondado.network import Wire
from invitations.kondado.transport import READ_AT_MOST
from invitations.kondado.types import Credential

from .servers import (
    AMPLE,
    GRANTED,
    LIMITED,
    LINK,
    REFUSED,
    SHORT,
    Behaviour,
    Server,
    Visit,
    answering,
    fail,
    http,
    inside,
    page,
    sending,
)

OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SUCCESS = json.dumps(GRANTED).encode()


def reset_at_once(visit: Visit) -> None:
    visit.reset()


def reset_in_the_middle(visit: Visit) -> None:
    visit.received += visit.sock.recv(20)
    visit.reset()


def reset_after_request(visit: Visit) -> None:
    visit.read_request()
    visit.reset()


def reset_in_body(visit: Visit) -> None:
    visit.read_request()
    visit.send(http(SUCCESS, length=len(SUCCESS) + 50))
    visit.reset()


def never_answer(visit: Visit) -> None:
    visit.read_request()
    visit.hang()


def drip_headers(visit: Visit) -> None:
    visit.read_request()
    visit.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 500)


def drip_body(visit: Visit) -> None:
    visit.read_request()
    visit.send(OK_HEAD, b"Content-Length: 500\r\n\r\n")
    visit.drip(b" " * 500)


def drip_informational(visit: Visit) -> None:
    visit.read_request()
    for _ in range(100):
        visit.drip(b"HTTP/1.1 102 Processing\r\n\r\n", every=0.01)


def one_byte_chunks(visit: Visit) -> None:
    visit.read_request()
    visit.send(CHUNKED, b"1\r\n \r\n" * 80_000)


CASES: dict[str, tuple[Behaviour, type[KondadoError], str]] = {
    # the connection, after the mark
    "read, then reset": (reset_after_request, Ambiguous, "reset"),
    "read, then closed": (answering(), Ambiguous, "reset"),
    "read, no answer": (never_answer, Ambiguous, "no_answer"),
    "closed within the headers": (answering(b"HTTP/1.1 200 OK\r\nContent-"), Ambiguous, "truncated"),
    "reset within the body": (reset_in_body, Ambiguous, "reset"),
    "body short of its length": (answering(http(SUCCESS, length=999)), Ambiguous, "truncated"),
    "chunks without an end": (answering(CHUNKED, b"5\r\n     \r\n"), Ambiguous, "truncated"),
    "bad chunk size": (answering(CHUNKED, b"zz\r\n{}\r\n0\r\n\r\n"), Ambiguous, "bad_http"),
    "slow headers": (drip_headers, Ambiguous, "no_answer"),
    "slow body": (drip_body, Ambiguous, "no_answer"),
    # size and coding
    "body over the cap": (sending(b" " * 70_000), Ambiguous, "too_large"),
    "endless chunks": (one_byte_chunks, Ambiguous, "too_large"),
    "gzip, sound inside": (
        answering(http(gzip.compress(SUCCESS), "200 OK", "Content-Encoding: gzip")),
        Ambiguous,
        "content_encoding",
    ),
    "gzip bomb": (
        answering(http(gzip.compress(b" " * 20_000_000), "200 OK", "Content-Encoding: gzip")),
        Ambiguous,
        "content_encoding",
    ),
    "unknown coding": (
        answering(http(GRANTED, "200 OK", "Content-Encoding: rot13")),
        Ambiguous,
        "content_encoding",
    ),
    "giant header": (answering(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000), Ambiguous, "too_large"),
    # not HTTP
    "informational only": (answering(b"HTTP/1.1 103 Early Hints\r\n\r\n"), Ambiguous, "truncated"),
    "informational for ever": (drip_informational, Ambiguous, "no_answer"),
    "flood of informational": (answering(b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000), Ambiguous, "too_large"),
    "switching protocols": (
        answering(b"HTTP/1.1 101 Switching\r\n\r\n", SUCCESS),
        Ambiguous,
        "bad_http",
    ),
    "garbage status line": (answering(b"HTTP/1.1 abc\r\n\r\n"), Ambiguous, "bad_http"),
    "HTTP/0.9": (answering(SUCCESS + b"\r\n\r\n"), Ambiguous, "bad_http"),
    "two lengths": (
        answering(OK_HEAD, b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n     "),
        Ambiguous,
        "bad_http",
    ),
    "status 700": (sending(GRANTED, "700 Odd"), Ambiguous, "unknown_status"),
    # status codes
    "302": (page("302 Found", "Location: https://evil.example/x"), Ambiguous, "redirect"),
    "307": (page("307 Temporary Redirect", "Location: https://evil.example/x"), Ambiguous, "redirect"),
    "304": (answering(b"HTTP/1.1 304 Not Modified\r\n\r\n"), Ambiguous, "redirect"),
    "302 with a sound body": (sending(GRANTED, "302 Found"), Ambiguous, "redirect"),
    "400 in the envelope": (sending(REFUSED, "400 Bad Request"), Rejected, "rejected"),
    "404 in the envelope": (sending(inside(REFUSED), "404 Not Found"), Rejected, "rejected"),
    "400 with a link": (sending(REFUSED | {"link": LINK}, "400 Bad Request"), Ambiguous, "contradiction"),
    "400 that grants": (sending(GRANTED, "400 Bad Request"), Ambiguous, "contradiction"),
    "400 without text": (sending({"success": False}, "400 Bad Request"), Ambiguous, "contradiction"),
    "403 as a page": (page("403 Forbidden"), Ambiguous, "status_without_envelope"),
    "404 with other JSON": (sending({"detail": "x"}, "404 Not Found"), Ambiguous, "status_without_envelope"),
    "400 cut short": (answering(http(REFUSED, "400 Bad Request", length=900)), Ambiguous, "truncated"),
    "500 in the envelope": (sending(REFUSED, "500 Oops"), Ambiguous, "server_error"),
    "500 with the limit": (sending(LIMITED, "500 Oops"), Ambiguous, "server_error"),
    "500 with a link": (sending(GRANTED, "500 Oops"), Ambiguous, "server_error"),
    "502 of a proxy": (page("502 Bad Gateway"), Ambiguous, "server_error"),
    "503 with Retry-After": (page("503 Unavailable", "Retry-After: 5"), Ambiguous, "server_error"),
    "429 as a page": (page("429 Too Many Requests"), RateLimited, "rate_limited"),
    "429 in the envelope": (sending(REFUSED, "429 Too Many Requests"), RateLimited, "rate_limited"),
    "429 that grants": (sending(GRANTED, "429 Too Many Requests"), RateLimited, "rate_limited"),
    "429 cut short": (answering(http(b"x", "429 Slow", length=99)), RateLimited, "rate_limited"),
    "limit, 200": (sending(LIMITED), RateLimited, "rate_limited"),
    "limit, 400": (sending(LIMITED, "400 Bad Request"), RateLimited, "rate_limited"),
    "limit, 403": (sending(LIMITED, "403 Forbidden"), RateLimited, "rate_limited"),
    "limit, inner": (sending(inside(LIMITED)), RateLimited, "rate_limited"),
    "limit with a link": (sending(LIMITED | {"data": {"link": LINK}}), Ambiguous, "contradiction"),
}


@pytest.mark.parametrize(("behaviour", "kind", "fault"), CASES.values(), ids=CASES.keys())
def test_each_fault_has_its_class(behaviour: Behaviour, kind: type[KondadoError], fault: str) -> None:
    marks: list[str] = []

    deadline = SHORT if fault == "no_answer" else AMPLE
    error = fail(behaviour, lambda: marks.append("on the wire"), deadline=deadline)

    assert (type(error), error.fault) == (kind, fault)
    assert marks == ["on the wire"]
    assert error.exchange is not None
    assert error.exchange.peer == "127.0.0.1"


def test_a_reset_as_soon_as_we_connect_is_ambiguous_only_after_the_mark() -> None:
    marks: list[bool] = []
    error = fail(reset_at_once, lambda: marks.append(True))

    assert isinstance(error, Ambiguous if marks else NotSent)  # who is faster differs from run to run


def test_a_reset_between_the_mark_and_our_first_byte_is_ambiguous() -> None:
    marked = threading.Event()
    gone = threading.Event()

    def behave(visit: Visit) -> None:
        marked.wait(5)
        visit.reset()
        gone.set()

    def on_wire() -> None:
        marked.set()
        gone.wait(5)

    error = fail(behave, on_wire)

    assert isinstance(error, Ambiguous)
    assert error.fault in ("request_cut", "reset")  # the system says which, at the write or at the read


def test_a_reset_in_the_middle_of_the_request_is_ambiguous() -> None:
    error = fail(reset_in_the_middle)

    assert isinstance(error, Ambiguous)
    assert error.fault in ("request_cut", "reset")


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_a_refused_credential_is_marked_with_and_without_envelope(status: str) -> None:
    inside_envelope = fail(sending(REFUSED, status))
    as_page = fail(page(status))

    assert isinstance(inside_envelope, Rejected)
    assert inside_envelope.credential_refused
    assert isinstance(as_page, Ambiguous)
    assert as_page.credential_refused


def test_other_refusals_do_not_blame_the_credential() -> None:
    assert not fail(sending(REFUSED, "404 Not Found")).credential_refused
    assert not fail(page("404 Not Found")).credential_refused


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((), 60),
        (("Retry-After: 5",), 60),
        (("Retry-After: 120",), 120),
        (("Retry-After: 7200",), 7200),
        (("Retry-After: 99999999999",), 86_400),
        (("Retry-After: soon",), 60),
        (("Retry-After: -7",), 60),
        (("Retry-After: Wed, 21 Oct 2026 07:30:00 GMT", "Date: Wed, 21 Oct 2026 07:28:00 GMT"), 120),
    ],
)
def test_a_rate_limit_pauses_a_minute_or_longer(headers: tuple[str, ...], seconds: int) -> None:
    for behaviour in (page("429 Too Many Requests", *headers), answering(http(LIMITED, "200 OK", *headers))):
        error = fail(behaviour)
        assert isinstance(error, RateLimited)
        assert error.retry_after == seconds


def test_a_redirect_is_reported_by_its_host_and_not_followed() -> None:
    with Server(answering(http(GRANTED))) as target:
        error = fail(
            page("307 Temporary Redirect", f"Location: http://127.0.0.1:{target.port}/collection_guests")
        )

    assert target.visits == []
    assert error.exchange is not None
    assert error.exchange.redirect_host == "127.0.0.1"
    assert error.exchange.http_status == 307


def test_facts_of_a_short_body_are_kept() -> None:
    exchange = fail(answering(http(SUCCESS, length=999))).exchange

    assert exchange is not None
    assert (exchange.body_bytes, exchange.body_expected) == (len(SUCCESS), 999)
    assert len(exchange.body_sha256) == 12
    assert exchange.http_status == 200
    assert exchange.bytes_written > 300


def test_s37_the_deadline_holds_within_one_read_of_many_chunks() -> None:
    wire = Wire(
        deadline=time.monotonic() + 60,
        connect_deadline=0.0,
        read_at_most=READ_AT_MOST,
        sandbox=True,
        plain=True,
    )

    class Chunks(httpx.SyncByteStream):
        given = 0

        def __iter__(self) -> Iterator[bytes]:
            for self.given in range(1, 1_001):
                if self.given == 10:
                    wire.deadline = time.monotonic() - 1
                yield b" "

    chunks = Chunks()
    answer = read_answer(httpx.Response(200, stream=chunks), 64 * 1024, wire, "", Credential("", "", ""))

    assert (answer.fault, chunks.given) == ("no_answer", 10)
