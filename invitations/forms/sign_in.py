"""allauth's forms that ask for an address, reading it as every other form does. Must not write anything."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm, ResetPasswordForm
from django import forms

from invitations.forms.fields import AddressField
from invitations.typed.addresses import Fault


class SignInForm(LoginForm):
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = _address(self.fields["login"])


class ForgottenPasswordForm(ResetPasswordForm):
    """The address that a new password is asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = _address(self.fields["email"])


class MailboxField(AddressField):
    """An address by which somebody is looked up."""

    def to_python(self, value: Any) -> str:
        """In the form that mailboxes are compared by; one of this machine alone as it is. Raises ValidationError."""
        try:
            return super().to_python(value).lower()
        except forms.ValidationError as error:
            if error.code != f"address_{Fault.DOMAIN}":
                raise
            return str(value).strip().lower()


def _address(field: forms.Field) -> MailboxField:
    """The same field to look at, with the portal's one reader of addresses."""
    return MailboxField(label=field.label, widget=field.widget, error_messages=field.error_messages)
