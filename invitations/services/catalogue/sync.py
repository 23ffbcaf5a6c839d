"""Keeps the connectors as Kondado lists them, by credential. Adds, updates and retires; never deletes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.dateparse import parse_datetime

from invitations.kondado.errors import Ambiguous, KondadoError, RateLimited
from invitations.kondado.types import Catalogue
from invitations.kondado.types import Connector as Listed
from invitations.kondado.types import Direction as Side
from invitations.models import Attempt, Connector, ConnectorGrant, EventKind, Hold, VendorCall
from invitations.models.call import CallKind
from invitations.models.hold import HoldScope
from invitations.services.base import audit
from invitations.services.base.clock import database_now
from invitations.services.calls import gateway, pacing
from invitations.services.catalogue import help_texts
from invitations.typed.text import fold

log = logging.getLogger("invitations.catalogue")
REFRESH_EVERY = timedelta(minutes=10)
LOOK_BACK = timedelta(days=1)  # the daily reading does what is older


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
    pacing.lock()
    now = database_now()
    wait = pacing.wait(now)
    return wait if wait > 0 else pacing.take(credential=credential, kind=CallKind.CATALOGUE, now=now)


def fetch(*, credential: str, direction: Side, call: VendorCall) -> Catalogue:
    """One list from Kondado, in a turn already taken. Raises any class of kondado.errors."""
    try:
        found = gateway.client(credential).connectors(direction)
    except KondadoError as error:
        pause = error.retry_after if isinstance(error, RateLimited) else None
        pacing.give_back(
            call=call, outcome=error.fault, exchange=error.exchange, pause=pause, now=database_now()
        )
        raise
    pacing.give_back(call=call, outcome="listed", exchange=found.exchange, now=database_now())
    if not found.connectors:
        # An empty list would retire everything: far more likely a fault than the truth.
        raise Ambiguous("catalogue_empty", found.exchange)
    return found


def sync_credential(*, credential: str, pause: Callable[[float], bool]) -> Synced | None:
    """Reads and stores both directions of one credential's catalogue. Raises any class of kondado.errors.

    `pause` waits that many seconds for a turn, or says False when that is too long: then None, and nothing changed.
    """
    listed: list[Listed] = []
    skipped = 0
    for direction in Side:
        call = take_turn(credential)
        while isinstance(call, float):
            if not pause(call):
                return None
            call = take_turn(credential)
        found = fetch(credential=credential, direction=direction, call=call)
        listed += found.connectors
        skipped += found.skipped
    return store(credential=credential, listed=listed, skipped=skipped)


def refresh_after_refusal(*, pause: Callable[[float], bool], now: datetime | None = None) -> None:
    """Reads the catalogue anew where Kondado refused something since: the connector may have been withdrawn.

    At most once in ten minutes for a credential, and not while sending with it is stopped.
    """
    now = now or database_now()
    for credential in _refused_since_read(now):
        try:
            sync_credential(credential=credential, pause=pause)
        except KondadoError as error:
            log.warning("the catalogue was not updated", extra={"fault": error.fault})


def _refused_since_read(now: datetime) -> list[str]:
    refused = Attempt.objects.refused().filter(finished_at__gt=now - LOOK_BACK).order_by()
    last_refused = dict(refused.values_list("credential").annotate(Max("finished_at")))
    if not last_refused:
        return []
    standing = Hold.objects.standing()
    if standing.filter(scope=HoldScope.EVERYTHING).exists():
        return []
    read = dict(ConnectorGrant.objects.order_by().values_list("credential").annotate(Max("seen_at")))
    calls = VendorCall.objects.filter(kind=CallKind.CATALOGUE, started_at__gt=now - REFRESH_EVERY)
    left_alone = set(calls.values_list("credential", flat=True))
    left_alone |= set(standing.filter(scope=HoldScope.CREDENTIAL).values_list("credential", flat=True))
    return [
        credential
        for credential, at in last_refused.items()
        if credential not in left_alone and (credential not in read or read[credential] < at)
    ]


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
    help_texts.seed(connectors=[row for row in known.values() if row.pk in listed_now], now=now)
    retired = Connector.objects.filter(is_active=True, grants=None).update(is_active=False)
    result = Synced(listed=len(listed_now), added=added, retired=retired, skipped=skipped)
    audit.record(
        kind=EventKind.CATALOGUE_SYNCED,
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
