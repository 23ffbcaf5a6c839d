"""Checks the record from its first event to its last."""

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invitations.models import AuditHead
from invitations.services.base import audit


class Command(BaseCommand):
    """verify_audit [--head N:HASH]."""

    help = "Verifies the hash chain of the record; prints its head to note down elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A head noted down earlier."""
        parser.add_argument("--head", metavar="N:HASH")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prints the head; ends with an error and the first bad place otherwise."""
        noted = None
        if options["head"]:
            match = re.fullmatch(r"([0-9]+):([0-9a-f]{64})", options["head"])
            if not match:
                raise CommandError("--head takes a number, a colon and 64 hex digits.")
            noted = (int(match[1]), match[2])
        found = next(audit.problems(head=noted), None)
        if found:
            raise CommandError(f"The record is not sound: {found}.")
        head = AuditHead.objects.get(id=1)
        print(f"The record is sound. Head: {head.number}:{head.hash}")
