"""Makes a person who may sign in."""

import sys
from argparse import ArgumentParser
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from invitations.models import Role, User
from invitations.services.people import accounts


class Command(BaseCommand):
    """create_member EMAIL --role R [--name N] [--account CLIENT_ID …] [--password-stdin]."""

    help = "Creates a member, or brings one up to date. Prints a one-time link, or reads a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, as what, for which accounts."""
        parser.add_argument("email")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--name", default="")
        parser.add_argument("--account", action="append", default=[], metavar="CLIENT_ID")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Creates the member; the password or the link is the only thing that lets the person in."""
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        try:
            if password is not None:
                validate_password(password, User(email=options["email"], full_name=options["name"]))
            user, created = accounts.save_member(
                email=options["email"],
                role=options["role"],
                name=options["name"],
                client_ids=options["account"],
                password=password,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        print(f"{user.email}: {'created' if created else 'updated'} as {user.role}.")
        if password is None:
            print("One-time link to choose a password, good for 24 hours:")
            print(one_time_link(user))


def one_time_link(user: User) -> str:
    """Where this person chooses a password. Dead after its first use."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    path: str = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return settings.PORTAL_URL + path.replace("UID-KEY", key)
