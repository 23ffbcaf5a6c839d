"""A list's view as addresses: what a chip or the next page leads to. Must not query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter to press. Pressing one that is on takes it away."""

    label: str
    url: str
    on: bool


def query(values: dict[str, Any], **changes: Any) -> str:
    """The view in `values` with some of it changed (None takes away), as the end of an address."""
    changed = {name: value for name, value in (values | changes).items() if value not in (None, "")}
    return f"?{urlencode(changed)}"


def chips(name: str, choices: list[tuple[Any, Any]], values: dict[str, Any]) -> list[Chip]:
    """One chip for each choice of the filter `name`, each from the first page on."""
    on = values.get(name)
    return [
        Chip(str(label), query(values, **{name: None if value == on else value, "before": None}), value == on)
        for value, label in choices
    ]
