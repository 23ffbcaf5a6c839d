"""Clients that send or read slowly hold up nobody, with nothing in front of the web: real sockets, real processes."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from portal import serving
from tests import factories
from tests.processes import Web, web
from tests.test_urls import HEADERS

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120), pytest.mark.django_db(transaction=True)]
SOON = 2.0  # seconds
HEAD = b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture
def portal(sandbox, tmp_path, transactional_db) -> Iterator[Web]:
    with web(sandbox, log=tmp_path / "web.log", VAR_DIR=str(tmp_path)) as portal:
        yield portal


@pytest.fixture
def owner(manager):
    """Somebody whose password the web processes can check: the tests' own hash is a faster one."""
    manager.password = PBKDF2PasswordHasher().encode(factories.PASSWORD, "salt", iterations=1000)
    manager.save()
    return manager


@contextmanager
def sending(port: int, sent: bytes, count: int = 1) -> Iterator[list[socket.socket]]:
    """Connections that sent this much and no more."""
    with ExitStack() as stack:
        opened = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 10)) for _ in range(count)
        ]
        for one in opened:
            one.sendall(sent)
        yield opened


def all_is_well(portal: Web, person) -> None:
    """The health address and a sign-in, both soon."""
    began = time.monotonic()
    assert portal.ask("GET", "/healthz").status == 200
    assert time.monotonic() - began < SOON
    answer = portal.ask("POST", "/login/", login=person.email, password=factories.PASSWORD)
    assert (answer.status, "sessionid" in str(answer.headers)) == (302, True)


@pytest.mark.parametrize(
    ("sent", "count"),
    [
        (HEAD + b"Content-Length: 100\r\n\r\nabc", 2),
        (HEAD + b"Content-Length: 100\r\n\r\nabc", 200),
        (b"G", 200),
        (b"", 200),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", 200),
    ],
    ids=["two bodies", "bodies", "heads", "nothing", "chunks"],
)
def test_whoever_sends_slowly_holds_up_nobody(portal, owner, sent, count):
    with sending(portal.port, sent, count):
        for _ in range(3):
            all_is_well(portal, owner)


def test_far_more_of_them_than_there_is_room_for_hold_up_nobody(portal, owner):
    with sending(portal.port, HEAD, serving.MOST_CONNECTIONS + 400):
        all_is_well(portal, owner)


def test_whoever_does_not_read_the_answer_holds_up_nobody(portal, owner):
    ask = b"GET /static/vendor/accessible-autocomplete-3.0.1.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with sending(portal.port, ask, 50):
        all_is_well(portal, owner)


def test_a_request_that_drips_has_an_end(portal):
    with sending(portal.port, HEAD + b"Content-Length: 1000\r\n\r\n") as (one,):
        began = time.monotonic()
        with suppress(OSError):
            while time.monotonic() - began < serving.HEAD_AND_BODY_SECONDS + 10:
                one.sendall(b"a")
                one.settimeout(0.5)
                with suppress(TimeoutError):
                    assert one.recv(1) == b""
                    break
        assert time.monotonic() - began < serving.HEAD_AND_BODY_SECONDS + 5


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET /" + b"a" * (serving.LARGEST_HEAD - 5), 431),
        (HEAD + b"Content-Length: 2000000\r\n\r\n", 413),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_what_no_view_sees_is_answered_with_the_headers_of_a_page(portal, sent, status):
    with sending(portal.port, sent) as (one,):
        one.settimeout(10)
        answer = b"".join(iter(lambda: one.recv(65_536), b"")).decode()

    head, _, body = answer.partition("\r\n\r\n")
    headers = {
        name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])
    }
    assert head.split()[1] == str(status)
    assert {name: headers.get(name.lower()) for name in HEADERS} == HEADERS
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert len(headers["x-request-id"]) == 32
    assert "server" not in headers
    assert headers["x-request-id"] in body
