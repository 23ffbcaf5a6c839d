"""The documented contract of Kondado's API, as the stand-in keeps it."""

import http.client
import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from invitations.kondado.sandbox import Sandbox
from tests.kondado.sandbox_calls import (
    CREDENTIAL,
    FIELDS,
    KEY,
    TOKEN,
    fetch,
    invite,
    listing,
    make,
    raw,
    raw_invite,
)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with make() as running:
        yield running


def refusal(answer) -> str:
    """The code of a made-up refusal, which must say that it is one."""
    assert answer.json["success"] is False
    assert "not documented" in answer.json["message"]
    return answer.json["error"]


def test_an_invitation_is_answered_with_a_link_in_a_double_envelope(sandbox: Sandbox) -> None:
    answer = invite(sandbox)
    link = sandbox.ledger[0].link
    assert answer.status == 200
    assert answer.json == {"success": True, "data": {"success": True, "data": {"link": link}}}
    assert re.fullmatch(rf"http://{re.escape(sandbox.link_host)}/collection_guest/[\w-]{{43}}", link)


def test_the_ledger_holds_the_fields_as_they_came(sandbox: Sandbox) -> None:
    invite(sandbox)
    invite(sandbox, client_id=123456789)
    first, second = sandbox.ledger
    assert {name: getattr(first, name) for name in FIELDS} == FIELDS
    assert second.client_id == 123456789
    assert first.mailed_to == "ana@example.com"
    assert first.link != second.link


def test_a_record_does_not_print_its_link(sandbox: Sandbox) -> None:
    invite(sandbox)
    assert sandbox.ledger[0].guest_token not in repr(sandbox.ledger) + repr(sandbox.calls)


@pytest.mark.parametrize("query", ["", f"key={KEY}", f"token={TOKEN}", f"key={TOKEN}&token={KEY}",
                                   f"{CREDENTIAL}&token={TOKEN}", f"key={KEY}&token={TOKEN}x"])  # fmt: skip
@pytest.mark.parametrize("call", ["GET /parent_collections/src", "POST /collection_guests"])
def test_every_call_needs_key_and_token_once_in_its_query(sandbox: Sandbox, call: str, query: str) -> None:
    method, path = call.split()
    answer = fetch(sandbox, method, f"{path}?{query}", FIELDS if method == "POST" else None)
    assert refusal(answer) == "SANDBOX_BAD_CREDENTIAL"
    assert sandbox.ledger == []


def test_a_credential_in_the_body_is_not_taken(sandbox: Sandbox) -> None:
    answer = fetch(sandbox, "POST", "/collection_guests", FIELDS | {"key": KEY, "token": TOKEN})
    assert refusal(answer) == "SANDBOX_BAD_CREDENTIAL"


@pytest.mark.parametrize(("changes", "code"), [
    ({"client_id": "12345-6"}, "SANDBOX_BAD_CLIENT_ID"),
    ({"client_id": True}, "SANDBOX_BAD_CLIENT_ID"),
    ({"client_id": None}, "SANDBOX_BAD_CLIENT_ID"),
    ({"recipient_email": "ana"}, "SANDBOX_BAD_EMAIL"),
    ({"recipient_email": ["ana@example.com"]}, "SANDBOX_BAD_EMAIL"),
    ({"parent_collection_id": "92"}, "SANDBOX_BAD_CONNECTOR_ID"),
    ({"parent_collection_id": 92.0}, "SANDBOX_BAD_CONNECTOR_ID"),
    ({"parent_collection_direction": "source"}, "SANDBOX_BAD_DIRECTION"),
    ({"parent_collection_direction": []}, "SANDBOX_BAD_DIRECTION"),
    ({"assigned_collection_name": " "}, "SANDBOX_BAD_NAME"),
    ({"parent_collection_id": 1}, "SANDBOX_UNKNOWN_CONNECTOR"),
    ({"parent_collection_direction": "dest"}, "SANDBOX_UNKNOWN_CONNECTOR"),
    ({"note": "sixth"}, "SANDBOX_UNKNOWN_FIELD"),
])  # fmt: skip
def test_a_field_out_of_its_kind_is_refused_and_nothing_created(sandbox: Sandbox, changes, code: str) -> None:
    assert refusal(invite(sandbox, **changes)) == code
    assert sandbox.ledger == []


