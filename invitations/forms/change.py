"""Forms for what a manager does with an invitation that was made. Must not write anything."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invitations.forms.fields import AddressField
from invitations.validators import validate_plain_text


class PersonForm(forms.Form):
    """Whom a mail goes to."""

    email = AddressField(label=_("Address"), error_messages={"required": _("Enter the address.")})
    name = forms.CharField(label=_("Name"), max_length=120, required=False, validators=[validate_plain_text])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs |= {"autocomplete": "off", "autofocus": True}


class ExtendForm(forms.Form):
    """For how long, and whether the guest is told."""

    days = forms.IntegerField(label=_("Days from now"), min_value=1, max_value=365)
    mail = forms.BooleanField(label=_("Mail the guest page to the guest again"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].widget.attrs["autofocus"] = True
