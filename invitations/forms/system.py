"""Forms for administrators: what a refusal means, stopping and releasing, what a restore left open."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from invitations.forms.decisions import SomeLinksForm
from invitations.forms.fields import LineField
from invitations.models import Account
from invitations.words.names import REFUSAL_VERDICTS


class MarkForm(forms.Form):
    """What Kondado's words mean from now on."""

    verdict = forms.ChoiceField(
        label=_("What do these words mean?"),
        required=False,
        choices=[
            *[(verdict.value, name.sentence) for verdict, name in REFUSAL_VERDICTS.items()],
            ("", _("Not decided: two in a row hold the account")),
        ],
        widget=forms.RadioSelect,
    )


class StopForm(forms.Form):
    """What to stop, and why."""

    account = forms.ModelChoiceField(
        label=_("What to stop"),
        queryset=Account.objects.order_by("name", "id"),
        required=False,
        empty_label=_("Everything"),
    )
    detail = LineField(
        label=_("Why"),
        max_length=300,
        help_text=_("Kept with your name and the time, for whoever releases it."),
    )


class RestoredForm(SomeLinksForm):
    """What was found out about some of the links that waited when the database was restored."""

    SENT, CANCEL = "sent", "cancel"

    answer = forms.ChoiceField(
        label=_("What about the chosen ones?"),
        choices=[
            (SENT, _("Sent already: Kondado has them, so do not send them again")),
            (CANCEL, _("Cancel them: nobody needs them any more")),
        ],
        widget=forms.RadioSelect,
    )


class ComparedForm(forms.Form):
    """The word of an administrator that what is left was compared."""

    compared = forms.BooleanField(label=_("I compared the list: what is left was not sent yet"))