@pytest.mark.parametrize("missing", FIELDS)
def test_all_five_fields_are_required(sandbox: Sandbox, missing: str) -> None:
    fields = {name: value for name, value in FIELDS.items() if name != missing}
    answer = fetch(sandbox, "POST", f"/collection_guests?{CREDENTIAL}", fields)
    assert refusal(answer) == "SANDBOX_MISSING_FIELD"
    assert missing in answer.json["message"]


@pytest.mark.parametrize("body", [b"", b"[]", b"client_id=1", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(sandbox: Sandbox, body: bytes) -> None:
    assert refusal(fetch(sandbox, "POST", f"/collection_guests?{CREDENTIAL}", body)) == "SANDBOX_BAD_BODY"


def test_the_catalogue_has_the_documented_shape(sandbox: Sandbox) -> None:
    answer = listing(sandbox, "src").json
    assert answer["success"] is True
    for item in answer["data"]:
        assert isinstance(item["id"], int)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", item["createdAt"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", item["updatedAt"])
        pattern = r"https://kondado\.com\.br/assets/images/conectores_\w+\.png"
        assert re.fullmatch(pattern, item["parent_collection_image"])
        assert set(item["_links"]) <= {"src", "dest"}


def test_only_documented_ids_look_real(sandbox: Sandbox) -> None:
    ids = [item["id"] for direction in ("src", "dest") for item in sandbox.catalogue(direction)]
    assert sorted(number for number in ids if number < 900_000) == [20, 20, 76, 92]
    assert len(ids) == len(set(ids)) + 1
    names = {item["id"]: item["parent_collection_name"] for item in sandbox.catalogue("src")}
    assert (names[20], names[76], names[92]) == ("BigQuery", "Salesforce Marketing Cloud", "ClickUp")


def test_the_catalogue_has_the_documented_oddities(sandbox: Sandbox) -> None:
    src, dest = listing(sandbox, "src").json["data"], listing(sandbox, "dest").json["data"]
    both = [next(item for item in items if item["id"] == 20) for items in (src, dest)]
    assert [set(item["_links"]) for item in both] == [{"src", "dest"}] * 2
    assert [item["id"] for item in dest if "createdAt" not in item and "updatedAt" not in item] == [20]
    assert [item["parent_collection_name"] for item in dest if "_links" not in item] == ["Redshift SSH"]


def test_a_connector_can_be_withdrawn_and_offered(sandbox: Sandbox) -> None:
    sandbox.withdraw(92, "src")
    assert refusal(invite(sandbox)) == "SANDBOX_UNKNOWN_CONNECTOR"
    sandbox.offer(92, "src", "ClickUp 2", parent_collection_image="javascript:alert(1)")
    item = next(item for item in listing(sandbox, "src").json["data"] if item["id"] == 92)
    assert (item["parent_collection_name"], item["parent_collection_image"]) == (
        "ClickUp 2",
        "javascript:alert(1)",
    )
    assert invite(sandbox).json["success"] is True


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/parent_collections/both", 200, "SANDBOX_UNKNOWN_DIRECTION"),
    ("DELETE", "/parent_collections/src", 405, "SANDBOX_WRONG_METHOD"),
    ("GET", "/collection_guests", 405, "SANDBOX_WRONG_METHOD"),
    ("POST", "/collection_guests/1", 404, "SANDBOX_UNKNOWN_PATH"),
])  # fmt: skip
def test_what_is_not_documented_is_refused(
    sandbox: Sandbox, method: str, path: str, status: int, code: str
) -> None:
    answer = fetch(sandbox, method, f"{path}?{CREDENTIAL}")
    assert (answer.status, refusal(answer)) == (status, code)


