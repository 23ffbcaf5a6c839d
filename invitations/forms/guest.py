"""What guests type on their page, checked. Must not write anything."""

from __future__ import annotations

import re

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from invitations.forms.fields import AddressField
from invitations.models import DeclineKind, GuestLanguage
from invitations.validators import validate_plain_text
from invitations.words.names import choices

NO_NAME = re.compile(r"[@/\\<>]|www\.", re.IGNORECASE)


class ForwardForm(forms.Form):
    """A colleague. The name stands in a mail, so it must not look like an address or a link."""

    to_name = forms.CharField(
        max_length=80,
        validators=[validate_plain_text],
        error_messages={
            "required": _("Enter your colleague’s name."),
            "max_length": _("Use at most 80 characters for the name."),
        },
    )
    to_email = AddressField(error_messages={"required": _("Enter your colleague’s address.")})

    def clean_to_name(self) -> str:
        """A name and nothing else."""
        name = " ".join(self.cleaned_data["to_name"].split())
        if NO_NAME.search(name):
            raise forms.ValidationError(_("Enter a name only, without an address or a link."))
        return name


class DeclineForm(forms.Form):
    """A no and its reason. Who says that somebody else should be asked says who."""

    kind = forms.ChoiceField(
        choices=choices(DeclineKind), error_messages={"required": _("Choose one of these.")}
    )
    reason = forms.CharField(
        max_length=500,
        required=False,
        error_messages={"max_length": _("Use at most 500 characters.")},
    )

    def clean_reason(self) -> str:
        """Plain text; line breaks are allowed, other control characters are dropped."""
        lines = self.cleaned_data["reason"].splitlines()
        return "\n".join("".join(c for c in line if c.isprintable()).strip() for line in lines).strip()

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
