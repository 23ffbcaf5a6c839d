"""Every fault of the stand-in: the bytes it promises, and whether the invitation exists afterwards."""

import gzip
import json
import re
import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from invitations.kondado.sandbox import Sandbox
from invitations.kondado.sandbox.faults import FAULTS
from tests.kondado.sandbox_calls import fetch, invite, listing, make, raw_invite

LASTING = {
    "no_answer",
    "no_answer_created",
    "partial_answer",
    "slow_headers",
    "slow_body",
    "interim_for_ever",
}


class Seen(NamedTuple):
    data: bytes
    ending: str

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def head(self) -> str:
        return self.data.partition(b"\r\n\r\n")[0].decode("latin-1")


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with make() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    return running


def observe(sandbox: Sandbox, wait: float = 10, **changes: object) -> Seen:
    """Send one invitation and say what came back and how it ended: closed, reset or still open."""
    host, port = sandbox.link_host.split(":")
    data, end = b"", time.monotonic() + wait
    try:
        # A reset may come so early that connecting itself fails.
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(raw_invite(sandbox, **changes))
            while (left := end - time.monotonic()) > 0:
                connection.settimeout(left)
                if not (part := connection.recv(1 << 20)):
                    return Seen(data, "closed")
                data += part
    except TimeoutError:
        pass
    except ConnectionError:
        return Seen(data, "reset")
    return Seen(data, "open")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_keeps_its_word(sandbox: Sandbox, name: str) -> None:
    fault = FAULTS[name]
    sandbox.misbehave(name)
    seen = observe(sandbox, 0.35 if name in LASTING else 10)
    assert seen.ending == ("open" if name in LASTING else "reset" if "reset" in name else "closed")
    status = re.match(rb"HTTP/1\.1 (\d{3})", seen.data)
    if name != "slow_headers":
        assert (int(status[1]) if status else None) == fault.status
    assert len(sandbox.ledger) == fault.created
    assert [call.fault for call in sandbox.calls] == ([] if fault.at_accept else [name])
    assert invite(sandbox).json["success"] is True


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in LASTING])
def test_a_fault_can_be_asked_for_by_the_address(sandbox: Sandbox, name: str) -> None:
    seen = observe(sandbox, recipient_email=f"ana+fault-{name.replace('_', '-')}@example.com")
    assert sandbox.calls[0].fault == name
    assert ("reset" in name) == (seen.ending == "reset")
    assert len(sandbox.ledger) == FAULTS[name].created


@pytest.mark.parametrize(("email", "name"), [
    ("fault-http_204@example.com", "x"),
    ("ana+FAULT_HTTP-204@example.com", "x"),
    ("ana+slow-0.1+fault-http-204@example.com", "x"),
    ("invites+k7f3@portal.example", "[Guest] ClickUp · ana+fault-http-204@example.com"),
    ("invites+k7f3@portal.example", "ClickUp fault-http-204"),
])  # fmt: skip
def test_addresses_and_names_that_ask_for_a_fault(sandbox: Sandbox, email: str, name: str) -> None:
    assert invite(sandbox, recipient_email=email, assigned_collection_name=name).status == 204


@pytest.mark.parametrize(
    "email", ["default-bom@example.com", "ana@fault-bom.example.com", "defaults+x@example.com"]
)
def test_addresses_that_ask_for_nothing(sandbox: Sandbox, email: str) -> None:
    changes = {"recipient_email": email, "assigned_collection_name": "fault-tolerant slow-motion"}
    assert invite(sandbox, **changes).json["success"] is True


def test_a_misspelt_fault_is_noticed(sandbox: Sandbox) -> None:
    answer = invite(sandbox, recipient_email="ana+fault-no-anser@example.com").json
    assert answer["error"] == "SANDBOX_UNKNOWN_FAULT"
    assert sandbox.ledger == []
    for wrong in ({"name": "nonsense"}, {"name": "bom", "times": 0}, {"name": "bom", "method": "PATCH"}):
        with pytest.raises(ValueError):
            sandbox.misbehave(**wrong)


def test_faults_are_used_up_in_order_and_can_be_called_off(sandbox: Sandbox) -> None:
    sandbox.misbehave("http_502_html", times=2)
    sandbox.misbehave("http_204")
    sandbox.misbehave("http_201", method="GET")
    assert [invite(sandbox).status for _ in range(4)] == [502, 502, 204, 200]
    assert [listing(sandbox, "src").status for _ in range(2)] == [201, 200]
    sandbox.misbehave("http_204", times=3, method="any")
    assert listing(sandbox, "dest").status == 204
    sandbox.behave()
    assert invite(sandbox).status == 200


