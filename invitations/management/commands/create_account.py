"""Makes one Kondado account known to the portal."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from invitations.services.people import accounts


class Command(BaseCommand):
    """create_account NAME CLIENT_ID [--silent-address A]."""

    help = "Creates an account. Of a client id like 12345-6 the part before the hyphen counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name and client id."""
        parser.add_argument("name")
        parser.add_argument("client_id")
        parser.add_argument(
            "--silent-address", default="", help="an address of yours that Kondado may write to"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Creates it, or says what is wrong."""
        try:
            account = accounts.create_account(
                name=options["name"], client_id=options["client_id"], silent_address=options["silent_address"]
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        print(f"Account {account.name} with client id {account.client_id} created.")
