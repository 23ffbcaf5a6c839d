"""Turns the result of a call into text and back, for the spool. The text holds links: only sealed may it be kept."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from invitations.kondado.errors import Ambiguous, LinkWithheld, NotSent, RateLimited, Rejected
from invitations.kondado.types import Exchange, GuestLink, Phase
from invitations.services.sending.verdicts import Result


class NotAnAnswer(ValueError):  # noqa: N818  (says what the text is)
    """The text is not what `dump` wrote."""


def worth_keeping(result: Result) -> bool:
    """Whether Kondado may have acted: what was never sent needs no memory, it is simply tried again."""
    return not isinstance(result, NotSent)


def dump(result: Result, **facts: Any) -> str:
    """One result, with facts about the claim it belongs to."""
    exchange = asdict(result.exchange) if result.exchange is not None else None
    return json.dumps(facts | {"result": _fields(result) | {"exchange": exchange}}, ensure_ascii=False)


def load(text: str) -> tuple[Result, dict[str, Any]]:
    """What `dump` was given. Raises NotAnAnswer."""
    try:
        facts = json.loads(text)
        fields = facts.pop("result")
        kind, exchange = fields.pop("kind"), fields.pop("exchange")
        if exchange is not None:
            exchange = Exchange(**exchange | {"phase": Phase(exchange["phase"])})
        return _rebuild(kind, fields, exchange), facts
    except (ValueError, TypeError, KeyError, AttributeError):
        # Without a cause: what could not be read may be a link.
        raise NotAnAnswer("an answer kept on disk makes no sense") from None


def _fields(result: Result) -> dict[str, Any]:
    match result:
        case GuestLink():
            return {"kind": "ready", "url": result.url, "flags": result.flags}
        case RateLimited():
            return {"kind": "rate_limited", "fault": result.fault, "retry_after": result.retry_after}
        case Rejected():
            return {
                "kind": "rejected",
                "code": result.code,
                "message": result.message,
                "credential_refused": result.credential_refused,
            }
        case LinkWithheld():
            return {
                "kind": "withheld",
                "rule": result.detail,
                "withheld": result.withheld,
                "host": result.host,
            }
        case Ambiguous():
            return {
                "kind": "ambiguous",
                "fault": result.fault,
                "detail": result.detail,
                "credential_refused": result.credential_refused,
            }
        case _:
            raise TypeError(type(result).__name__)


def _rebuild(kind: str, fields: dict[str, Any], exchange: Exchange | None) -> Result:
    match kind:
        case "ready" if exchange is not None:
            return GuestLink(fields["url"], tuple(fields["flags"]), exchange)
        case "rate_limited":
            return RateLimited(fields["fault"], exchange, retry_after=fields["retry_after"])
        case "rejected":
            return Rejected(exchange, **fields)
        case "withheld":
            return LinkWithheld(fields["rule"], exchange, withheld=fields["withheld"], host=fields["host"])
        case "ambiguous":
            fault = fields.pop("fault")
            return Ambiguous(fault, exchange, **fields)
        case _:
            raise NotAnAnswer("an answer kept on disk is of no known kind")
