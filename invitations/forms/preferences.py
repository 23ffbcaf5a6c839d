"""The form of a person's own preferences. Must not write anything."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from invitations.forms.fields import NameField
from invitations.models import User

AREAS = (
    "America",
    "Europe",
    "Africa",
    "Asia",
    "Atlantic",
    "Australia",
    "Indian",
    "Pacific",
    "Antarctica",
    "Arctic",
)


@lru_cache(maxsize=1)
def zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every zone that is named after a place, by area. Old names such as US/Eastern are left out."""
    names = sorted(zoneinfo.available_timezones())
    return [
        (
            area,
            [
                (name, name.partition("/")[2].replace("_", " "))
                for name in names
                if name.startswith(f"{area}/")
            ],
        )
        for area in AREAS
    ]


class PreferencesForm(forms.Form):
    """`/preferences/`: what a person may change about themselves."""

    full_name = NameField(
        label=_("Name"),
        max_length=120,
        required=False,
        help_text=_("Guests read it on the pages and mails of your invitations."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Of the portal, for you alone. Each invitation has a language of its own for its guest."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, help_text=_("Every time on the portal’s pages is shown in it.")
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        columns = ("full_name", "language", "time_zone")
        super().__init__(data, initial={name: getattr(user, name) for name in columns})
        usual = (_("As the portal: %(zone)s") % {"zone": settings.TIME_ZONE.replace("_", " ")},)
        zone = self.fields["time_zone"]
        assert isinstance(zone, forms.ChoiceField)  # noqa: S101  (tells the type checker)
        zone.choices = [("", *usual), *zones(), ("", [("UTC", "UTC")])]
