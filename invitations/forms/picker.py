"""The picker of connectors: one select over the whole catalogue, out of options that were written before.

Must not write anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from invitations.models import Direction
from invitations.models.connector import logo_version
from invitations.services.catalogue import listing
from invitations.services.reads import invitations
from invitations.templatetags.portal_ui import monogram, tile_class
from invitations.words.names import DIRECTIONS

RecentKeys = Callable[[], tuple[int, ...]]  # asked only when it is shown
PRIMARY_KEY = re.compile(r"[0-9]{1,18}")


@lru_cache(maxsize=8)
def connector_options(stamp: tuple[Any, ...], language: str) -> str:
    """The picker's options, written once for each change of the catalogue: 150 widgets would cost ten times a page.

    `stamp` and `language` only tell one version of the catalogue's names from another.
    """
    rows = listing.connector_options()
    return "".join(
        format_html(
            '<optgroup label="{}">{}</optgroup>',
            DIRECTIONS[direction].label,
            format_html_join(
                "",
                '<option value="{}" data-direction="{}"{}>{}</option>',
                ((pk, side, _face(name, logo), name) for pk, side, name, logo in rows if side == direction),
            ),
        )
        for direction in Direction
    )


def connector_choices(
    chosen: Any = None, recent: tuple[int, ...] = (), *, stamp: tuple[Any, ...] | None = None
) -> SafeString:
    """The options of every connector on offer, with `chosen` selected and the `recent` ones once more on top.

    `stamp` spares the look at the catalogue where the page has taken it already.
    """
    options = connector_options(stamp or invitations.catalogue_stamp(), get_language() or "")
    if again := "".join(_option(options, pk) for pk in recent):
        options = format_html('<optgroup label="{}">', _("Recent")) + again + "</optgroup>" + options
    if PRIMARY_KEY.fullmatch(str(chosen or "")):
        options = options.replace(f'<option value="{chosen}"', f'<option value="{chosen}" selected', 1)
    return mark_safe(options)  # noqa: S308  (escaped one by one when they were written)


def _face(name: str, logo: str) -> SafeString:
    """What stands before the name: the version of the logo, or letters and a colour."""
    if logo:
        return format_html(' data-logo="{}"', logo_version(logo))
    return format_html(' data-tile="{}" data-mark="{}"', tile_class(name), monogram(name))


def _option(options: str, pk: int) -> str:
    """One connector's option out of all of them; empty when it is no longer on offer."""
    start = options.find(f'<option value="{pk}" ')
    return options[start : options.find("</option>", start) + len("</option>")] if start >= 0 else ""


class PickerSelect(forms.Select):
    """A native select over all connectors, out of options that were rendered before."""

    recent: RecentKeys = tuple

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The select, with the option of `value` chosen."""
        return format_html(
            '<select name="{}"{}><option value=""></option>{}</select>',
            name,
            flatatt(
                self.build_attrs(self.attrs, attrs) | {"data-logos": reverse("connector_logo", args=[0])}
            ),
            connector_choices(value, self.recent()),
        )


class ConnectorField(forms.IntegerField):
    """The primary key of a connector; gives the connector itself."""

    widget = PickerSelect

    def clean(self, value: Any) -> Any:
        """The connector, offered or not. Raises ValidationError for a number that names none."""
        if value and not PRIMARY_KEY.fullmatch(str(value).strip()):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        pk = super().clean(value)
        connector = invitations.connector(pk) if pk is not None else None
        if pk is not None and connector is None:
            raise forms.ValidationError(
                _("This connector does not exist. Choose another one."), code="unknown"
            )
        return connector
