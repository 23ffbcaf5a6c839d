"""Bodies that cannot be believed, refusals in the vendor's words, and links that may not be handed out."""

import json

import pytest

from invitations.kondado.errors import Ambiguous, KondadoError, LinkWithheld, Rejected

from .servers import GRANTED, LINK, REFUSED, Behaviour, answering, fail, inside, page, sending

SUCCESS = json.dumps(GRANTED).encode()


def leaf(data: object) -> dict[str, object]:
    return inside(inside(data))


CASES: dict[str, tuple[Behaviour, type[KondadoError], str]] = {
    "200 refused": (sending(REFUSED), Rejected, "rejected"),
    "201 refused": (sending(REFUSED, "201 Created"), Rejected, "rejected"),
    "200 refused in a sentence": (sending({"success": False, "error": "Not for you"}), Rejected, "rejected"),
    "inner refused": (sending(inside(REFUSED)), Rejected, "rejected"),
    "inner refused without text": (sending(inside({"success": False})), Ambiguous, "contradiction"),
    "inner refused with a link": (sending(inside(REFUSED | {"link": LINK})), Ambiguous, "contradiction"),
    "refused with a link": (sending(REFUSED | {"data": {"link": LINK}}), Ambiguous, "contradiction"),
    "refused, granted inside": (sending(REFUSED | {"data": {"success": True}}), Ambiguous, "contradiction"),
    "success as text": (sending({"success": "true", "data": {"link": LINK}}), Ambiguous, "contradiction"),
    "success as 1": (sending({"success": 1, "data": {"link": LINK}}), Ambiguous, "contradiction"),
    "success null": (sending({"success": None}), Ambiguous, "contradiction"),
    "inner success as text": (sending(inside({"success": "true"})), Ambiguous, "contradiction"),
    "success twice": (
        sending(b'{"success":false,"success":true,"data":{"link":"x"}}'),
        Ambiguous,
        "bad_json",
    ),
    "success NaN": (sending(b'{"success":NaN,"data":{"link":"x"}}'), Ambiguous, "bad_json"),
    "infinity elsewhere": (sending(SUCCESS[:-1] + b',"n":-Infinity}'), Ambiguous, "bad_json"),
    "invalid UTF-8": (sending(SUCCESS.replace(b"kondado", b"kond\xff")), Ambiguous, "bad_json"),
    "UTF-16": (sending(SUCCESS.decode().encode("utf-16")), Ambiguous, "bad_json"),
    "byte order mark": (sending(b"\xef\xbb\xbf" + SUCCESS), Ambiguous, "bad_json"),
    "too deep": (sending(b"[" * 30_000 + b"]" * 30_000), Ambiguous, "bad_json"),
    "rather deep": (sending({"success": True, "x": json.loads("[" * 90 + "]" * 90)}), Ambiguous, "bad_json"),
    "huge integer": (sending(SUCCESS[:-1] + b',"n":' + b"9" * 10_000 + b"}"), Ambiguous, "bad_json"),
    "huge float": (sending(SUCCESS[:-1] + b',"n":1e999}'), Ambiguous, "bad_json"),
    "two documents": (sending(SUCCESS + SUCCESS), Ambiguous, "bad_json"),
    "a page": (page("200 OK"), Ambiguous, "bad_json"),
    "empty": (sending(b""), Ambiguous, "empty_body"),
    "blanks": (sending(b" \n"), Ambiguous, "empty_body"),
    "204": (answering(b"HTTP/1.1 204 No Content\r\n\r\n"), Ambiguous, "empty_body"),
    "bare link": (sending({"link": LINK}), Ambiguous, "no_envelope"),
    "a list": (sending([GRANTED]), Ambiguous, "no_envelope"),
    "null": (sending(b"null"), Ambiguous, "no_envelope"),
    "granted, nothing in it": (sending({"success": True}), Ambiguous, "link_missing"),
    "no link": (sending(leaf({})), Ambiguous, "link_missing"),
    "empty link": (sending(leaf({"link": ""})), Ambiguous, "link_missing"),
    "link a number": (sending(leaf({"link": 7})), Ambiguous, "link_missing"),
    "link a list": (sending(leaf({"link": [LINK]})), Ambiguous, "link_missing"),
    "link in a list": (sending(leaf([{"link": LINK}])), Ambiguous, "link_missing"),
    # the link itself
    "other host": (
        sending(leaf({"link": "https://evil.example/collection_guest/x"})),
        LinkWithheld,
        "link_withheld",
    ),
    "plain http": (sending(leaf({"link": LINK.replace("https", "http")})), LinkWithheld, "link_withheld"),
    "javascript": (sending(leaf({"link": "javascript:alert(1)"})), LinkWithheld, "link_withheld"),
    "2,049 characters": (sending(leaf({"link": LINK.ljust(2_049, "x")})), LinkWithheld, "link_withheld"),
    "unpaired surrogate": (sending(leaf({"link": LINK + "\ud800"})), LinkWithheld, "link_withheld"),
}


