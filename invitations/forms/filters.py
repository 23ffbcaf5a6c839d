"""A list's view in the address bar: read from it, and the addresses that chips and pages lead to. Must not query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from invitations.models import Direction, Stage
from invitations.words.names import choices


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


def options(rows: Iterable[tuple[int, str]], chosen: int | None) -> list[tuple[str, str, bool]]:
    """Value, name and whether it is chosen of each row: ready to show, because there may be hundreds."""
    return [(str(key), name, key == chosen) for key, name in rows]


LARGEST = 2**63 - 1  # what a database takes for a key
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)
IN_TIME = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]


class FilterForm(forms.Form):
    """The address bar of the list: every value may be missing, and a wrong one is left out."""

    q = forms.CharField(required=False, max_length=200)
    stage = forms.ChoiceField(required=False, choices=choices(Stage))
    direction = forms.ChoiceField(required=False, choices=choices(Direction))
    account = forms.IntegerField(required=False, min_value=1, max_value=LARGEST)
    connector = forms.IntegerField(required=False, min_value=1, max_value=LARGEST)
    manager = forms.IntegerField(required=False, min_value=1, max_value=LARGEST)
    to = forms.DateField(required=False, validators=IN_TIME)
    before = forms.IntegerField(required=False, min_value=1, max_value=LARGEST)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.DateField(
            required=False, validators=IN_TIME
        )  # a word that Python keeps for itself

    def values(self) -> dict[str, Any]:
        """The values that are there and right."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}


class HistoryForm(forms.Form):
    """The address bar of the history."""

    kind = forms.CharField(required=False, max_length=40)
    actor = forms.CharField(required=False, max_length=40)
    object = forms.CharField(required=False, max_length=60)
    before = forms.IntegerField(required=False, min_value=1, max_value=LARGEST)

    def values(self) -> dict[str, Any]:
        """The values that are there and right."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
