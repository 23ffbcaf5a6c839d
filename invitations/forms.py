"""What people type on the portal's pages, checked. Must not write anything.

The form of a new invitation asks for little: what is left empty follows from the account.
"""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from invitations.models import Account, Connector, Delivery, Direction, GuestLanguage, User
from invitations.picker import ConnectorField, PickerSelect
from invitations.services import invitations, reading
from invitations.text import has_control_characters, normal_email
from invitations.validators import validate_plain_text

NAME_LIMIT = 100
NONCE = RegexValidator(r"^[A-Za-z0-9_-]{8,64}$")


def new_nonce() -> str:
    """Marks one showing of the form, so that pressing twice makes one invitation."""
    return token_urlsafe(24)


class InvitationForm(forms.Form):
    """`/invitations/new/`. Fields left empty take the account's defaults; `name_is_taken` is a warning."""

    account = forms.ModelChoiceField(
        Account.objects.none(),
        label=_("Account"),
        empty_label=_("Choose an account"),
        error_messages={
            "required": _("Choose an account."),
            "invalid_choice": _("This account is not one of yours. Choose another one."),
        },
    )
    direction = forms.ChoiceField(
        label=_("What should the guest set up?"),
        choices=Direction.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    connector = ConnectorField(
        label=_("Connector"),
        error_messages={"required": _("Choose a connector."), "invalid": _("Choose a connector.")},
    )
    recipient_email = forms.EmailField(
        label=_("Guest’s address"),
        max_length=254,
        error_messages={
            "required": _("Enter the guest’s address."),
            "invalid": _("Enter an address such as ana@example.com."),
        },
    )
    recipient_name = forms.CharField(
        label=_("Guest’s name"), max_length=120, required=False, validators=[validate_plain_text]
    )
    assigned_collection_name = forms.CharField(
        label=_("Name in Kondado"),
        max_length=NAME_LIMIT,
        required=False,
        strip=False,
        help_text=_(
            "What it will be called in Kondado. Left empty, a name is made from the account’s pattern."
        ),
    )
    delivery = forms.ChoiceField(
        label=_("How the guest gets the link"),
        choices=[("", _("As usual for the account")), *Delivery.choices],
        required=False,
        widget=forms.RadioSelect,
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("The account’s language")), *GuestLanguage.choices],
        required=False,
    )
    message = forms.CharField(
        label=_("Message"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    expires_in_days = forms.IntegerField(
        label=_("Days until it expires"),
        min_value=1,
        max_value=365,
        required=False,
        help_text=_("Left empty, the account’s default counts."),
    )
    insist_reason = forms.CharField(
        label=_("Why a second one?"), max_length=300, required=False, validators=[validate_plain_text]
    )
    form_nonce = forms.CharField(
        widget=forms.HiddenInput,
        validators=[NONCE],
        error_messages={"required": _("The page was not complete. Nothing was sent; send it again.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = self.fields["account"]
        assert isinstance(accounts, forms.ModelChoiceField)  # noqa: S101  (tells the type checker)
        accounts.queryset = Account.objects.usable_by(user)
        picker = self.fields["connector"].widget
        picker.attrs |= {"data-picker": "connector", "autocomplete": "off"}
        if isinstance(picker, PickerSelect):
            picker.user = user
        self.user = user
        self.fields["recipient_email"].widget.attrs |= {"autocomplete": "off", "list": "known-guests"}
        self.name_is_taken = False

    def known_guests(self) -> list[tuple[str, str]]:
        """Address and name of the people invited last, to choose from."""
        return reading.known_guests(user=self.user)

    def clean_connector(self) -> Connector:
        """One connector; a second one is refused rather than dropped."""
        if isinstance(self.data, QueryDict) and len(self.data.getlist("connector")) > 1:
            raise forms.ValidationError(_("Choose one connector for each invitation."), code="several")
        connector: Connector = self.cleaned_data["connector"]
        return connector

    def clean_recipient_email(self) -> str:
        """An address with a normal form, which is what tells one guest from another."""
        address: str = self.cleaned_data["recipient_email"]
        try:
            normal_email(address)
        except ValueError:
            raise forms.ValidationError(
                _("The part after the @ is not a domain that mail can reach.")
            ) from None
        return address

    def clean_assigned_collection_name(self) -> str:
        """A name without control characters and without white space around it."""
        name: str = self.cleaned_data["assigned_collection_name"]
        if has_control_characters(name):
            raise forms.ValidationError(
                _("Control characters and line breaks are not allowed here."), code="control"
            )
        return name.strip()

    def clean_message(self) -> str:
        """Line breaks are fine, other control characters are not."""
        message = str(self.cleaned_data["message"]).replace("\r\n", "\n")
        if has_control_characters(message.replace("\n", "").replace("\t", "")):
            raise forms.ValidationError(_("Control characters are not allowed here."), code="control")
        return message

    def clean(self) -> dict[str, Any]:
        """Checks fields against each other and fills in what was left empty."""
        data = super().clean() or self.cleaned_data
        account, connector = data.get("account"), data.get("connector")
        if "form_nonce" in self.errors:
            self._renew_nonce()
        if connector:
            self._check_connector(connector, account)
        if account:
            self._fill_in(account)
        if account and connector:
            self._name(account, connector)
        return data

    def _renew_nonce(self) -> None:
        """A form without its mark cannot be told from a repeated one: it is refused, and marked for the next try."""
        self.add_error(None, self.errors["form_nonce"].as_data())
        self.data = {name: self.data[name] for name in self.data} | {"form_nonce": new_nonce()}

    def _check_connector(self, connector: Connector, account: Account | None) -> None:
        direction = self.cleaned_data.get("direction")
        if direction and connector.direction != direction:
            self.add_error("connector", _("This connector is of the other direction. Choose another one."))
        elif not connector.is_active:
            self.add_error("connector", _("Kondado no longer offers this connector. Choose another one."))
        elif account and not reading.is_granted(connector=connector, account=account):
            self.add_error(
                "connector", _("Kondado does not offer this connector for the account. Choose another one.")
            )

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

    def _name(self, account: Account, connector: Connector) -> None:
        name = self.cleaned_data.get("assigned_collection_name")
        if name:
            self.name_is_taken = invitations.name_in_use(account=account, name=name)
        elif name is not None:
            guest = self.cleaned_data.get("recipient_name") or self.cleaned_data.get("recipient_email") or ""
            self.cleaned_data["assigned_collection_name"] = invitations.suggest_name(
                account=account, connector_name=connector.name, guest=guest
            )

    def focus_first_error(self) -> None:
        """The first field with an error takes the keyboard when the page opens."""
        first = next((name for name in self.fields if name in self.errors), None)
        if first:
            self.fields[first].widget.attrs["autofocus"] = True


def default_delivery(account: Account) -> str:
    """The portal mails the guest page where Kondado can be kept from mailing the guest."""
    return Delivery.PORTAL if account.silent_address else Delivery.KONDADO
