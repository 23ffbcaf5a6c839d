"""What people type on the portal's pages, checked. Must not write anything.

The form of a new invitation asks for little: what is left empty follows from the account.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from invitations.errors import Difference
from invitations.forms.fields import AddressField, CheckedTextField, LineField, NameField, pasted_name
from invitations.forms.lines import ConnectorLine, typed_lines
from invitations.models import Account, Delivery, Direction, GuestLanguage, User
from invitations.nonces import NONCE, marked_nonce
from invitations.services.reads import invitations
from invitations.words.names import DELIVERIES, LANGUAGES, choices

LOOK_BELOW = _("Nothing was saved. Please look at the fields marked below.")


class AccountField(forms.ChoiceField):
    """One of the accounts that were offered; gives the account itself."""

    def offer(self, accounts: list[Account]) -> None:
        """Takes the accounts to choose from."""
        self._offered = {str(account.pk): account for account in accounts}
        names = [(pk, account.name) for pk, account in self._offered.items()]
        self.choices = [("", _("Choose an account")), *names]

    def clean(self, value: Any) -> Any:
        """The account. Raises ValidationError for one that was not offered."""
        return self._offered.get(super().clean(value))


class InvitationForm(forms.Form):
    """`/invitations/new/`. Fields left empty take the account's defaults; the connectors stand in `lines`."""

    account = AccountField(
        label=_("Account"),
        error_messages={
            "required": _("Choose an account."),
            "invalid_choice": _("This account is not one of yours. Choose another one."),
        },
    )
    direction = forms.ChoiceField(
        label=_("What should the guest set up?"),
        choices=choices(Direction),
        required=False,
        widget=forms.RadioSelect,
    )
    recipient_email = AddressField(
        label=_("Guest’s address"), error_messages={"required": _("Enter the guest’s address.")}
    )
    recipient_name = NameField(label=_("Guest’s name"), max_length=120, required=False)
    delivery = forms.ChoiceField(
        label=_("How the guest gets the link"),
        choices=[("", _("As usual for the account")), *choices(Delivery)],
        required=False,
        widget=forms.RadioSelect,
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("The account’s language")), *choices(GuestLanguage)],
        required=False,
    )
    message = CheckedTextField(
        label=_("Message"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    expires_in_days = forms.IntegerField(
        label=_("Days until it expires"),
        min_value=1,
        max_value=365,
        required=False,
        help_text=_("Left empty, the account’s default counts."),
    )
    insist_reason = LineField(label=_("Why a second one?"), max_length=300, required=False)
    form_nonce = forms.CharField(
        widget=forms.HiddenInput,
        validators=[RegexValidator(NONCE)],
        error_messages={"required": _("The page was not complete. Nothing was sent; send it again.")},
    )

    def __init__(
        self,
        *args: Any,
        user: User,
        accounts: list[Account] | None = None,
        more_lines: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.accounts = list(Account.objects.usable_by(user)) if accounts is None else accounts
        field = self.fields["account"]
        assert isinstance(field, AccountField)  # noqa: S101  (tells the type checker)
        field.offer(self.accounts)
        self.fields["recipient_email"].widget.attrs |= {"autocomplete": "off", "list": "known-guests"}
        self.lines = typed_lines(
            self.data if self.is_bound else self.initial,
            user=user,
            recent=lambda: self.recent.connectors,
            bound=self.is_bound,
            more=more_lines,
        )

    @cached_property
    def recent(self) -> invitations.Recent:
        """What this person asked for last; looked up only when it is shown."""
        return invitations.recent(user=self.user, accounts=self.accounts)

    def clean(self) -> dict[str, Any]:
        """Checks fields and lines against each other and fills in what was left empty."""
        data = super().clean() or self.cleaned_data
        account = data.get("account")
        if "form_nonce" in self.errors:
            # A form without its mark cannot be told from a repeated one: it is refused, and marked for the next try.
            self.add_error(None, self.errors["form_nonce"].as_data())
            self.renew_nonce()
        self.lines.check(account=account, direction=data.get("direction", ""))
        if account:
            self._fill_in(account)
        if data.get("recipient_email") and data.get("recipient_name") == "":
            data["recipient_name"] = pasted_name(self["recipient_email"].value())
        guest = data.get("recipient_name") or data.get("recipient_email") or ""
        data["wanted"] = self.lines.wanted(account=account, guest=guest)
        if self.lines.too_many:
            raise forms.ValidationError(
                _("Ask for 20 connectors at most in one invitation."), code="too_many"
            )
        if self.lines.have_errors:
            raise forms.ValidationError(LOOK_BELOW, code="lines")
        return data

    def renew_nonce(self) -> None:
        """Marks the form for the next try: what is sent then is not this one repeated."""
        data: Any = copy(self.data)  # a QueryDict's copy can be changed
        data["form_nonce"] = marked_nonce(self.user)
        self.data = data

    def _fill_in(self, account: Account) -> None:
        data = self.cleaned_data
        data["delivery"] = data.get("delivery") or default_delivery(account)
        data["language"] = data.get("language") or account.default_language
        data["expires_in_days"] = data.get("expires_in_days") or account.default_expires_in_days
        if data["delivery"] != Delivery.KONDADO and not account.silent_address:
            self.add_error(
                "delivery",
                _(
                    "This account has no silent address, so Kondado would mail the guest too. Let Kondado mail its own link."
                ),
            )

    def focus_first_error(self) -> None:
        """The first field with an error takes the keyboard when the page opens."""
        for form, name in self._in_reading_order():
            if name in form.errors:
                form.fields[name].widget.attrs["autofocus"] = True
                return

    def _in_reading_order(self) -> Iterator[tuple[forms.Form, str]]:
        for name in self.fields:
            if name == "recipient_email":
                yield from ((line, field) for line in self.lines for field in line.fields)
            yield self, name


def labelled(differences: tuple[Difference, ...]) -> list[tuple[Any, str, str]]:
    """What differs between two sendings of a form, under the labels of its fields."""
    labels = {
        name: field.label
        for form in (InvitationForm, ConnectorLine)
        for name, field in form.base_fields.items()
    }
    names = {"account_id": "account", "recipient_normal": "recipient_email"}
    return [
        (labels[names.get(one.field, one.field)], _label(one.field, one.made), _label(one.field, one.asked))
        for one in differences
    ]


def _label(field: str, value: str) -> str:
    if field == "delivery":
        return str(DELIVERIES[Delivery(value)].label)
    return str(LANGUAGES[GuestLanguage(value)].label) if field == "language" else value


def default_delivery(account: Account) -> str:
    """The portal mails the guest page where Kondado can be kept from mailing the guest."""
    return Delivery.PORTAL if account.silent_address else Delivery.KONDADO
