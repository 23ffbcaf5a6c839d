"""Forms for what a manager does with an invitation that was made. Must not write anything."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invitations.forms.fields import AddressField, NameField, pasted_name


class PersonForm(forms.Form):
    """Whom a mail goes to."""

    email = AddressField(label=_("Address"), error_messages={"required": _("Enter the address.")})
    name = NameField(label=_("Name"), max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs |= {"autofocus": True}

    def clean_name(self) -> str:
        """The name; left empty, the one that was pasted with the address."""
        return self.cleaned_data["name"] or pasted_name(self["email"].value() or "")


class ExtendForm(forms.Form):
    """For how long, and whether the guest is told."""

    days = forms.IntegerField(label=_("Days from now"), min_value=1, max_value=365)
    mail = forms.BooleanField(label=_("Mail the guest page to the guest again"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].widget.attrs["autofocus"] = True
