"""Kondado's answers: the documented envelopes, and refusals whose words are made up and say so.

The only documented error is the rate limit's; every code that starts with SANDBOX_ is invented here.
"""

from typing import Any

from invitations.kondado.sandbox.messages import Refusal, as_json

# Word for word from https://kondado.io/wiki/en/a/getting-started-API; it comes with HTTP status 200.
RATE_LIMIT_REFUSAL = {
    "success": False,
    "error": "RATE_LIMIT_EXCEEDED",
    "message": "Too many requests. Please try again in 60 seconds.",
}
MADE_UP = "This is the stand-in's own wording: the real service's words for this are not documented."


def list_answer(items: list[dict[str, Any]]) -> dict[str, Any]:
    """The single envelope of the catalogue. Source: https://kondado.io/wiki/en/a/parent-collections"""
    return {"success": True, "data": items}


def link_answer(link: Any) -> dict[str, Any]:
    """The double envelope of a created invitation. Source: https://kondado.io/wiki/en/a/Invitations-API"""
    return {"success": True, "data": {"success": True, "data": {"link": link}}}


def refusal(code: str, sentence: str) -> dict[str, Any]:
    """A refusal the documentation does not describe: `code` is completed to `SANDBOX_<code>`."""
    return {"success": False, "error": f"SANDBOX_{code}", "message": f"{sentence} {MADE_UP}"}


def refuse(code: str, sentence: str, status: int = 200) -> Refusal:
    """Such a refusal as a reply; 200 by default, as the one documented refusal has it."""
    return Refusal(status, as_json(refusal(code, sentence)))
