"""Forms for a person's decision on one link: settle an unknown outcome, send a refused one again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invitations.services import names
from invitations.validators import validate_plain_text


class SettleForm(forms.Form):
    """It exists, with the pasted link where there is one; or it does not, and a new attempt is made."""

    EXISTS, ABSENT = "exists", "absent"

    decision = forms.ChoiceField(
        label=_("What did you find?"),
        choices=[
            (EXISTS, _("It exists: the invitation turned up at Kondado or in a mailbox")),
            (ABSENT, _("It does not exist: send it once more")),
        ],
        widget=forms.RadioSelect,
    )
    # Text, not a URL field: what was pasted is judged by the rules for Kondado's links alone.
    link = forms.CharField(
        label=_("Kondado’s link"),
        required=False,
        max_length=2048,
        help_text=_("As Kondado’s mail shows it. Needed unless Kondado mailed the guest itself."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label=_("How do you know?"),
        max_length=300,
        validators=[validate_plain_text],
        help_text=_("Kept with your name and the time."),
    )


class SendAgainForm(forms.Form):
    """The name under which a refused link goes out once more."""

    assigned_collection_name = forms.CharField(
        label=_("Name in Kondado"), max_length=names.LIMIT, validators=[validate_plain_text]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assigned_collection_name"].widget.attrs["autofocus"] = True
