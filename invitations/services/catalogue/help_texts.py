"""What a guest needs at hand for each connector: read for the guest page, seeded once, changed by administrators.

Never guesses: minutes stay empty until a person has typed them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from invitations.models import Connector, ConnectorHelp, EventKind, GuestLanguage, User
from invitations.services.base import audit
from invitations.services.catalogue.help_seeds import SEEDS, SKIP

SEED_OF = {(seed.direction, name): seed for seed in SEEDS for name in seed.names}


@dataclass(frozen=True, slots=True)
class Help:
    """The help for one connector in one language. `needs` has one thing in each line; minutes None: not known."""

    language: str
    needs: str = ""
    skip: str = ""
    minutes: int | None = None

    @property
    def need_lines(self) -> list[str]:
        """The things a guest needs, one by one."""
        return [line.strip() for line in self.needs.splitlines() if line.strip()]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read."""
        return not (self.needs or self.skip or self.minutes)


def for_guest(connector_ids: Collection[int], language: str) -> dict[int, Help]:
    """Help by connector, in `language` or else the first of Portuguese, English, Spanish that has any. One query.

    A connector without help is absent from the answer.
    """
    texts: dict[int, list[Help]] = {}
    for connector_id, one in _stored(connector_ids):
        texts.setdefault(connector_id, []).append(one)
    chosen = {connector_id: best(some, language) for connector_id, some in texts.items()}
    return {connector_id: one for connector_id, one in chosen.items() if one}


def best(texts: Iterable[Help], language: str) -> Help | None:
    """What a guest with this language reads: that text, or else the first in another language; None for nothing."""
    order = [language, *GuestLanguage.values]
    return min(
        (one for one in texts if not one.is_empty), key=lambda one: order.index(one.language), default=None
    )


def in_every_language(connector: Connector) -> dict[str, Help]:
    """Help for one connector by language; empty ones included. One query."""
    stored = {one.language: one for _, one in _stored([connector.pk])}
    return {code: stored.get(code, Help(code)) for code in GuestLanguage.values}


def _stored(connector_ids: Collection[int]) -> list[tuple[int, Help]]:
    rows = ConnectorHelp.objects.filter(connector__in=connector_ids)
    return [(row.connector_id, Help(row.language, row.needs, row.skip, row.minutes)) for row in rows]


@transaction.atomic
def change(
    *, by: User, connector: Connector, texts: Mapping[str, Help], now: datetime | None = None
) -> list[str]:
    """Stores the help of one connector in the languages given; those that changed. Raises PermissionDenied.

    An emptied text keeps its row, so that no seed comes back in its place.
    """
    if not by.is_admin:
        raise PermissionDenied
    now = now or timezone.now()
    before = in_every_language(Connector.objects.select_for_update().get(pk=connector.pk))
    changed = [code for code, text in texts.items() if text != before[code]]
    if not changed:
        return []
    for code in changed:
        text = texts[code]
        ConnectorHelp.objects.update_or_create(
            connector=connector,
            language=code,
            defaults={
                "needs": text.needs,
                "skip": text.skip,
                "minutes": text.minutes,
                "changed_at": now,
                "changed_by": by,
            },
        )
    audit.record(
        kind=EventKind.CONNECTOR_HELP_CHANGED,
        by=by,
        about=f"connector:{connector.pk}",
        data={"connector": connector.name, "languages": changed},
        now=now,
    )
    return changed


def seed(*, connectors: Iterable[Connector], now: datetime) -> int:
    """Gives the connectors that have no help at all the first texts known for them; the number of connectors.

    Called in the transaction that stores a catalogue.
    """
    known = [(one, SEED_OF[one.direction, one.search_name]) for one in connectors if _has_seed(one)]
    helped = set(
        ConnectorHelp.objects.filter(connector__in=[one.pk for one, _ in known]).values_list(
            "connector_id", flat=True
        )
    )
    fresh = [(one, text) for one, text in known if one.pk not in helped]
    ConnectorHelp.objects.bulk_create(
        ConnectorHelp(
            connector=one, language=code, needs=needs, skip=SKIP[one.direction][code], changed_at=now
        )
        for one, text in fresh
        for code, needs in text.needs.items()
    )
    return len(fresh)


def _has_seed(connector: Connector) -> bool:
    return (connector.direction, connector.search_name) in SEED_OF
