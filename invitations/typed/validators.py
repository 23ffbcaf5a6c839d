"""Checks on single values that forms and commands share."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invitations.typed.addresses import Fault, NotAnAddress, Typed, read
from invitations.typed.invisible import out_of_place, shown, trimmed
from invitations.typed.text import fold, link_in

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
    """Raises ValidationError for control characters, line breaks, and what nobody sees and no word is built with."""
    if character := out_of_place(text):
        raise ValidationError(
            _(
                "Control characters and line breaks are not allowed here, nor what nobody sees: take out %(character)s."
            ),
            code="control",
            params={"character": shown(character)},
        )


def validate_plain_lines(text: str) -> None:
    """As validate_plain_text, for text in which line breaks and tabs are fine."""
    if character := out_of_place(text.replace("\n", "").replace("\t", "")):
        raise ValidationError(
            _("Control characters are not allowed here, nor what nobody sees: take out %(character)s."),
            code="control",
            params={"character": shown(character)},
        )


def validate_name(text: str) -> None:
    """A name that stands in mails. Raises ValidationError for what mail programs would make a link of."""
    validate_plain_text(text)
    if part := link_in(text):
        raise ValidationError(
            _(
                "“%(part)s” looks like an address, and mail programs would make a link of it. Enter a name only."
            ),
            code="link",
            params={"part": part[:80]},
        )


def clean_name(text: str) -> str:
    """The name of somebody, without what nobody sees at its edges. Raises ValidationError, as validate_name."""
    name = trimmed(text)
    validate_name(name)
    return name


ADDRESS_FAULTS = {
    Fault.NO_AT: gettext_lazy("There is no @ in it. Enter an address such as ana@example.com."),
    Fault.TWO_ATS: gettext_lazy("There is more than one @ in it. Enter an address such as ana@example.com."),
    Fault.SEVERAL: gettext_lazy("This is more than one address. Enter an address such as ana@example.com."),
    Fault.NOTHING_BEFORE: gettext_lazy("Nothing stands before the @. Enter an address such as ana@example.com."),
    Fault.NOTHING_AFTER: gettext_lazy("Nothing stands after the @. Enter an address such as ana@example.com."),
    Fault.CHARACTER: gettext_lazy("%(part)s cannot stand there in an address. Enter an address such as ana@example.com."),
    Fault.DOT: gettext_lazy("Before the @ stands “%(part)s”: a dot belongs between two letters or digits."),
    Fault.DOMAIN: gettext_lazy("After the @ stands “%(part)s”, which is not a domain that mail can reach."),
    Fault.TOO_LONG: gettext_lazy("An address has at most 254 characters, and at most 64 of them before the @."),
}  # fmt: skip


def typed_address(text: str) -> Typed:
    """The address in its one form, and the name pasted with it. Raises ValidationError, which says what is wrong."""
    try:
        return read(text)
    except NotAnAddress as error:
        part = shown(error.part) if error.fault == Fault.CHARACTER else error.part[:80]
        raise ValidationError(
            ADDRESS_FAULTS[error.fault], code=f"address_{error.fault}", params={"part": part}
        ) from None
