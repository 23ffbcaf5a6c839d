"""Checks on single values that forms and commands share."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from invitations.text import fold, has_control_characters

CONTEXT_WORDS = ("kondado", "convite", "portal")
CLIENT_ID = re.compile(r"([0-9]{1,12})(?:-[0-9A-Za-z]{1,4})?")


class ContextWordValidator:
    """Refuses passwords built around a word that everybody here would guess."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError when little is left beside such a word."""
        rest = fold(password)
        for word in CONTEXT_WORDS:
            rest = rest.replace(word, "")
        if len(rest) < 8 and len(rest) < len(fold(password)):
            raise ValidationError(_("This password is too easy to guess here."), code="password_context")

    def get_help_text(self) -> str:
        """What the form says beside the field."""
        return _("Not built around the name of this portal or of Kondado.")


def clean_client_id(text: str) -> str:
    """The part before the hyphen of `12345-6`, as Kondado shows it beside the team's name.

    Raises ValidationError unless that part is 1 to 12 digits.
    """
    match = CLIENT_ID.fullmatch(text.strip())
    if not match:
        raise ValidationError(
            _("A client id is 1 to 12 digits; of 12345-6 the part before the hyphen counts.")
        )
    return match[1]


def validate_plain_text(text: str) -> None:
    """Raises ValidationError for control, line-separator, direction and zero-width characters."""
    if has_control_characters(text):
        raise ValidationError(_("Control characters and line breaks are not allowed here."), code="control")
