"""The stand-in's pages and its machine-readable addresses."""

import json
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from invitations.kondado.sandbox import Sandbox
from invitations.kondado.sandbox.faults import FAULTS
from tests.kondado.sandbox_calls import FIELDS, KEY, TOKEN, fetch, invite, listing, make

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'"
FORM = {"Content_Type": "application/x-www-form-urlencoded"}
STRICT = "default-src 'none'; style-src 'self'"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with make(mail_dir=tmp_path, portal_url="http://localhost:8000") as running:
        yield running


def write_mails(folder: Path, *mails: EmailMessage, name: str = "20261123-100000-1.log") -> None:
    """As Django's file mail backend does: each mail, then a line of 79 dashes."""
    (folder / name).write_bytes(b"".join(bytes(mail) + b"\n" + b"-" * 79 + b"\n" for mail in mails))


def mail(subject: str, text: str, html: str | None = None, minute: int = 0) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Convite <c@example.com>", "ana@example.com", subject
    message["Date"] = f"Mon, 23 Nov 2026 10:{minute:02}:00 -0300"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def setup_page(sandbox: Sandbox) -> str:
    return sandbox.ledger[-1].link.removeprefix(sandbox.url)


def mail_pages(sandbox: Sandbox) -> list[str]:
    return re.findall(r'href="(/mails/[\w-]+/)"', fetch(sandbox, "GET", "/mails/").text)


def test_the_front_page_explains_every_fault(sandbox: Sandbox) -> None:
    text = fetch(sandbox, "GET", "/").text
    for name, fault in FAULTS.items():
        assert f"<code>{name}</code>" in text
        assert (f"<option>{name}</option>" in text) == (not fault.at_accept)
        assert fault.says.endswith(".")
    assert sandbox.url in text
    assert 'href="http://localhost:8000"' in text


def test_the_front_page_shows_what_exists_and_what_was_called(sandbox: Sandbox) -> None:
    invite(sandbox)
    invite(sandbox, client_id="no digits")
    sandbox.misbehave("http_502_html", times=2)
    invite(sandbox)
    text = fetch(sandbox, "GET", "/").text
    link = re.escape(sandbox.ledger[0].link)
    assert re.search(rf'<a href="{link}"[^>]*>open</a>', text)
    assert text.count(sandbox.ledger[0].guest_token) == 1
    assert "ClickUp (source)" in text
    assert "SANDBOX_BAD_CLIENT_ID" in text
    assert "http_502_html (1 x POST)" in text


def test_the_front_page_shows_the_state_of_the_limits() -> None:
    with make(per_second=1, per_minute=20, clock=lambda: 5.0) as sandbox:
        listing(sandbox, "src")
        listing(sandbox, "src")
        text = fetch(sandbox, "GET", "/").text
    assert "2 of 1" in text
    assert "2 of 20" in text
    assert "refused by the limit" in text


def test_a_guest_clicks_through_the_set_up_page(sandbox: Sandbox) -> None:
    invite(sandbox)
    page = setup_page(sandbox)
    assert "Which account" in fetch(sandbox, "GET", page).text
    assert "read &ldquo;Marketing team&rdquo;" in fetch(sandbox, "GET", f"{page}?account=Marketing+team").text
    assert fetch(sandbox, "GET", f"{page}/finished").status == 404
    answer = fetch(sandbox, "POST", page, "", Origin=sandbox.url, Sec_Fetch_Site="same-origin", **FORM)
    assert (answer.status, answer.headers["location"]) == (303, f"{page}/finished")
    assert (
        "You can close this page and go back to the portal" in fetch(sandbox, "GET", f"{page}/finished").text
    )
    assert fetch(sandbox, "GET", "/sandbox/ledger.json").json[0]["finished"] is True


def test_reading_the_set_up_page_finishes_nothing(sandbox: Sandbox) -> None:
    invite(sandbox)
    for method in ("GET", "HEAD"):
        fetch(sandbox, method, f"{setup_page(sandbox)}?account=Marketing+team")
    assert fetch(sandbox, "GET", "/sandbox/ledger.json").json[0]["finished"] is False


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_token_is_a_404_page(sandbox: Sandbox, method: str) -> None:
    answer = fetch(sandbox, method, "/collection_guest/wrong")
    assert answer.status == 404
    assert "leads nowhere" in answer.text


