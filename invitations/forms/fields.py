"""Fields that several forms share: each reads one kind of text that people type. Must not write anything."""

from __future__ import annotations

from typing import Any

from django import forms

from invitations.typed.addresses import LONGEST_TYPED
from invitations.typed.invisible import is_blank, trimmed, with_plain_line_ends
from invitations.typed.text import free_text
from invitations.typed.validators import (
    typed_address,
    validate_name,
    validate_plain_lines,
    validate_plain_text,
)

LONGEST_NAME = 80  # as long as the shortest field for names


class AddressField(forms.CharField):
    """An address as people type and paste it, in the one form that is stored and used.

    Plain text for the browser, which would refuse or rewrite what is pasted into a field for addresses.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_TYPED, strip=False, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """What helps a keyboard on a screen, where the widget says nothing else."""
        helps = {"inputmode": "email", "autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
        return helps | super().widget_attrs(widget) | widget.attrs

    def to_python(self, value: Any) -> str:
        """The address in its one form. Raises ValidationError."""
        text = super().to_python(value) or ""
        return typed_address(text).address if text.strip() else ""


def pasted_name(text: str) -> str:
    """The name that was pasted with an address; empty where there was none, or where it is none for a mail."""
    try:
        name = typed_address(text).name[:LONGEST_NAME]
        validate_name(name)
    except forms.ValidationError:
        return ""
    return name


class LineField(forms.CharField):
    """One line of text. What nobody sees at its edges goes; inside, it is refused unless words are built with it."""

    default_validators = [validate_plain_text]

    def to_python(self, value: Any) -> str:
        """The line; empty where nobody would see anything of it."""
        return trimmed(str(super().to_python(value)))


class NameField(LineField):
    """The name of somebody. It stands in mails, so nothing in it may become a link."""

    default_validators = [validate_name]


class TextField(forms.CharField):
    """Text of several lines. A line break counts as one character, however the browser sends it."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        """The text without control characters; empty where nobody would see anything of it."""
        return free_text(str(super().to_python(value)))


class CheckedTextField(forms.CharField):
    """Text of several lines, refused where it holds what nobody sees: whoever writes to guests looks at it again."""

    widget = forms.Textarea
    default_validators = [validate_plain_lines]

    def to_python(self, value: Any) -> str:
        """The text with plain line ends; empty where nobody would see anything of it."""
        text = with_plain_line_ends(str(super().to_python(value)))
        return "" if is_blank(text) else text
