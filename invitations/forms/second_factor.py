"""The second factor at sign-in and when it is asked for again: as allauth's, within the portal's own bounds."""

from __future__ import annotations

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from invitations.errors import TooManyTries
from invitations.place import source_of
from invitations.services.people import failed_tries, guesses


class _Bounded:
    def clean_code(self) -> str:
        """The code, if it is right and not too many were tried. Raises TooManyTries."""
        user, typed = self.user, self.cleaned_data["code"]  # type: ignore[attr-defined]
        try:
            guess = guesses.code(person=user.pk, typed=typed, source=source_of(context.request, user.email))
        except TooManyTries as error:
            if not error.only_recovery:
                raise
            raise ValidationError(
                _(
                    "Somebody tried many codes for your sign-in. Use one of your recovery codes, or a browser in which you signed in before."
                )
            ) from None
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except ValidationError:
            failed_tries.code(person=user, guess=guess)
            raise
        guess.was_right()
        return code


class SecondFactorForm(_Bounded, AuthenticateForm):
    """At sign-in."""


class SecondFactorAgainForm(_Bounded, ReauthenticateForm):
    """Before something that needs it anew."""