@pytest.mark.parametrize(("behaviour", "kind", "fault"), CASES.values(), ids=CASES.keys())
def test_each_body_has_its_class(behaviour: Behaviour, kind: type[KondadoError], fault: str) -> None:
    error = fail(behaviour)

    assert (type(error), error.fault) == (kind, fault)
    assert error.exchange is not None
    assert error.exchange.http_status is not None


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"success": 0, "error": "SOME_CODE"}, "success_not_boolean"),
        ({"success": "false", "error": "SOME_CODE"}, "success_not_boolean"),
        (REFUSED | {"data": inside(REFUSED)}, "true_inside_false"),
        (REFUSED | {"link": "x"}, "link_in_refusal"),
        (REFUSED | {"data": [{"url": "https://evil.example/x"}]}, "link_in_refusal"),
        (REFUSED | {"message": "app.kondado.com.br/collection_guest/x"}, "link_in_refusal"),
        (REFUSED | {"data": {"https://app.kondado.com.br/collection_guest/x": 1}}, "link_in_refusal"),
        (REFUSED | {"next": "https%3A%2F%2Fapp.kondado.com.br%2Fcollection_guest%2Fx"}, "link_in_refusal"),
        ({"success": False, "error": {"code": 1}, "message": None}, "refusal_without_text"),
        (b'{"a":{"b":1,"b":2},"success":true}', "duplicate_key"),
        (b'{"success":true,"n":NaN}', "not_a_number"),
        (b"\xef\xbb\xbf{}", "bom"),
        (b"{", "syntax"),
    ],
)
def test_the_broken_rule_is_named(body: object, rule: str) -> None:
    error = fail(sending(body))

    assert isinstance(error, Ambiguous)
    assert error.detail == rule


def test_a_refusal_keeps_the_vendors_words() -> None:
    error = fail(
        sending({"success": False, "error": "CLIENT_UNKNOWN", "message": "No such\n\x1b[31maccount‮."})
    )

    assert isinstance(error, Rejected)
    assert (error.code, error.message) == ("CLIENT_UNKNOWN", "No such [31maccount.")


def test_a_refusal_in_a_sentence_is_code_and_message() -> None:
    error = fail(sending({"success": False, "error": "Not\tfor you. " + "x" * 900}))

    assert isinstance(error, Rejected)
    assert error.code.startswith("Not for you. x")
    assert (len(error.code), len(error.message)) == (100, 500)


def test_an_address_in_the_vendors_words_is_no_guest_link() -> None:
    error = fail(sending(REFUSED | {"message": "See https://kondado.io/wiki/en/a/x or www.kondado.io."}))

    assert isinstance(error, Rejected)
    assert error.message == "See [link] or [link]"


def test_a_withheld_link_is_kept_for_the_quarantine_only() -> None:
    hostile = "https://app.kondado.com.br@evil.example/collection_guest/CANARY"
    error = fail(sending(leaf({"link": hostile})))

    assert isinstance(error, LinkWithheld)
    assert error.withheld == hostile
    assert (error.detail, error.host) == ("userinfo", "evil.example")
    assert "CANARY" not in repr(error) + str(error) + repr(error.args)
