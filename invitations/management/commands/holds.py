"""Lists what is stopped, and lets it go on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invitations.models import Hold, User
from invitations.models.hold import HoldReason
from invitations.services.decisions import restoring
from invitations.services.holds import holds


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
        standing = Hold.objects.stopping().select_related("account", "access_link__invitation")
        standing = standing.order_by("since", "id")
        for hold in standing:
            what = _what(hold)
            print(f"{hold.pk}  {hold.since:%Y-%m-%d %H:%M}  {what}  {hold.reason}  {hold.detail}".rstrip())
        if not standing:
            print("Nothing is held.")

    def release(self, which: str, email: str | None) -> None:
        """Releases one hold or all, in the name of an administrator. All is without a restore's: that wants a look."""
        by = User.objects.filter(email__iexact=email or "").first()
        if by is None or not by.is_admin:
            raise CommandError("--by must be the address of an administrator.")
        if which == "all":
            wanted = Hold.objects.stopping().exclude(reason=HoldReason.RESTORED)
        elif which.isdigit():
            wanted = Hold.objects.standing().filter(pk=int(which))
        else:
            raise CommandError("--release takes a hold's number or all.")
        if not wanted and which != "all":
            raise CommandError("There is no such standing hold.")
        for hold in wanted:
            holds.release(by=by, hold=hold)
        if which == "all" and restoring.standing_hold() is not None:
            print(
                "The hold of the restore stands: compare what waits first, at /system/restored/, "
                "then release it there or by its number."
            )


def _what(hold: Hold) -> str:
    """What it stops, named as an operator knows it; no guest's name."""
    if hold.account is not None:
        return f"account {hold.account.client_id} ({hold.account.name})"
    if hold.access_link is not None:
        return f"invitation {hold.access_link.invitation.public_id}, link {hold.access_link.position}"
    return f"{hold.scope} {hold.credential}".rstrip()
