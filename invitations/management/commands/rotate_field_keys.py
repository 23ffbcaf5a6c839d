"""Seals every stored secret anew with the first of FIELD_KEYS, while the portal works."""

import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invitations.services.base import pseudonyms
from invitations.services.keys import rotation
from invitations.services.reads import sealed_values


class Command(BaseCommand):
    """rotate_field_keys [--new-names]. May be stopped or killed at any time; run again, it goes on."""

    help = "Seals every stored secret anew with the first of FIELD_KEYS, so that the others can be removed."
    # A missing key is what it may have been called for.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether the key that names people in the record is made anew."""
        parser.add_argument(
            "--new-names",
            action="store_true",
            help="also make the key anew that names people in the record: when it was lost, or became known",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Moves everything; ends with 1 when it was stopped or something is left."""
        self.stopping = threading.Event()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self.stop)
            signal.signal(signal.SIGTERM, self.stop)
        if options["new_names"]:
            print(f"The record names people with a new key; {pseudonyms.renew()} had another name before.")
        self.told = ""
        moved = rotation.move(stop=self.stopping.is_set, wait=self.stopping.wait, tell=self.tell)
        for place, count in sorted(moved.done.items()):
            print(f"{place}: {count} sealed anew")
        for use in sealed_values.usage():
            print(f"key {use.name}: {_said(use)}")
        lost = sorted(name for name, count in moved.unreadable.items() if count)
        if lost:
            print(f"Some values of {', '.join(lost)} cannot be read: damaged, or FIELD_KEYS lacks their key.")
        if moved.stopped:
            raise CommandError("Stopped. Run it again to go on.")
        if moved.left:
            raise CommandError(
                "Some values were in use, or are still sealed with an older key. Run it again."
            )

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Ends after the batch in hand."""
        self.stopping.set()

    def tell(self, place: str, done: int) -> None:
        """One line now and then."""
        line = f"{place}: {done // 1000},000" if done >= 1000 else place
        if line != self.told:
            self.told = line
            print(f"... {line}", flush=True)


def _said(use: sealed_values.Use) -> str:
    what = "seals" if use.seals else "an older key" if use.known else "not in FIELD_KEYS"
    return f"{what}, holds {'more than ' if use.many else ''}{use.counted}"
