"""Faults inside a complete 200 answer: envelopes that lie, and bodies a JSON reader may choke on.

The invitation exists after each of them.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from invitations.kondado.sandbox.answers import link_answer, refusal
from invitations.kondado.sandbox.faults.base import Fault, Scene, replying
from invitations.kondado.sandbox.messages import HTML, Reply, json_reply

BOM = b"\xef\xbb\xbf"
DEPTH = 20_000
DIGITS = 10_000


def _json(name: str, says: str, build: Callable[[Scene], Any]) -> Fault:
    return replying(name, says, lambda scene: json_reply(build(scene)), created=True)


def _bytes(name: str, says: str, change: Callable[[bytes], bytes]) -> Fault:
    def build(scene: Scene) -> Reply:
        return replace(scene.sound, body=change(scene.sound.body))

    return replying(name, says, build, created=True)


def _outer(name: str, says: str, **outer: Any) -> Fault:
    return _json(name, says, lambda scene: outer | {"data": link_answer(scene.link)["data"]})


def _inner(name: str, says: str, **inner: Any) -> Fault:
    def build(scene: Scene) -> Any:
        return {"success": True, "data": inner | {"data": {"link": scene.link}}}

    return _json(name, says, build)


def _with(extra: bytes) -> Callable[[bytes], bytes]:
    """Put one more member at the front of the JSON object."""
    return lambda body: b"{" + extra + b", " + body[1:]


def _refused_with_link(scene: Scene) -> Any:
    return refusal("BUT_HERE_IT_IS", "Refused, with a link.") | {"data": {"link": scene.link}}


def _refused_with_link_as_name(scene: Scene) -> Any:
    return refusal("BUT_HERE_IT_IS", "Refused, with a link.") | {"data": {scene.link: True}}


def _refused_with_link_encoded(scene: Scene) -> Any:
    return refusal("BUT_HERE_IT_IS", "Refused, with a link.") | {"next": quote(scene.link, safe="")}


def _no_type(scene: Scene) -> Reply:
    return replace(scene.sound, content_type=None)


def _html_type(scene: Scene) -> Reply:
    return replace(scene.sound, content_type=HTML)


def _html_page(_scene: Scene) -> Reply:
    return Reply(200, b"<!doctype html><title>Kondado</title><h1>We will be back soon</h1>", HTML)


ENVELOPES = (
    _json("refused_with_link", "Says success false and gives a link all the same.", _refused_with_link),
    _json("refused_with_link_as_name", "The same, the link being the name of a member.",
          _refused_with_link_as_name),
    _json("refused_with_link_encoded", "The same, the link being percent-encoded.",
          _refused_with_link_encoded),
    _outer("envelopes_disagree", "Says success false outside and true inside, with the link.", success=False),
    _inner("envelopes_disagree_inner", "Says success true outside and false inside, with the link.",
           success=False),
    _outer("success_string", 'Says success "true", a string.', success="true"),
    _outer("success_number", "Says success 1, a number.", success=1),
    _outer("success_null", "Says success null.", success=None),
    _outer("success_missing", "Leaves success out of the outer envelope."),
    _inner("success_missing_inner", "Leaves success out of the inner envelope."),
    _bytes("duplicate_keys", "Says success twice: first false, then true.", _with(b'"success": false')),
    _bytes("nan", "Holds NaN, which JSON does not have.", _with(b'"elapsed": NaN')),
    _json("json_list", "Answers with a list where an object belongs.",
          lambda scene: [link_answer(scene.link)]),
    _json("json_null", "Answers with null.", lambda _scene: None),
)  # fmt: skip

BODIES = (
    replying("wrong_content_type", "Sends the sound answer as text/html.", _html_type, created=True),
    replying("no_content_type", "Sends the sound answer without a Content-Type.", _no_type, created=True),
    replying("not_json", "Answers 200 with an HTML page.", _html_page, created=True),
    _bytes("invalid_utf8", "Holds a byte that is no UTF-8.", _with(b'"note": "\xff\xfe"')),
    _bytes("bom", "Puts a byte order mark before the sound answer.", lambda body: BOM + body),
    _bytes("deep_json", "Holds 20,000 nested lists.", _with(b'"deep": ' + b"[" * DEPTH + b"]" * DEPTH)),
    _bytes("huge_number", "Holds a whole number of 10,000 digits.", _with(b'"count": ' + b"7" * DIGITS)),
    _bytes("trailing_garbage", "Writes more text behind the sound answer.", lambda body: body + b" {oops"),
    _bytes("cut_json", "Sends a complete answer whose JSON ends in the middle.", lambda body: body[:-9]),
    _bytes("empty_body", "Answers 200 with an empty body.", lambda _body: b""),
    replying("http_204", "Answers 204 No Content.", lambda _scene: Reply(204, b"", None), created=True,
             status=204),
    replying("http_201", "Sends the sound answer with status 201.",
             lambda scene: replace(scene.sound, status=201), created=True, status=201),
)  # fmt: skip
