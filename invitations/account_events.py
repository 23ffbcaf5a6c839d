"""What allauth tells about somebody's sign-in, passed on to the services. Decides nothing."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_reset
from django.dispatch import receiver
from django.http import HttpRequest

from invitations.models import User
from invitations.place import source_of
from invitations.services.people import guesses


@receiver(password_reset)
def password_was_reset(request: HttpRequest, user: User, **_signal: Any) -> None:
    """Chosen anew with a mailed link."""
    guesses.start_anew(address=user.email, source=source_of(request, user.email))
