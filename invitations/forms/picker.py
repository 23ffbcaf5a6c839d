"""The picker of connectors: one select over the whole catalogue. Must not write anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from invitations.models import Direction, User
from invitations.models.connector import logo_version
from invitations.services.catalogue import listing
from invitations.services.reads import invitations
from invitations.typed.text import fold
from invitations.words.marks import monogram, tile_class
from invitations.words.names import DIRECTIONS

RecentKeys = Callable[[], tuple[int, ...]]  # asked only when it is shown
PRIMARY_KEY = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Option:
    """One connector on offer, and its face: the version of its logo, or a colour and letters."""

    key: str
    direction: str
    name: str
    logo: str
    tile: str
    mark: str


class Offer:
    """The connectors on offer to a person, asked once for all the pickers of one page and only when one is shown."""

    def __init__(self, user: User, recent: RecentKeys = tuple) -> None:
        self.user = user
        self._recent = recent

    @cached_property
    def options(self) -> list[Option]:
        """Every one, by name."""
        return [
            Option(str(pk), side, name, logo_version(logo) if logo else "", tile_class(name), monogram(name))
            for pk, side, name, logo in listing.connector_options(self.user)
        ]

    @cached_property
    def groups(self) -> list[tuple[str, list[Option]]]:
        """By direction, below a group of those asked for last."""
        by_key = {option.key: option for option in self.options}
        recent = [by_key[str(pk)] for pk in self._recent() if str(pk) in by_key]
        groups = [
            (str(DIRECTIONS[side].label), [one for one in self.options if one.direction == side])
            for side in Direction
        ]
        return [(str(_("Recent")), recent), *groups] if recent else groups


class PickerSelect(forms.Select):
    """A native select over all connectors; its options are the template's, not one widget each."""

    template_name = "forms/picker.html"
    offer: Offer

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """What the template shows."""
        attrs = self.build_attrs(self.attrs, attrs) | {"data-logos": reverse("connector_logo", args=[0])}
        return {
            "widget": {"name": name, "attrs": attrs},
            "groups": self.offer.groups,
            "chosen": str(value),
            "typed": "" if PRIMARY_KEY.fullmatch(str(value or "")) else value,
        }


class ConnectorField(forms.IntegerField):
    """The primary key of a connector, or words of its name that fit no other; gives the connector itself."""

    widget = PickerSelect
    direction = ""  # of the connectors that typed words may mean; empty for both
    offer: Offer

    def show(self, offer: Offer) -> None:
        """Offers these and no others."""
        self.offer = offer
        if isinstance(self.widget, PickerSelect):
            self.widget.offer = offer

    def clean(self, value: Any) -> Any:
        """The connector, offered or not. Raises ValidationError for a number that names none of the person's."""
        if value and not PRIMARY_KEY.fullmatch(str(value).strip()):
            value = self._meant(str(value))
        pk = super().clean(value)
        connector = invitations.connector(pk, user=self.offer.user) if pk is not None else None
        if pk is not None and connector is None:
            raise forms.ValidationError(
                _("This connector does not exist. Choose another one."), code="unknown"
            )
        return connector

    def _meant(self, typed: str) -> int:
        """The one connector whose name is typed, or else holds every word of it. Raises ValidationError."""
        rows = [row for row in listing.connector_options(self.offer.user) if self.direction in {"", row[1]}]
        words = fold(typed)
        found = [pk for pk, _side, name, _logo in rows if fold(name) == words] or [
            pk for pk, _side, name, _logo in rows if all(word in fold(name) for word in words.split())
        ]
        if len(found) == 1:
            return found[0]
        wrong = (
            _("“%(typed)s” fits several. Choose a connector.")
            if found
            else _("“%(typed)s” is not on the list. Choose a connector.")
        )
        raise forms.ValidationError(wrong, code="invalid", params={"typed": typed[:80]})