def test_a_refused_request_uses_up_no_fault(sandbox: Sandbox) -> None:
    sandbox.misbehave("http_502_html")
    assert invite(sandbox, client_id="x").json["error"] == "SANDBOX_BAD_CLIENT_ID"
    assert fetch(sandbox, "POST", "/collection_guests").json["error"] == "SANDBOX_BAD_CREDENTIAL"
    assert invite(sandbox).status == 502


def test_slow_answers_soundly_and_late(sandbox: Sandbox) -> None:
    started = time.monotonic()
    assert invite(sandbox, recipient_email="ana+slow-0.3@example.com").json["success"] is True
    assert time.monotonic() - started >= 0.3
    assert sandbox.calls[0].fault == "slow_0.3"


def test_slow_faults_end_when_the_client_hangs_up(sandbox: Sandbox) -> None:
    for name in sorted(LASTING):
        sandbox.misbehave(name)
        observe(sandbox, 0.05)
    started = time.monotonic()
    while sandbox.open_connections and time.monotonic() - started < 5:
        time.sleep(0.01)
    assert sandbox.open_connections == 0


def test_a_reset_before_reading_does_not_wait_for_the_body(sandbox: Sandbox) -> None:
    sandbox.misbehave("reset_before_reading")
    head = raw_invite(sandbox).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    host, port = sandbox.link_host.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def played(sandbox: Sandbox, name: str, wait: float = 10) -> Seen:
    sandbox.misbehave(name)
    return observe(sandbox, wait)


def promised(seen: Seen) -> int:
    found = re.search(r"content-length: (\d+)", seen.head, re.IGNORECASE)
    assert found
    return int(found[1])


def test_cut_answers_promise_more_than_they_send(sandbox: Sandbox) -> None:
    for name, wait in (("partial_answer", 0.3), ("truncated_body", 10), ("reset_after_headers", 10)):
        seen = played(sandbox, name, wait)
        assert len(seen.body) < promised(seen)
    for name in ("bad_chunk", "missing_chunk"):
        seen = played(sandbox, name)
        assert "Transfer-Encoding: chunked" in seen.head
        assert b"\r\n0\r\n" not in seen.body


def test_slow_answers_come_byte_by_byte(sandbox: Sandbox) -> None:
    headers, body = played(sandbox, "slow_headers", 0.7), played(sandbox, "slow_body", 0.7)
    assert 1 <= len(headers.data) <= 6
    assert body.head.startswith("HTTP/1.1 200")
    assert 1 <= len(body.body) <= 6


def test_too_much_of_an_answer(sandbox: Sandbox) -> None:
    big, bomb = played(sandbox, "big_body"), played(sandbox, "gzip_bomb")
    assert len(big.body) == promised(big) > 8 << 20
    assert "Content-Encoding: gzip" in bomb.head
    assert len(bomb.body) < 64 << 10
    unpacked = gzip.decompress(bomb.body)
    assert len(unpacked) > 32 << 20
    assert json.loads(unpacked[:400])["success"] is True
    assert "Content-Encoding: x-kondado" in played(sandbox, "unknown_encoding").head


def test_redirects_point_back_to_this_server(sandbox: Sandbox) -> None:
    for name in ("redirect_302", "redirect_307"):
        assert f"Location: {sandbox.url}/collection_guests\r\n" in played(sandbox, name).head + "\r\n"


def test_refusals_by_status_and_by_words(sandbox: Sandbox) -> None:
    limit = {"success": False, "error": "RATE_LIMIT_EXCEEDED",
             "message": "Too many requests. Please try again in 60 seconds."}  # fmt: skip
    assert json.loads(played(sandbox, "rate_limit").body) == limit
    assert json.loads(played(sandbox, "http_429_envelope").body) == limit
    assert json.loads(played(sandbox, "rate_limit_inner").body) == {"success": True, "data": limit}
    assert "Retry-After: 90" in played(sandbox, "http_429_retry_after").head
    assert "Retry-After" not in played(sandbox, "http_429").head
    assert "2099" in played(sandbox, "http_429_retry_date").head
    for status in (400, 401, 403, 404):
        assert json.loads(played(sandbox, f"http_{status}_envelope").body)["success"] is False
        assert played(sandbox, f"http_{status}_html").body.startswith(b"<html>")
    assert json.loads(played(sandbox, "refused").body)["error"] == "SANDBOX_REFUSED"
    assert "\x00" in json.loads(played(sandbox, "refused_hostile").body)["message"]
    assert len(played(sandbox, "refused_long").body) > 39_000


