"""Forms for the help texts of a connector, one for each language. Must not write anything."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invitations.forms.fields import CheckedTextField
from invitations.models import Connector, GuestLanguage
from invitations.services.reads import help_texts
from invitations.services.reads.help_texts import Help
from invitations.words.names import LANGUAGES


class HelpForm(forms.Form):
    """What guests read in one language; everything may stay empty."""

    needs = CheckedTextField(
        label=_("What the guest needs at hand"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One thing in each line: a role, a key, an address."),
    )
    skip = CheckedTextField(
        label=_("Steps of the guide to skip"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    minutes = forms.IntegerField(
        label=_("Minutes it takes"),
        min_value=1,
        max_value=240,
        required=False,
        help_text=_("Only when somebody has measured it."),
    )

    def __init__(self, data: Any, *, language: str, text: Help) -> None:
        initial = {"needs": text.needs, "skip": text.skip, "minutes": text.minutes}
        super().__init__(data, prefix=language, initial=initial)
        self.language = language
        self.heading = LANGUAGES[GuestLanguage(language)].label

    def clean_needs(self) -> str:
        """As typed, in plain lines."""
        return self._lines("needs")

    def clean_skip(self) -> str:
        """As typed, in plain lines."""
        return self._lines("skip")

    def _lines(self, name: str) -> str:
        return "\n".join(line.strip() for line in self.cleaned_data[name].split("\n")).strip()

    @property
    def text(self) -> Help:
        """What a guest would read: as typed where that is sound, as stored before anything was typed."""
        values = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        return Help(self.language, values["needs"], values["skip"], values["minutes"])


def help_forms(connector: Connector, data: Any = None) -> list[HelpForm]:
    """One form for each language, filled with what is stored."""
    stored = help_texts.in_every_language(connector)
    return [HelpForm(data, language=code, text=text) for code, text in stored.items()]
