"""Believable rows for a demo: accounts, people, and invitations in the queue. Only beside the stand-in."""

import itertools
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from invitations.models import Account, Connector, Invitation, Role, User
from invitations.services.invitations import create, names
from invitations.services.people import accounts

ACCOUNTS = [
    ("Padaria Sol Nascente", "100001", "convites@padaria.example.com"),
    ("Mercado Lua", "100002", "convites@mercado.example.com"),
    ("Clínica Vida", "100003", ""),
]
GUESTS = [
    "Ana Souza",
    "Bruno Lima",
    "Carla Nunes",
    "Diego Alves",
    "Elisa Prado",
    "Fábio Reis",
    "Gabriela Melo",
    "Heitor Dias",
]


class Command(BaseCommand):
    """create_demo_data [--invitations N]."""

    help = "Creates demo accounts and people, and N invitations that the worker then sends to the stand-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many."""
        parser.add_argument("--invitations", type=int, default=4)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Does nothing that is there already."""
        if not settings.KONDADO_SANDBOX:
            raise CommandError("Demo data is for KONDADO_SANDBOX=1 only.")
        for name, client_id, silent in ACCOUNTS:
            if not Account.objects.filter(client_id=client_id).exists():
                accounts.create_account(name=name, client_id=client_id, silent_address=silent)
        author, _created = accounts.save_member(
            email="paula@example.com",
            role=Role.MANAGER,
            name="Paula Andrade",
            client_ids=[row[1] for row in ACCOUNTS[:2]],
        )
        self.invite(author, options["invitations"])

    def invite(self, author: User, wanted: int) -> None:
        """Fills up to the wanted number, over accounts, connectors and guests in turn."""
        places = list(Account.objects.usable_by(author))
        offered = list(Connector.objects.granted_to("default").filter(direction="src")[:12])
        if not offered:
            raise CommandError("No connectors yet: run sync_connectors first.")
        # Guests that have no open invitation for the connector: the number makes each address new.
        rows = zip(
            itertools.cycle(places),
            itertools.cycle(offered),
            itertools.cycle(GUESTS),
            range(wanted),
            strict=False,
        )
        for account, connector, guest, number in rows:
            if Invitation.objects.filter(created_by=author, form_nonce=f"demo-{number}").exists():
                continue
            first = guest.partition(" ")[0].lower().replace("á", "a")
            create.create_invitation(
                by=author,
                account=account,
                wanted=[
                    create.Wanted(
                        connector,
                        names.suggest(account=account, connector_name=connector.name, guest=guest),
                    )
                ],
                recipient_email=f"{first}.{number}@example.com",
                recipient_name=guest,
                delivery=("kondado", "portal", "link")[number % 3] if account.silent_address else "kondado",
                language="pt-br",
                expires_in_days=14,
                form_nonce=f"demo-{number}",
            )
        print(f"{wanted} demo invitations are there.")
