"""The sound calls: what exactly is sent, when the mark is set, what comes back."""

import json
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from invitations.kondado.client import Kondado
from invitations.kondado.errors import Ambiguous, Misconfigured
from invitations.kondado.types import Config, Credential, Direction, Phase

from .servers import GRANTED, KEY, LINK, TOKEN, Server, Visit, answering, client_for, http, invite, reading

SOUND = Config("https://k2.kondado.com.br", ("app.kondado.com.br",))


def test_the_request_is_byte_for_byte_the_documented_one() -> None:
    with Server(answering(http(GRANTED))) as server:
        invite(client_for(server))

    head, _, body = server.received.partition(b"\r\n\r\n")
    lines = head.decode("ascii").split("\r\n")
    target = "/collection_guests?key=0c7a11e5-CANARY-KEY-5b1d&token=CANARYtoken%2B%2F%3D9f2e7d"
    assert lines[0] == f"POST {target} HTTP/1.1"
    assert sorted(lines[1:]) == [
        "Accept-Encoding: identity",
        "Accept: application/json",
        "Connection: close",
        f"Content-Length: {len(body)}",
        "Content-Type: application/json",
        f"Host: 127.0.0.1:{server.port}",
        "User-Agent: convite",
    ]
    assert json.loads(body) == {
        "client_id": "123456789",
        "recipient_email": "guest@example.com",
        "parent_collection_id": 130,
        "parent_collection_direction": "src",
        "assigned_collection_name": "Vendas de Ação",
    }
    assert len(server.visits) == 1


def test_the_client_id_is_a_number_by_setting() -> None:
    with Server(answering(http(GRANTED))) as server:
        invite(client_for(server, client_id_as_number=True), direction=Direction.DEST)

    body = json.loads(server.received.partition(b"\r\n\r\n")[2])
    assert body["client_id"] == 123456789
    assert body["parent_collection_direction"] == "dest"


@pytest.mark.parametrize("client_id", ["", "12a", "-1", "1" * 13, "12 ", "١٢"])
def test_an_odd_client_id_is_never_sent(client_id: str) -> None:
    with Server(answering(http(GRANTED))) as server, pytest.raises(Misconfigured) as caught:
        invite(client_for(server), client_id=client_id)

    assert caught.value.fault == "client_id"
    assert server.visits == []


@pytest.mark.parametrize(
    "answer",
    [
        http(GRANTED),
        http({"success": True, "data": {"link": LINK}}),
        http({"success": True, "data": {"success": True, "data": {"success": True, "data": {"link": LINK}}}}),
        http(
            GRANTED | {"took_ms": 12, "data": {"success": True, "x": [1.5], "data": {"link": LINK, "id": 9}}}
        ),
        http(GRANTED, "201 Created"),
        http(GRANTED, "200 OK", "Content-Type: application/json; charset=utf-8"),
        http(GRANTED, "200 OK", "Content-Encoding: identity"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + http(GRANTED),
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + json.dumps(GRANTED).encode(),
    ],
    ids=["twice", "once", "thrice", "unknown keys", "201", "charset", "identity", "100 first", "until close"],
)
def test_a_sound_answer_gives_the_link(answer: bytes) -> None:
    with Server(answering(answer)) as server:
        link = invite(client_for(server))

    assert link.url == LINK
    assert link.flags == ()
    assert link.exchange.phase is Phase.DONE
    assert link.exchange.peer == "127.0.0.1"


def test_a_chunked_answer_is_sound() -> None:
    body = json.dumps(GRANTED).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, body[i : i + 1]) for i in range(len(body))) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Server(answering(head, chunks)) as server:
        assert invite(client_for(server)).url == LINK


@pytest.mark.parametrize(
    "kind", ["Content-Type: text/html", "Content-Type:", "Content-Type: application/jsonp"]
)
def test_a_wrong_content_type_is_flagged(kind: str) -> None:
    with Server(answering(http(GRANTED, "200 OK", kind))) as server:
        link = invite(client_for(server))

    assert (link.url, link.flags) == (LINK, ("content_type",))


def test_the_mark_is_set_once_after_the_connection_and_before_any_byte() -> None:
    accepted, marked = threading.Event(), threading.Event()
    seen: list[str] = []

    def behave(visit: Visit) -> None:
        accepted.set()
        readable = select.select([visit.sock], [], [], 0.2)[0]
        seen.append("a byte came first" if readable else "nothing came")
        marked.wait(5)
        visit.read_request()
        visit.send(http(GRANTED))

    def on_wire() -> None:
        seen.append("connected" if accepted.wait(5) else "not connected")
        time.sleep(0.3)
        seen.append("marked")
        marked.set()

    with Server(behave) as server:
        invite(client_for(server), on_wire)

    assert sorted(seen[:2]) == ["connected", "nothing came"]
    assert seen[2:] == ["marked"]


@pytest.mark.parametrize("error", [RuntimeError("database away"), OSError(5, "EIO"), KeyboardInterrupt()])
def test_what_the_mark_raises_comes_out_unchanged_and_nothing_is_sent(error: BaseException) -> None:
    with Server(reading) as server:

        def on_wire() -> None:
            server.visited.wait(5)
            raise error

        with pytest.raises(type(error)) as caught:
            invite(client_for(server), on_wire)

    assert caught.value is error
    assert caught.value.__cause__ is None
    assert len(server.visits) == 1
    assert server.received == b""


def test_a_mark_that_outlasts_the_deadline_sends_nothing_and_is_ambiguous() -> None:
    with Server(reading) as server, pytest.raises(Ambiguous) as caught:
        invite(client_for(server, deadline=0.2), lambda: time.sleep(0.4))

    assert caught.value.fault == "request_cut"
    assert caught.value.exchange is not None
    assert caught.value.exchange.bytes_written == 0
    assert server.received == b""


def test_the_environment_cannot_redirect_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answering(http(GRANTED))) as proxy, Server(answering(http(GRANTED))) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        invite(client_for(server))

    assert proxy.visits == []
    assert len(server.visits) == 1


@pytest.mark.parametrize(
    ("config", "credential"),
    [
        (Config("http://k2.kondado.com.br", ("app.kondado.com.br",)), Credential("default", KEY, TOKEN)),
        (SOUND, Credential("default", "", TOKEN)),
        (SOUND, Credential("default", KEY, "")),
        (SOUND, Credential("default", KEY, TOKEN + "\n")),
        (SOUND, Credential("default", KEY + " ", TOKEN)),
    ],
)
def test_a_client_that_could_not_call_is_refused(config: Config, credential: Credential) -> None:
    with pytest.raises(Misconfigured) as caught:
        Kondado(config, credential)

    assert "CANARY" not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize("module", ["types", "errors", "links", "pacing"])
def test_the_light_modules_do_not_load_httpx(module: str) -> None:
    code = f"import sys, invitations.kondado.{module}; sys.exit('httpx' in sys.modules or 'httpcore' in sys.modules)"
    root = Path(__file__).parents[2]

    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
