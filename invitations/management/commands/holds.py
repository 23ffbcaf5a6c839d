"""Lists what is stopped, and lets it go on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invitations.models import Hold, User
from invitations.services import holds


class Command(BaseCommand):
    """holds [--release ID|all --by EMAIL]."""

    help = "Shows standing holds; releases one or all of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to release, and in whose name."""
        parser.add_argument("--release", metavar="ID|all")
        parser.add_argument("--by", metavar="EMAIL")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Releases first, then shows what still stands."""
        if options["release"]:
            self.release(options["release"], options["by"])
        standing = Hold.objects.standing().order_by("since", "id")
        for hold in standing:
            print(f"{hold.pk}  {hold.since:%Y-%m-%d %H:%M}  {hold.scope}  {hold.reason}  {hold.detail}")
        if not standing:
            print("Nothing is held.")

    def release(self, which: str, email: str | None) -> None:
        """Releases one hold or all, in the name of an administrator."""
        by = User.objects.filter(email__iexact=email or "").first()
        if by is None or not by.is_admin:
            raise CommandError("--by must be the address of an administrator.")
        wanted = Hold.objects.standing()
        if which != "all":
            if not which.isdigit():
                raise CommandError("--release takes a hold's number or all.")
            wanted = wanted.filter(pk=int(which))
        if not wanted:
            raise CommandError("There is no such standing hold.")
        for hold in wanted:
            holds.release(by=by, hold=hold)