@pytest.mark.parametrize(("name", "outer", "inner"), [
    ("refused_with_link", False, None), ("envelopes_disagree", False, True), ("envelopes_disagree_inner", True, False),
    ("success_string", "true", True), ("success_number", 1, True), ("success_null", None, True),
    ("success_missing", None, True), ("success_missing_inner", True, None),
])  # fmt: skip
def test_envelopes_that_lie_still_carry_the_link(
    sandbox: Sandbox, name: str, outer: object, inner: object
) -> None:
    answer = json.loads(played(sandbox, name).body)
    assert (answer.get("success"), answer["data"].get("success")) == (outer, inner)
    assert type(answer.get("success")) is type(outer)
    assert sandbox.ledger[0].link in json.dumps(answer)


def test_bodies_that_readers_choke_on(sandbox: Sandbox) -> None:
    assert played(sandbox, "duplicate_keys").body.count(b'"success"') == 3
    assert b"NaN" in played(sandbox, "nan").body
    assert played(sandbox, "bom").body.startswith(b"\xef\xbb\xbf{")
    assert played(sandbox, "empty_body").body == b""
    assert "Content-Type" not in played(sandbox, "no_content_type").head
    assert "Content-Type: text/html" in played(sandbox, "wrong_content_type").head
    with pytest.raises(UnicodeDecodeError):
        played(sandbox, "invalid_utf8").body.decode()
    with pytest.raises(RecursionError):
        json.loads(played(sandbox, "deep_json").body)
    with pytest.raises(ValueError, match="4300 digits"):
        json.loads(played(sandbox, "huge_number").body)
    for name in ("cut_json", "trailing_garbage", "not_json"):
        with pytest.raises(json.JSONDecodeError):
            json.loads(played(sandbox, name).body)


LINKS = {
    "link_null": None, "link_empty": "", "link_number": 123456,
    "link_other_host": "https://evil.example/collection_guest/TOKEN",
    "link_lookalike": "https://app.kondado.com.br.evil.example/collection_guest/TOKEN",
    "link_suffix": "https://evil-app.kondado.com.br/collection_guest/TOKEN",
    "link_idn_twin": "https://app.k\u043endado.com.br/collection_guest/TOKEN",
    "link_http": "http://app.kondado.com.br/collection_guest/TOKEN",
    "link_ftp": "ftp://HOST/collection_guest/TOKEN",
    "link_javascript": "javascript:alert(document.domain)//HOST/collection_guest/TOKEN",
    "link_data": "data:text/html,<script>alert(1)</script>",
    "link_userinfo": "http://ana@HOST/collection_guest/TOKEN",
    "link_userinfo_host": "http://HOST@evil.example/collection_guest/TOKEN",
    "link_port": "http://127.0.0.1:9/collection_guest/TOKEN",
    "link_backslash": "http://evil.example\\@HOST/collection_guest/TOKEN",
    "link_control": "http://HOST/collection_guest/\r\nTOKEN",
    "link_nul": "http://HOST/collection_guest/TOKEN\x00",
    "link_surrogate": "http://HOST/collection_guest/\ud83d",
    "link_space": " http://HOST/collection_guest/TOKEN",
    "link_long": "http://HOST/collection_guest/TOKEN" + "a" * 2_100,
    "link_relative": "/collection_guest/TOKEN",
    "link_without_scheme": "//HOST/collection_guest/TOKEN",
    "link_other_path": "http://HOST/login/TOKEN",
    "link_climbing": "http://HOST/collection_guest/../TOKEN",
    "link_without_token": "http://HOST/collection_guest/",
}  # fmt: skip


@pytest.mark.parametrize("name", LINKS)
def test_bad_links(sandbox: Sandbox, name: str) -> None:
    answer = json.loads(played(sandbox, name).body)
    expected = LINKS[name]
    if isinstance(expected, str):
        expected = expected.replace("HOST", sandbox.link_host).replace("TOKEN", sandbox.ledger[0].guest_token)
    assert answer == {"success": True, "data": {"success": True, "data": {"link": expected}}}


def test_links_that_are_missing_wrapped_or_given_twice(sandbox: Sandbox) -> None:
    assert json.loads(played(sandbox, "link_missing").body)["data"]["data"] == {}
    first = sandbox.ledger[0].link
    assert json.loads(played(sandbox, "link_repeated").body)["data"]["data"]["link"] == first
    respelled = json.loads(played(sandbox, "link_respelled").body)["data"]["data"]["link"]
    assert respelled == sandbox.ledger[1].link.replace("http", "HTTP") + "/?lang=pt"
    assert len({item.link for item in sandbox.ledger}) == 3
    assert json.loads(played(sandbox, "link_list").body)["data"]["data"]["link"] == [sandbox.ledger[3].link]


def test_every_link_fault_is_covered_above() -> None:
    rest = {"link_missing", "link_repeated", "link_respelled", "link_list"}
    assert {name for name in FAULTS if name.startswith("link_")} == set(LINKS) | rest
