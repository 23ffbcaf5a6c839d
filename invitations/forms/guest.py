"""What guests type on their page, checked. Must not write anything."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from invitations.forms.fields import AddressField, NameField, TextField, pasted_name
from invitations.models import DeclineKind, GuestLanguage
from invitations.words.names import choices

NO_NAME = frozenset("@/\\<>")


class ForwardForm(forms.Form):
    """A colleague. The name stands in a mail, so it must not look like an address or a link."""

    to_name = NameField(
        max_length=80,
        required=False,
        error_messages={"max_length": _("Use at most 80 characters for the name.")},
    )
    to_email = AddressField(error_messages={"required": _("Enter your colleague’s address.")})

    def clean_to_name(self) -> str:
        """A name and nothing else."""
        return _only_a_name(self.cleaned_data["to_name"])

    def clean(self) -> None:
        """The name, or the one that was pasted with the address: a mail greets somebody."""
        if self.cleaned_data.get("to_name") == "":
            name = _only_a_name(pasted_name(self["to_email"].value() or ""))
            self.cleaned_data["to_name"] = name
            if not name:
                self.add_error("to_name", _("Enter your colleague’s name."))


def _only_a_name(text: str) -> str:
    """The name on one line. Raises ValidationError for what an address or a link is made of."""
    if wrong := next((one for one in text if one in NO_NAME), ""):
        raise forms.ValidationError(
            _("Take out “%(character)s”: enter a name only, without an address or a link."),
            params={"character": wrong},
        )
    return " ".join(text.split())


class DeclineForm(forms.Form):
    """A no and its reason. Who says that somebody else should be asked says who."""

    kind = forms.ChoiceField(
        choices=choices(DeclineKind), error_messages={"required": _("Choose one of these.")}
    )
    reason = TextField(
        max_length=500,
        required=False,
        error_messages={"max_length": _("Use at most 500 characters.")},
    )

    def clean(self) -> None:
        """`wrong_person` without a hint helps nobody."""
        if self.cleaned_data.get("kind") == DeclineKind.WRONG_PERSON and not self.cleaned_data.get("reason"):
            self.add_error("reason", _("Say who it should be: a name or a department is enough."))


class LanguageForm(forms.Form):
    """One of the languages that the portal speaks."""

    language = forms.ChoiceField()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["language"].choices = offered_languages()  # type: ignore[attr-defined]


def offered_languages() -> list[tuple[str, str]]:
    """Code and own name of each language that guests may be addressed in and the portal has texts for."""
    return [(code, str(name)) for code, name in settings.LANGUAGES if code in GuestLanguage.values]
