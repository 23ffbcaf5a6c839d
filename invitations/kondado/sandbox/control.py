"""The machine-readable addresses under /sandbox/, for tests and people in other processes.

They need no key or token and never show one.
"""

import json
from typing import Any
from urllib.parse import parse_qsl

from invitations.kondado.sandbox.messages import HTML, Reply, Request, json_reply
from invitations.kondado.sandbox.world import World

FORM_TYPE = "application/x-www-form-urlencoded"
JSON_TYPE = "application/json"


def show_ledger(world: World, _request: Request) -> Reply:
    """GET /sandbox/ledger.json: every invitation that exists, oldest first."""
    records = [
        item.as_json() | {"finished": world.ledger.is_finished(item)} for item in world.ledger.invitations()
    ]
    return json_reply(records)


def show_calls(world: World, _request: Request) -> Reply:
    """GET /sandbox/calls.json: every API call, oldest first."""
    return json_reply([call.as_json() for call in world.ledger.calls()])


def ask_fault(world: World, request: Request) -> Reply:
    """POST /sandbox/faults with `fault`, and `times` and `method` if not 1 and POST."""
    try:
        fields = _fields(request)
        world.mischief.ask(
            str(fields["fault"]), int(fields.get("times", 1)), str(fields.get("method", "POST"))
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return json_reply(
            {"error": "a known fault, times from 1 up, and method POST, GET or ANY are needed"}, 400
        )
    return _done(request, {"pending": world.mischief.pending()})


def reset(world: World, request: Request) -> Reply:
    """POST /sandbox/reset: forget everything."""
    world.reset()
    return _done(request, {"pending": []})


def _fields(request: Request) -> dict[str, Any]:
    if _kind(request) == JSON_TYPE:
        return dict(json.loads(request.body))
    return dict(parse_qsl(request.body.decode(), max_num_fields=20))


def _done(request: Request, result: Any) -> Reply:
    """Back to the front page for a form, JSON for a program."""
    if _kind(request) == FORM_TYPE:
        return Reply(303, b"", HTML, (("Location", "/"),))
    return json_reply(result)


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
