"""Reads the body of an answer: strict JSON, then Kondado's nested envelopes. Knows no HTTP and no status code.

Kondado wraps some answers once, some twice: {"success": true, "data": {"success": true, "data": …}}
(https://kondado.io/wiki/en/a/Invitations-API, https://kondado.io/wiki/en/a/parent-collections).
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import unquote

from .links import GUEST_PATH

DEEPEST = 64
LONGEST_NUMBER = 40
RATE_LIMIT_CODE = (
    "RATE_LIMIT_EXCEEDED"  # the one documented code: https://kondado.io/wiki/en/a/getting-started-API
)
MISSING = object()


class UnreadableError(Exception):
    """The body cannot be believed. `fault` is a stable code, `rule` the rule that failed."""

    def __init__(self, fault: str, rule: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Granted:
    """Every level said true. `leaf` is what the innermost one holds, MISSING when it holds nothing."""

    leaf: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A well-formed refusal in raw vendor words: `success` exactly false, an error text, no link anywhere."""

    code: str = field(repr=False)
    message: str = field(repr=False)
    rate_limited: bool


def read(body: bytes) -> Granted | Refused:
    """Parse a body and open its envelopes; raise UnreadableError when any part of it could be read in two ways."""
    value = _parse(body)
    levels, leaf = _levels(value)
    if not all(isinstance(level["success"], bool) for level in levels):
        raise UnreadableError("contradiction", "success_not_boolean")
    granted = [level["success"] is True for level in levels]
    if granted != sorted(granted, reverse=True):
        raise UnreadableError("contradiction", "true_inside_false")
    if all(granted):
        return Granted(leaf)
    return _refusal([level for level in levels if level["success"] is False], value)


def _parse(body: bytes) -> object:
    if not body.strip():
        raise UnreadableError("empty_body", "empty")
    try:
        value: object = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=_bounded_int,
            parse_float=_bounded_float,
        )
    except UnicodeDecodeError:
        rule = "utf8"
    except RecursionError:
        rule = "deep"
    except _RuleBrokenError as broken:
        rule = broken.rule
    except ValueError:
        rule = "bom" if body.startswith(b"\xef\xbb\xbf") else "syntax"
    else:
        if all(depth <= DEEPEST for depth, _, _ in _walk(value)):
            return value
        rule = "deep"
    raise UnreadableError("bad_json", rule)


def _levels(value: object) -> tuple[list[dict[str, object]], object]:
    levels = []
    while isinstance(value, dict) and "success" in value:
        levels.append(value)
        value = value.get("data", MISSING)
    if not levels:
        raise UnreadableError("no_envelope", "success_missing")
    return levels, value


def _refusal(levels: list[dict[str, object]], whole: object) -> Refused:
    """Read the levels that said false, the outermost first."""
    if any(_is_link(key, value) or _is_link("", key) for _, key, value in _walk(whole)):
        raise UnreadableError("contradiction", "link_in_refusal")
    codes = [_text(level.get("error")) for level in levels]
    messages = [_text(level.get("message")) for level in levels]
    code = next(filter(None, codes), "")
    message = next(filter(None, messages), "") or code
    if not message:
        raise UnreadableError("contradiction", "refusal_without_text")
    return Refused(code=code, message=message, rate_limited=RATE_LIMIT_CODE in codes)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _is_link(key: str, value: object) -> bool:
    """True for what a guest link could hide in; an address within a sentence of the vendor is not one."""
    if key == "link" and value:
        return True
    if not isinstance(value, str):
        return False
    lowered = unquote(value).strip().lower()
    return GUEST_PATH.lstrip("/") in lowered or lowered.startswith(("http://", "https://"))


def _walk(value: object) -> Iterator[tuple[int, str, object]]:
    """Every value below `value` with its depth and key, without recursion."""
    waiting: list[tuple[int, str, object]] = [(1, "", value)]
    while waiting:
        depth, key, current = waiting.pop()
        yield depth, key, current
        if isinstance(current, dict):
            waiting.extend((depth + 1, name, inner) for name, inner in current.items())
        elif isinstance(current, list):
            waiting.extend((depth + 1, key, inner) for inner in current)


class _RuleBrokenError(ValueError):
    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RuleBrokenError("duplicate_key")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise _RuleBrokenError("not_a_number")


def _bounded_int(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise _RuleBrokenError("huge_number")
    return int(digits)


def _bounded_float(digits: str) -> float:
    number = float(digits) if len(digits) <= LONGEST_NUMBER else math.inf
    if not math.isfinite(number):
        raise _RuleBrokenError("huge_number")
    return number
