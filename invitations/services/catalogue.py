"""Keeps the connectors as Kondado lists them, by credential. Adds, updates and retires; never deletes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.dateparse import parse_datetime

from invitations.kondado.errors import Ambiguous, KondadoError, RateLimited
from invitations.kondado.types import Catalogue
from invitations.kondado.types import Connector as Listed
from invitations.kondado.types import Direction as Side
from invitations.models import Connector, ConnectorGrant, VendorCall
from invitations.models.call import CallKind
from invitations.services import audit, connector_help, gateway, turns
from invitations.services.clock import database_now
from invitations.text import fold


@dataclass(frozen=True)
class Synced:
    """What one sync of one credential changed."""

    listed: int
    added: int
    retired: int
    skipped: int


@transaction.atomic
def take_turn(credential: str) -> VendorCall | float:
    """A turn for one catalogue call, or the seconds to wait for it."""
    turns.lock()
    now = database_now()
    wait = turns.wait(now)
    return wait if wait > 0 else turns.take(credential=credential, kind=CallKind.CATALOGUE, now=now)


def fetch(*, credential: str, direction: Side, call: VendorCall) -> Catalogue:
    """One list from Kondado, in a turn already taken. Raises any class of kondado.errors."""
    try:
        found = gateway.client(credential).connectors(direction)
    except KondadoError as error:
        pause = error.retry_after if isinstance(error, RateLimited) else None
        turns.give_back(
            call=call, outcome=error.fault, exchange=error.exchange, pause=pause, now=database_now()
        )
        raise
    turns.give_back(call=call, outcome="listed", exchange=found.exchange, now=database_now())
    if not found.connectors:
        # An empty list would retire everything: far more likely a fault than the truth.
        raise Ambiguous("catalogue_empty", found.exchange)
    return found


@transaction.atomic
def store(*, credential: str, listed: list[Listed], skipped: int = 0, now: datetime | None = None) -> Synced:
    """Writes both directions of one credential's catalogue: `listed` is all that it offers now."""
    now = now or database_now()
    known = {(row.kondado_id, row.direction): row for row in Connector.objects.all()}
    added = 0
    seen: list[int] = []
    for entry in listed:
        row = known.get((entry.kondado_id, entry.direction.value))
        if row is None:
            row = Connector(kondado_id=entry.kondado_id, direction=entry.direction.value, first_seen_at=now)
            known[entry.kondado_id, entry.direction.value] = row
            added += 1
        row.name, row.search_name = entry.name[:200], fold(entry.name)[:200]
        if row.image_url != entry.image_url[:500]:
            row.logo = b""  # of another address; the next round of fetching brings the new one
        row.tutorial_url, row.image_url = entry.tutorial_url[:500], entry.image_url[:500]
        row.kondado_updated_at = _moment(entry.updated_at)
        row.is_active, row.last_seen_at = True, now
        row.save()
        seen.append(row.pk)
    ConnectorGrant.objects.bulk_create(
        [ConnectorGrant(connector_id=pk, credential=credential, seen_at=now) for pk in dict.fromkeys(seen)],
        update_conflicts=True,
        unique_fields=["connector", "credential"],
        update_fields=["seen_at"],
    )
    ConnectorGrant.objects.filter(credential=credential).exclude(connector__in=seen).delete()
    listed_now = set(seen)
    connector_help.seed(connectors=[row for row in known.values() if row.pk in listed_now], now=now)
    retired = Connector.objects.filter(is_active=True, grants=None).update(is_active=False)
    result = Synced(listed=len(listed_now), added=added, retired=retired, skipped=skipped)
    audit.record(
        kind="catalogue.synced",
        by=audit.SYSTEM,
        about=f"catalogue:{credential}",
        data={"listed": result.listed, "added": added, "retired": retired, "skipped": skipped},
        now=now,
    )
    return result


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parse_datetime(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
