"""Keeps a small copy of each connector's logo in the database. Calls Kondado's public sites; never in a transaction.

A logo is a copy of what the catalogue names, so that it has no event of its own in the record. One that cannot be
had stays a monogram until the next sync.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from invitations.kondado.errors import KondadoError, NotSent
from invitations.models import Connector
from invitations.services.calls import gateway
from invitations.typed.pictures import NotAPictureError, thumbnail

log = logging.getLogger("invitations.logos")
MOST_AT_ONCE = 250
MOST_SILENT = 3  # addresses in a row that cannot be reached: the site is down, or the way to it is


@dataclass(frozen=True)
class Refreshed:
    """What one round of fetching came to."""

    fetched: int
    failed: int


def refresh() -> Refreshed:
    """Fetches the logos that are missing, a bounded number, each address once.

    Storing a catalogue empties the logo of a connector whose address changed. Raises Misconfigured for a wrong
    setting.
    """
    wanted = Connector.objects.without_logo().values_list("image_url", flat=True).distinct()[:MOST_AT_ONCE]
    pictures = gateway.pictures()
    fetched = failed = silent = 0
    for url in list(wanted):
        try:
            logo = thumbnail(pictures.fetch(url))
        except (KondadoError, NotAPictureError) as error:
            failed += 1
            silent = silent + 1 if isinstance(error, NotSent) else 0
            if silent == MOST_SILENT:
                break
        else:
            silent = 0
            fetched += 1
            Connector.objects.filter(image_url=url).update(logo=logo)
    log.info("logos fetched", extra={"fetched": fetched, "failed": failed})
    return Refreshed(fetched, failed)
