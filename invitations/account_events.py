"""What allauth tells about somebody's sign-in, passed on to the record and the bounds. Decides nothing."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.signals import (
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from invitations.models import EventKind, User
from invitations.place import source_of
from invitations.services.base import audit
from invitations.services.people import guesses

ADDED = {
    Authenticator.Type.TOTP: EventKind.PERSON_FACTOR_ADDED,
    Authenticator.Type.RECOVERY_CODES: EventKind.PERSON_CODES_RENEWED,
}


def _note(kind: EventKind, user: User, **data: Any) -> None:
    audit.note(kind=kind, by=user, about=f"user:{user.pk}", data=data)


@receiver(user_logged_out)
def session_ended(user: User | None, **_signal: Any) -> None:
    """By the person, or because its time was over."""
    if user is not None:
        _note(EventKind.PERSON_SIGNED_OUT, user)


@receiver([password_changed, password_set])
def password_was_changed(user: User, **_signal: Any) -> None:
    """By somebody who was signed in."""
    _note(EventKind.PERSON_PASSWORD_CHANGED, user)


@receiver(password_reset)
def password_was_reset(request: HttpRequest, user: User, **_signal: Any) -> None:
    """Chosen anew with a mailed link."""
    _note(EventKind.PERSON_PASSWORD_RESET, user)
    guesses.start_anew(address=user.email, source=source_of(request, user.email))


@receiver(authenticator_added)
def factor_was_added(user: User, authenticator: Authenticator, **_signal: Any) -> None:
    """Codes of an app, or the recovery codes that come with them."""
    _note(ADDED[Authenticator.Type(authenticator.type)], user)


@receiver(authenticator_reset)
def codes_were_renewed(user: User, **_signal: Any) -> None:
    """The recovery codes that were left work no longer."""
    _note(EventKind.PERSON_CODES_RENEWED, user)


@receiver(authenticator_removed)
def factor_was_removed(user: User, authenticator: Authenticator, **_signal: Any) -> None:
    """The recovery codes go with the second factor: one event tells of both."""
    if authenticator.type == Authenticator.Type.TOTP:
        _note(EventKind.PERSON_FACTOR_REMOVED, user)


@receiver(authenticator_used)
def code_was_used(user: User, authenticator: Authenticator, **_signal: Any) -> None:
    """A recovery code is good once; how many are left."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        authenticator.refresh_from_db()
        _note(EventKind.PERSON_CODE_USED, user, left=len(RecoveryCodes(authenticator).get_unused_codes()))
