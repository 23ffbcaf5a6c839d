"""Fetches what each credential may create and stores it."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invitations.kondado.errors import KondadoError, Misconfigured
from invitations.services.calls import gateway
from invitations.services.catalogue import logos, sync

LONGEST_WAIT = 600.0  # seconds: the next daily run is a better time than the end of a long pause


class Command(BaseCommand):
    """Two calls per credential, within the shared budget."""

    help = "Fetches the catalogue of connectors from Kondado."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Every credential in turn."""
        try:
            names = list(gateway.credentials())
        except Misconfigured as error:
            raise CommandError(str(error)) from None
        if not names:
            raise CommandError("No key and token: set KONDADO_KEY and KONDADO_TOKEN.")
        for name in names:
            self.read(name)
        refreshed = logos.refresh()
        print(f"logos: {refreshed.fetched} fetched, {refreshed.failed} not to be had")

    def read(self, credential: str) -> None:
        """Both directions of one credential, stored together."""
        try:
            result = sync.sync_credential(credential=credential, pause=_sleep)
        except KondadoError as error:
            raise CommandError(f"{credential}: the catalogue was not updated: {error}") from None
        if result is None:
            raise CommandError(f"{credential}: no turn to call Kondado was free.")
        print(
            f"{credential}: {result.listed} connectors, {result.added} new, {result.retired} withdrawn, "
            f"{result.skipped} skipped"
        )


def _sleep(seconds: float) -> bool:
    """Waits for a turn; not for one that is as far away as Kondado may ask."""
    if seconds > LONGEST_WAIT:
        return False
    time.sleep(seconds)
    return True
