"""How allauth signs people in here: no sign-up, own bounds, every mail through the outbox, each sign-in recorded."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import get_language

from invitations.mail.write import MailName, one_line
from invitations.models import EventKind, User, sealed
from invitations.place import place_of, remember_browser, source_of
from invitations.services.base import audit
from invitations.services.mail import outbox, stranger_mails
from invitations.services.people import failed_tries, guesses
from portal.proxies import client_address

# What somebody without a session can have mailed, and whether the address is one of ours.
BY_STRANGERS = {MailName.PASSWORD_RESET_KEY: True, MailName.UNKNOWN_ACCOUNT: False}
LONGEST_BROWSER = 120  # characters of what a browser calls itself


class AccountAdapter(DefaultAccountAdapter):
    """The portal's choices for django-allauth."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Members are made by an administrator."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whom the bounds on sign-in count: the nearest address that none of our own proxies has."""
        forwarded = request.headers.get("X-Forwarded-For", "")
        return client_address(
            forwarded, request.META.get("REMOTE_ADDR", ""), settings.ALLAUTH_TRUSTED_PROXY_COUNT
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queues the mail in its reader's language: a page never waits for a mail server. The words are the portal's.

        What strangers can have sent has its bounds.
        """
        name = MailName(template_prefix.rpartition("/")[2])
        if name in BY_STRANGERS and not stranger_mails.may_leave(
            to=email, known=BY_STRANGERS[name], place=place_of(self.request)
        ):
            return
        reader = User.objects.filter(email__iexact=email).first()
        outbox.put(
            name=name,
            context={
                "at": localtime(context.get("timestamp")),
                "ip": context.get("ip", ""),
                "browser": one_line(context.get("user_agent", ""))[:LONGEST_BROWSER],
            },
            to=email,
            url=context.get("password_reset_url", ""),
            language=reader.language if reader else get_language() or settings.LANGUAGE_CODE,
        )

    def get_reset_password_from_key_url(self, key: str) -> str:
        """From the fixed address of the portal, never from the Host header."""
        path: str = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.PORTAL_URL + path.replace("UID-KEY", key)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Whose password it is, for as long as not too many were tried. Raises TooManyTries."""
        address = credentials["email"]
        guess = guesses.password(address=address, source=source_of(request, address))
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is None:
            failed_tries.password(address=address, guess=guess)
        else:
            guess.was_right()
        return user

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **more: Any) -> HttpResponse:
        """The browser is known from now on: what strangers try elsewhere is not in its way."""
        response: HttpResponse = super().post_login(request, user, **more)
        if isinstance(user, User):
            remember_browser(response, address=user.email)
        return response

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Signs in, and says so in the record."""
        super().login(request, user)
        if isinstance(user, User):
            audit.note(kind=EventKind.PERSON_SIGNED_IN, by=user, about=user)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Seeds and recovery codes are stored sealed. allauth does not say for which row it asks."""

    def encrypt(self, text: str) -> str:
        """What is stored."""
        return sealed.seal(text, table="mfa_authenticator", field="data", row=0).hex()

    def decrypt(self, encrypted_text: str) -> str:
        """What was given. Raises sealed.Unreadable when no key fits."""
        return sealed.unseal(bytes.fromhex(encrypted_text), table="mfa_authenticator", field="data", row=0)
