"""Servers that misbehave: a look ends in time, as a word, and without what the server said."""

import contextlib
import datetime
import re

import pytest

from invitations.mail.imap.place import Place
from invitations.mail.imap.reader import Wanted, look
from tests.kondado.servers import Authority, Server, Visit, at_most

PASSWORD = "canary-password-31d0"
ADDRESS = "invites+k7f3k7f3k7f3k7f3@portal.example"
WANTED = [Wanted(1, ADDRESS, "k7f3k7f3k7f3k7f3", datetime.date(2026, 3, 1))]
LINK = "https://app.kondado.com.br/collection_guest/abc"
MAIL = f"To: {ADDRESS}\r\n\r\n{LINK}\r\n".encode()


def place(port: int, *, tls: bool = False) -> Place:
    return Place("127.0.0.1", port, "user", PASSWORD, tls=tls)


class Imap:
    """Answers commands as a small mailbox would; `spoiled` replaces the answer to one of them."""

    def __init__(self, **spoiled: bytes) -> None:
        self.spoiled = spoiled
        self.commands: list[str] = []

    def __call__(self, visit: Visit) -> None:
        visit.send(b"* OK ready\r\n")
        pending = b""
        while piece := visit.sock.recv(4096):
            pending += piece
            while b"\r\n" in pending:
                line, _, pending = pending.partition(b"\r\n")
                tag, _, command = line.decode().partition(" ")
                self.commands.append(command)
                word = re.sub(r"[^A-Z]", "", command.removeprefix("UID ").split(" ")[0]).lower()
                visit.send(self.answer(word, command), tag.encode(), b" OK done\r\n")

    def answer(self, word: str, command: str) -> bytes:
        if word == "fetch" and "SIZE" in command:
            word = "size"
        if word in self.spoiled:
            return self.spoiled[word]
        return {
            "capability": b"* CAPABILITY IMAP4rev1\r\n",
            "examine": b"* 1 EXISTS\r\n",
            "search": b"* SEARCH 7\r\n",
            "size": b"* 1 FETCH (UID 7 RFC822.SIZE %d)\r\n" % len(MAIL),
            "fetch": b"* 1 FETCH (FLAGS ())\r\n* 1 FETCH (UID 7 BODY[]<0> {%d}\r\n%b)\r\n"
            % (len(MAIL), MAIL),
        }.get(word, b"")


def looked(behaviour, *, seconds=5.0):
    with Server(behaviour) as server, at_most(seconds + 3):
        return look(place(server.port), WANTED, seconds=seconds)


def test_a_look_only_reads():
    server = Imap()

    seen = looked(server)

    assert [(one.key, one.links, one.problem) for one in seen.found] == [(1, (LINK,), "")]
    assert seen.fault == ""
    said = " | ".join(server.commands)
    assert 'EXAMINE "INBOX"' in said
    assert "SINCE 01-Mar-2026" in said
    assert not re.search(r"\b(SELECT|STORE|COPY|MOVE|EXPUNGE|CLOSE|APPEND|BODY\[|RFC822\))", said)


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        (lambda visit: visit.hang(), "timeout"),
        (lambda visit: visit.drip(b"* OK " + b"x" * 10_000), "timeout"),
        (lambda visit: (visit.send(b"* OK ready\r\n"), visit.hang()), "timeout"),
    ],
    ids=["silent", "dripping", "silent after the greeting"],
)
def test_a_server_that_hangs_costs_the_deadline_and_no_more(behaviour, fault):
    assert looked(behaviour, seconds=0.5).fault == fault


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        (lambda visit: visit.send(b"* BYE " + PASSWORD.encode() + b"\r\n"), "connect"),
        (lambda visit: visit.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "connect"),
        (lambda visit: visit.send(b"\0" * 2_000_000), "connect"),
        (lambda visit: visit.reset(), "connect"),
        (Imap(login=b"* NO x\r\nA1 "), "sign_in"),
        (Imap(fetch=b"* 1 FETCH (BODY[] {99999999999}\r\n"), "too_much"),
        (Imap(search=(b"* SEARCH" + b" 1" * 450_000 + b"\r\n") * 20), "too_much"),
        (Imap(size=b""), "fetch"),
    ],
    ids=["bye", "http", "one long line", "reset", "sign-in", "huge literal", "flood", "no size"],
)
def test_a_server_that_misbehaves_becomes_a_word(behaviour, fault):
    seen = looked(behaviour, seconds=20.0)
    assert (seen.fault, seen.found) == (fault, [])


def test_too_much_for_one_address_is_left_alone():
    many = Imap(search=b"* SEARCH " + b" ".join(b"%d" % number for number in range(11)) + b"\r\n")
    large = Imap(size=b"* 1 FETCH (UID 7 RFC822.SIZE 9999999)\r\n")
    parts = b"To: " + ADDRESS.encode() + b"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    parts += b"--b\r\n\r\nx\r\n" * 100
    broken = Imap(fetch=b"* 1 FETCH (UID 7 BODY[]<0> {%d}\r\n%b)\r\n" % (len(parts), parts))
    for server, problem in ((many, "too_many"), (large, "too_large"), (broken, "unreadable")):
        (one,) = looked(server).found
        assert (one.links, one.problem) == ((), problem)


def test_nobody_listens():
    with Server(lambda visit: None) as server:
        port = server.port
    assert look(place(port), WANTED, seconds=3.0).fault == "connect"


def test_a_certificate_that_nobody_vouches_for_gets_no_password(tmp_path):
    context, _path = Authority(tmp_path).server_context("127.0.0.1")
    received = []

    def behave(visit: Visit) -> None:
        with contextlib.suppress(OSError):
            received.append(visit.sock.recv(4096))

    with Server(behave, tls=context) as server:
        assert look(place(server.port, tls=True), WANTED, seconds=5.0).fault == "certificate"
    assert not any(received)
