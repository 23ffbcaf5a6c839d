"""Forms for a person's decision on one link: settle an unknown outcome, send a refused one again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invitations.forms.fields import LineField
from invitations.models import AccessLink
from invitations.services.invitations import names


class SettleForm(forms.Form):
    """It exists, with the pasted link where there is one; or it does not, and a new attempt is made.

    `again`: whether one may be made.
    """

    EXISTS, ABSENT = "exists", "absent"

    DECISIONS = (
        (EXISTS, _("It exists: the invitation turned up at Kondado or in a mailbox")),
        (ABSENT, _("It does not exist: send it once more")),
    )

    decision = forms.ChoiceField(
        label=_("What did you find?"),
        choices=DECISIONS,
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
    note = LineField(
        label=_("How do you know?"),
        max_length=300,
        help_text=_("Kept with your name and the time."),
    )

    def __init__(self, *args: Any, again: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not again:
            self.fields["decision"].choices = [  # type: ignore[attr-defined]
                choice for choice in self.DECISIONS if choice[0] != self.ABSENT
            ]
            self.initial.setdefault("decision", self.EXISTS)


class SomeLinksForm(forms.Form):
    """Some of the links that a page lists."""

    links = forms.TypedMultipleChoiceField(
        coerce=int, error_messages={"required": _("Choose at least one invitation.")}
    )

    def __init__(self, *args: Any, links: Sequence[AccessLink], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = links
        self.fields["links"].choices = [(link.pk, link.pk) for link in links]  # type: ignore[attr-defined]

    def chosen(self) -> list[AccessLink]:
        """The links that were ticked."""
        return [link for link in self.offered if link.pk in self.cleaned_data["links"]]


class SettleSeveralForm(SomeLinksForm):
    """The same answer for several at once. None of them brings a link: those are settled one by one."""

    ABSENT, EXIST = "absent", "exist"

    decision = forms.ChoiceField(
        label=_("What did you find?"),
        choices=[
            (ABSENT, _("None of them exists: send each once more")),
            (EXIST, _("All of them exist, and Kondado mailed the guests")),
        ],
        widget=forms.RadioSelect,
    )
    note = LineField(
        label=_("How do you know?"),
        max_length=300,
        help_text=_("Kept with your name and the time, for each of them."),
    )


class SendAgainForm(forms.Form):
    """The name under which a refused link goes out once more."""

    assigned_collection_name = LineField(label=_("Name in Kondado"), max_length=names.LIMIT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assigned_collection_name"].widget.attrs["autofocus"] = True
