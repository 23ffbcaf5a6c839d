"""What the stand-in remembers over a restart, and of what another process wrote."""

from pathlib import Path

import httpx
import pytest

from invitations.kondado.sandbox import Sandbox
from invitations.kondado.sandbox.ledger import Ledger
from invitations.kondado.sandbox.memory import Memory

FIELDS = {
    "client_id": "100001",
    "recipient_email": "ana@example.com",
    "parent_collection_id": 92,
    "parent_collection_direction": "src",
    "assigned_collection_name": "ClickUp \ud83d de Ana",
}
LINK = "http://127.0.0.1:9/collection_guest/abc"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.jsonl"


def test_what_exists_outlives_the_process(path: Path) -> None:
    first = Ledger(Memory(path))
    made = first.create(FIELDS, LINK)
    first.finish(made)

    second = Ledger(Memory(path))
    assert second.invitations() == [made]
    assert second.find("abc") == made
    assert second.is_finished(made)


def test_it_is_for_its_owner_alone(path: Path) -> None:
    Ledger(Memory(path)).create(FIELDS, LINK)
    assert path.stat().st_mode & 0o777 == 0o600


def test_two_that_share_a_memory_see_what_the_other_writes(path: Path) -> None:
    one, other = Ledger(Memory(path)), Ledger(Memory(path))
    assert other.newest() is None
    made = one.create(FIELDS, LINK)
    assert other.newest() == made
    one.clear()
    assert other.invitations() == []
    assert Ledger(Memory(path)).invitations() == []


def test_a_line_that_is_still_being_written_is_read_once_it_is_whole(path: Path) -> None:
    ledger = Ledger(Memory(path))
    made = ledger.create(FIELDS, LINK)
    line = path.read_bytes()
    path.write_bytes(line + line[:40])
    assert ledger.invitations() == [made]
    path.write_bytes(line + line)
    assert ledger.invitations() == [made, made]


def test_a_guests_link_works_after_a_restart(path: Path) -> None:
    limits = {"key": "k" * 10, "token": "t" * 10, "per_second": 0, "per_minute": 0}
    with Sandbox(**limits, memory=path) as server:
        query = {"key": "k" * 10, "token": "t" * 10}
        fields = FIELDS | {"assigned_collection_name": "ClickUp de Ana"}
        answer = httpx.post(f"{server.url}/collection_guests", params=query, json=fields).json()
        token = answer["data"]["data"]["link"].rpartition("/")[2]
    with Sandbox(**limits, memory=path) as server:
        page = httpx.get(f"{server.url}/collection_guest/{token}")
        assert page.status_code == 200
        assert "ClickUp" in page.text
        httpx.post(f"{server.url}/collection_guest/{token}")
        assert "kondado-1" in httpx.get(f"{server.url}/mails/").text
    with Sandbox(**limits, memory=path) as server:
        assert httpx.get(f"{server.url}/collection_guest/{token}/finished").status_code == 200
        httpx.post(f"{server.url}/sandbox/reset")
        assert httpx.get(f"{server.url}/collection_guest/{token}").status_code == 404
