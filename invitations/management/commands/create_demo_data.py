"""Twelve weeks of an agency as rows: accounts, people, invitations in every stage. Only beside the stand-in."""

from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from invitations.kondado.sandbox.ledger import created
from invitations.kondado.sandbox.memory import MEMORY, Memory
from invitations.mail import write
from invitations.management.demo import people
from invitations.management.demo.machine import Machine
from invitations.management.demo.story import NONCE, WEEKS, Story
from invitations.models import Connector, Invitation


class Command(BaseCommand):
    """create_demo_data [--invitations N]."""

    help = "Creates demo accounts and people, and N invitations that were sent over the last twelve weeks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many."""
        parser.add_argument(
            "--invitations",
            type=int,
            default=200,
            help="how many (default: %(default)s); the first show every stage",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """All or nothing; adds nothing where the story was told already."""
        if not settings.KONDADO_SANDBOX:
            raise CommandError("Demo data is for KONDADO_SANDBOX=1 only.")
        if Invitation.objects.filter(form_nonce__startswith=NONCE).exists():
            print("The demo invitations are there already; nothing was added.")
            return
        offered = list(Connector.objects.granted_to("default"))
        if not offered:
            raise CommandError("No connectors yet: run sync_connectors first.")
        end = timezone.now()
        with transaction.atomic():
            accounts, staff = people.hire(now=end - timedelta(weeks=WEEKS))
            story = Story(accounts=accounts, people=staff, offered=offered, end=end)
            story.tell(options["invitations"])
        self.hand_over(story.machine)
        print(f"{options['invitations']} demo invitations are there.")

    def hand_over(self, machine: Machine) -> None:
        """To the stand-in: what it made, and the latest mails for its inbox."""
        Memory(Path(settings.VAR_DIR) / MEMORY).add(created(one) for one in machine.kondado.made)
        if settings.EMAIL_FILE_PATH:
            for mail in machine.mails:
                write.send(mail)
