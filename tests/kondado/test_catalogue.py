"""The list of connectors: documented forms, odd ones, and hostile ones."""

import json

import pytest

from invitations.kondado.errors import Ambiguous, RateLimited, Rejected, Unreachable
from invitations.kondado.types import Catalogue, Connector, Direction

from .servers import Server, answering, at_most, client_for, http

SOURCE = {
    "id": 76,
    "createdAt": "2021-03-04T05:06:07.890Z",
    "updatedAt": "2022-03-04T05:06:07.890Z",
    "parent_collection_name": "Salesforce Marketing Cloud",
    "parent_collection_image": "https://kondado.com.br/assets/images/conectores_x.png",
    "_links": {"src": {"tutorial": "https://kondado.io/wiki/en/a/salesforce-marketing-cloud"}},
}
BOTH = {
    "id": 20,
    "parent_collection_name": "BigQuery",
    "_links": {
        "src": {"tutorial": "https://kondado.io/wiki/en/a/bigquery"},
        "dest": {"tutorial": "https://kondado.io/wiki/en/a/dest-bigquery"},
    },
}


def listing(*items: object, direction: Direction = Direction.SRC) -> Catalogue:
    with Server(answering(http({"success": True, "data": list(items)}))) as server:
        return client_for(server).connectors(direction)


def test_the_request() -> None:
    with Server(answering(http({"success": True, "data": []}))) as server:
        client_for(server).connectors(Direction.DEST)

    lines = server.received.decode().split("\r\n")
    assert lines[0].startswith("GET /parent_collections/dest?key=0c7a11e5-CANARY-KEY-5b1d&token=CANARYtoken")
    assert "Accept-Encoding: identity" in lines
    assert not any(line.startswith(("Content-Length", "Content-Type")) for line in lines)


def test_a_documented_source() -> None:
    assert listing(SOURCE).connectors == (
        Connector(
            kondado_id=76,
            direction=Direction.SRC,
            name="Salesforce Marketing Cloud",
            image_url="https://kondado.com.br/assets/images/conectores_x.png",
            tutorial_url="https://kondado.io/wiki/en/a/salesforce-marketing-cloud",
            created_at="2021-03-04T05:06:07.890Z",
            updated_at="2022-03-04T05:06:07.890Z",
        ),
    )


def test_one_id_stands_in_both_directions_with_its_own_tutorial() -> None:
    source, destination = (listing(BOTH, direction=way).connectors[0] for way in Direction)

    assert (source.kondado_id, source.direction) == (20, Direction.SRC)
    assert (destination.kondado_id, destination.direction) == (20, Direction.DEST)
    assert source.tutorial_url.endswith("/bigquery")
    assert destination.tutorial_url.endswith("/dest-bigquery")
    assert (destination.created_at, destination.updated_at, destination.image_url) == (None, None, "")


@pytest.mark.parametrize(
    "links", [{}, {"dest": {}}, [], None, "x", {"src": "https://kondado.io/x"}, {"src": []}]
)
def test_missing_or_odd_links_are_no_tutorial(links: object) -> None:
    assert listing(BOTH | {"_links": links}).connectors[0].tutorial_url == ""
    assert listing({"id": 900001, "parent_collection_name": "No links"}).skipped == 0


@pytest.mark.parametrize(
    "item",
    [
        {"parent_collection_name": "No id"},
        {"id": None, "parent_collection_name": "x"},
        {"id": True, "parent_collection_name": "x"},
        {"id": 0, "parent_collection_name": "x"},
        {"id": -5, "parent_collection_name": "x"},
        {"id": 2**31, "parent_collection_name": "x"},
        {"id": 1.5, "parent_collection_name": "x"},
        {"id": "x", "parent_collection_name": "x"},
        {"id": 900001},
        {"id": 900001, "parent_collection_name": " \u202e\x00"},
        {"id": 900001, "parent_collection_name": 7},
        BOTH | {"parent_collection_name": "Second of the same id"},
        "text",
        None,
        [],
    ],
)
def test_what_makes_no_sense_is_left_out_and_counted(item: object) -> None:
    found = listing(BOTH, item, SOURCE)

    assert [connector.kondado_id for connector in found.connectors] == [20, 76]
    assert found.connectors[0].name == "BigQuery"
    assert found.skipped == 1


def test_numbers_as_text_are_numbers() -> None:
    assert listing(BOTH | {"id": "900001"}).connectors[0].kondado_id == 900001


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("{{ 7*7 }} {% debug %}", "{{ 7*7 }} {% debug %}"),
        ("Ação & ©, 👩‍🔧", "Ação & ©, 👩‍🔧"),
        ("two\r\nlines\x00\x1b[31m", "two lines[31m"),
        ("\u202eright to left", "right to left"),
        ("half \ud800 a pair", "half a pair"),
        ("x" * 5_000, "x" * 200),
    ],
)
def test_hostile_names_are_data_without_control_characters(sent: str, kept: str) -> None:
    assert listing(BOTH | {"parent_collection_name": sent}).connectors[0].name == kept


@pytest.mark.parametrize(
    "date", ["yesterday", "2021-13-01T00:00:00Z", 1614834367, None, "2021-03-04T" + "0" * 50]
)
def test_an_odd_date_is_none(date: object) -> None:
    connector = listing(SOURCE | {"createdAt": date}).connectors[0]

    assert (connector.created_at, connector.updated_at) == (None, "2022-03-04T05:06:07.890Z")


def test_a_long_catalogue_is_read_and_an_endless_one_is_not() -> None:
    many = [BOTH | {"id": number + 1, "filler": "x" * 900} for number in range(4_000)]
    assert len(listing(*many).connectors) == 4_000

    endless = [BOTH | {"id": number + 1, "filler": "x" * 9_000} for number in range(1_000)]
    with pytest.raises(Ambiguous) as caught, at_most(10):
        listing(*endless)
    assert caught.value.fault == "too_large"


@pytest.mark.parametrize("data", [None, {}, "x", {"success": True}])
def test_a_catalogue_that_is_no_list(data: object) -> None:
    with (
        Server(answering(http({"success": True, "data": data}))) as server,
        pytest.raises(Ambiguous) as caught,
    ):
        client_for(server).connectors(Direction.SRC)

    assert caught.value.fault == "catalogue_missing"


def test_refusals_are_those_of_every_call() -> None:
    limited = {"success": False, "error": "RATE_LIMIT_EXCEEDED", "message": "Too many requests."}
    with Server(answering(http(limited))) as server, pytest.raises(RateLimited):
        client_for(server).connectors(Direction.SRC)
    refused = {"success": False, "error": "SOME_CODE"}
    with Server(answering(http(refused, "401 Unauthorized"))) as server, pytest.raises(Rejected) as caught:
        client_for(server).connectors(Direction.SRC)
    assert caught.value.credential_refused
    with pytest.raises(Unreachable):
        client_for(base_url="http://127.0.0.1:1").connectors(Direction.SRC)


def test_the_exchange_counts_the_body() -> None:
    assert listing(BOTH).exchange.body_bytes == len(json.dumps({"success": True, "data": [BOTH]}))
