"""Forms for administrators: what a refusal means, stopping and releasing, what a restore left open."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from invitations.models.refusal import RefusalVerdict


class MarkForm(forms.Form):
    """What Kondado's words mean from now on."""

    verdict = forms.ChoiceField(
        label=_("What do these words mean?"),
        required=False,
        choices=[
            (RefusalVerdict.STOPS_ACCOUNT, _("Stops the account: the first such refusal holds it")),
            (RefusalVerdict.LINK_ONLY, _("This link only: such refusals never count for a hold")),
            ("", _("Not decided: two in a row hold the account")),
        ],
        widget=forms.RadioSelect,
    )