def test_every_call_is_listed_without_the_credential(sandbox: Sandbox) -> None:
    listing(sandbox, "src")
    invite(sandbox, recipient_email="bia@example.com")
    fetch(
        sandbox, "GET", f"/parent_collections/dest?{CREDENTIAL}", X_Note=f"Bearer {TOKEN}", Authorization="a"
    )
    first, second, third = sandbox.calls
    assert (first.method, first.path, first.status, first.refused) == (
        "GET",
        "/parent_collections/src",
        200,
        False,
    )
    assert (second.method, second.path) == ("POST", "/collection_guests")
    assert b"bia@example.com" in second.body
    assert second.headers["content-type"] == "application/json"
    assert second.parameters == ("key", "token")
    assert (third.headers["x-note"], third.headers["authorization"]) == ("hidden", "hidden")
    seen = repr(sandbox.calls) + fetch(sandbox, "GET", "/sandbox/calls.json").text
    assert KEY not in seen
    assert TOKEN not in seen


def test_pages_are_no_calls(sandbox: Sandbox) -> None:
    fetch(sandbox, "GET", "/sandbox/ledger.json")
    assert sandbox.calls == []


@pytest.mark.parametrize("garbage", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"GET /\r\n\r\n", b"POST /collection_guests HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /collection_guests HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n",
    b"POST /collection_guests HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n", b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /?" + b"a&" * 200 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /" + b"a" * 70_000,
])  # fmt: skip
def test_garbage_is_survived(sandbox: Sandbox, garbage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    try:
        answer = raw(sandbox, garbage)
    except ConnectionError:
        answer = b""
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505"))
    assert invite(sandbox).status == 200
    assert caplog.text == ""


def test_a_call_whose_body_came_short_is_on_record_and_creates_nothing(sandbox: Sandbox) -> None:
    host, port = sandbox.link_host.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(raw_invite(sandbox)[:-5])
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert [(call.status, call.body) for call in sandbox.calls] == [(None, b"")]
    assert sandbox.ledger == []


def test_a_foreign_host_name_is_refused(sandbox: Sandbox) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "127.0.0.1:80@evil.example", ""):
        assert fetch(sandbox, "GET", f"/parent_collections/src?{CREDENTIAL}", Host=host).status == 421
    assert fetch(sandbox, "GET", "/sandbox/calls.json", Host=f"localhost:{sandbox.link_host[10:]}").json == []


def test_it_keeps_its_port_and_its_memory_over_a_stop() -> None:
    sandbox = make()
    with sandbox:
        address = sandbox.url
        invite(sandbox)
    with pytest.raises(ConnectionRefusedError):
        invite(sandbox)
    with sandbox:
        assert sandbox.url == address
        assert len(sandbox.ledger) == 1


def invite_in_vain(sandbox: Sandbox) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        invite(sandbox)


def test_stopping_ends_every_thread_promptly() -> None:
    before = threading.active_count()
    with make() as sandbox:
        sandbox.misbehave("no_answer", times=5)
        callers = [threading.Thread(target=invite_in_vain, args=(sandbox,)) for _ in range(5)]
        for caller in callers:
            caller.start()
        while len(sandbox.calls) < 5:
            time.sleep(0.005)
        started = time.monotonic()
    for caller in callers:
        caller.join(5)
    assert time.monotonic() - started < 5
    assert threading.active_count() <= before


def test_many_callers_at_once_are_all_counted(sandbox: Sandbox) -> None:
    callers = [threading.Thread(target=invite, args=(sandbox,)) for _ in range(40)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(10)
    assert len({item.link for item in sandbox.ledger}) == len(sandbox.calls) == 40