def test_hostile_words_are_only_words(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.offer(92, "src", HOSTILE)
    invite(sandbox, assigned_collection_name=HOSTILE, recipient_email='"><script>x@example.com')
    write_mails(tmp_path, mail(HOSTILE, HOSTILE + ' http://a.example/"onclick=alert(1)'))
    pages = ["/", "/mails/", setup_page(sandbox), *mail_pages(sandbox)]
    assert len(pages) == 5
    for path in pages:
        text = fetch(sandbox, "GET", path).text
        assert not re.search(r"<script|<img|<[^>]*\son\w+=", text)
        assert "&lt;script&gt;" in text


def test_half_a_character_does_not_break_a_page(sandbox: Sandbox) -> None:
    invite(sandbox, assigned_collection_name="half \ud83d")
    assert sandbox.ledger[0].assigned_collection_name == "half \ud83d"
    for path in ("/", "/mails/", setup_page(sandbox), "/sandbox/ledger.json"):
        assert fetch(sandbox, "GET", path).status == 200


def test_every_page_is_closed_to_scripts_frames_and_other_sites(sandbox: Sandbox) -> None:
    invite(sandbox)
    paths = [
        "/",
        "/mails/",
        *mail_pages(sandbox),
        setup_page(sandbox),
        "/none",
        "/style.css",
        "/sandbox/calls.json",
    ]
    for path in paths:
        answer = fetch(sandbox, "GET", path)
        assert answer.headers["content-security-policy"].startswith(STRICT)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<[^>]*\sstyle=|<style", answer.text)


@pytest.mark.parametrize("path", ["/sandbox/faults", "/sandbox/reset", "/collection_guest/x"])
@pytest.mark.parametrize("headers", [
    {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
])  # fmt: skip
def test_a_post_from_another_site_is_refused(sandbox: Sandbox, path: str, headers: dict[str, str]) -> None:
    invite(sandbox)
    assert fetch(sandbox, "POST", path, "fault=bom", **FORM, **headers).status == 403
    assert len(sandbox.ledger) == 1


def test_faults_are_asked_for_by_form_or_json(sandbox: Sandbox) -> None:
    answer = fetch(sandbox, "POST", "/sandbox/faults", "fault=http-204&times=2", Origin=sandbox.url, **FORM)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    fields = {"fault": "http_201", "times": 1, "method": "any"}
    answer = fetch(sandbox, "POST", "/sandbox/faults", fields)
    assert answer.json == {"pending": [["http_204", 2, "POST"], ["http_201", 1, "ANY"]]}
    assert [invite(sandbox).status for _ in range(4)] == [204, 204, 201, 200]


@pytest.mark.parametrize("body", ["", "fault=nonsense", "fault=bom&times=x", "fault=bom&times=0", "\ud83d"])
def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox, body: str) -> None:
    answer = fetch(sandbox, "POST", "/sandbox/faults", body.encode("utf-8", "surrogatepass"), **FORM)
    assert answer.status == 400
    for json_body in (b"[]", b"7", b"{", b'{"fault": []}'):
        answer = fetch(sandbox, "POST", "/sandbox/faults", json_body, Content_Type="application/json")
        assert answer.status == 400
    assert invite(sandbox).status == 200


def test_reset_forgets_everything(sandbox: Sandbox) -> None:
    invite(sandbox)
    sandbox.withdraw(92, "src")
    sandbox.misbehave("http_204")
    assert fetch(sandbox, "POST", "/sandbox/reset").status == 200
    assert (sandbox.ledger, sandbox.calls) == ([], [])
    assert invite(sandbox).json["success"] is True


def test_other_processes_read_ledger_and_calls(sandbox: Sandbox) -> None:
    invite(sandbox)
    (record,) = fetch(sandbox, "GET", "/sandbox/ledger.json").json
    (call,) = fetch(sandbox, "GET", "/sandbox/calls.json").json
    assert {name: record[name] for name in FIELDS} == FIELDS
    assert record["link"] == sandbox.ledger[0].link
    assert (call["method"], call["path"], call["status"], call["refused"]) == (
        "POST",
        "/collection_guests",
        200,
        False,
    )
    assert json.loads(call["body"]) == FIELDS


def test_nothing_shows_the_credential(sandbox: Sandbox) -> None:
    invite(sandbox)
    for path in ("/", "/mails/", "/sandbox/ledger.json", "/sandbox/calls.json", setup_page(sandbox)):
        text = fetch(sandbox, "GET", path).text
        assert KEY not in text
        assert TOKEN not in text


@pytest.mark.parametrize(("method", "path", "status"), [
    ("POST", "/", 405), ("GET", "/sandbox/reset", 405), ("DELETE", "/mails/", 405), ("GET", "/none", 404),
    ("HEAD", "/", 200), ("GET", "/mails/..%2f..%2fetc/", 404), ("GET", "/mails/none/", 404),
])  # fmt: skip
def test_other_addresses_and_methods(sandbox: Sandbox, method: str, path: str, status: int) -> None:
    assert fetch(sandbox, method, path).status == status


def test_mails_are_listed_newest_first_with_kondados_own(sandbox: Sandbox, tmp_path: Path) -> None:
    write_mails(tmp_path, mail("First", "a", minute=1), mail("Second", "b", minute=2))
    write_mails(tmp_path, mail("Third: ç", "c", minute=3), name="20261123-100000-2.log")
    (tmp_path / "note.txt").write_text("no mail")
    subjects = re.findall(r"/mails/[\w-]+/\"[^>]*>([^<]*)<", fetch(sandbox, "GET", "/mails/").text)
    assert subjects == ["Third: ç", "Second", "First"]
    invite(sandbox)
    own = fetch(sandbox, "GET", "/mails/kondado-1/").text
    assert f'<a href="{sandbox.ledger[0].link}"' in own
    assert "ana@example.com" in own


def test_a_mail_is_text_with_links_and_html_in_a_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    write_mails(
        tmp_path, mail("Hi", "Open (http://localhost:8000/g/abc-1/).\n", "<p>Hi</p><script>x</script>")
    )
    (path,) = mail_pages(sandbox)
    page, framed = fetch(sandbox, "GET", path), fetch(sandbox, "GET", f"{path}html")
    assert '(<a href="http://localhost:8000/g/abc-1/"' in page.text
    assert "</a>)." in page.text
    assert '<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" ' in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert framed.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert framed.headers["content-security-policy"].endswith(
        "; sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    assert framed.text.startswith('<base target="_blank">')  # else the frame would follow its links itself
    assert "<script>" in framed.text


@pytest.mark.parametrize("data", [
    b"", b"\x00\xff" * 100, b"Subject: =?utf-8?b?!!!?=\nTo: <<>>,,\nDate: never\n\n\xff",
    b"Content-Type: text/plain; charset=nonsense\nSubject: x\n\nbody", b"-" * 79 + b"\n" + b"-" * 79,
    b"Content-Type: multipart/mixed\nSubject: x\n\n", b"From: [\nTo: @\nSubject: a\n b\n\nx",
    b"Date: Mon, 99 Nov 99999 10:00:00 +9999\n\nx", b"Date: Fri, 31 Dec 9999 23:00:00 -1400\n\nx",
])  # fmt: skip
def test_a_broken_mail_file_breaks_nothing(
    sandbox: Sandbox, tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.log").write_bytes(data)
    assert fetch(sandbox, "GET", "/mails/").status == 200
    for path in mail_pages(sandbox):
        assert fetch(sandbox, "GET", path).status == 200
    assert caplog.text == ""


@pytest.mark.parametrize("mail_dir", [None, "/nonexistent/folder"])
def test_there_may_be_no_mail_folder(mail_dir: str | None) -> None:
    with make(mail_dir=mail_dir) as sandbox:
        assert "No mail yet" in fetch(sandbox, "GET", "/mails/").text
