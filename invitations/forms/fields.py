"""Fields that several forms share. Must not write anything."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invitations.text import normal_email


class AddressField(forms.EmailField):
    """An address that has a normal form, which tells one guest from another, and a host that mail can reach."""

    default_error_messages = {
        "invalid": _("Enter an address such as ana@example.com."),
        "unreachable": _("The part after the @ is not a domain that mail can reach."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def clean(self, value: Any) -> str:
        """The address as typed. Raises ValidationError."""
        address: str = super().clean(value)
        if address and not _is_reachable(address):
            raise forms.ValidationError(self.error_messages["unreachable"], code="unreachable")
        return address


def _is_reachable(address: str) -> bool:
    try:
        return "." in normal_email(address).rpartition("@")[2]
    except ValueError:
        return False
