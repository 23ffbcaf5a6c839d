"""What a guest needs at hand for each connector: seeded once, changed by administrators. services.reads.help_texts reads it.

Never guesses: minutes stay empty until a person has typed them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from invitations.models import Connector, ConnectorHelp, EventKind, User
from invitations.services.base import audit
from invitations.services.catalogue.help_seeds import SEEDS, SKIP
from invitations.services.reads.help_texts import Help, in_every_language

SEED_OF = {(seed.direction, name): seed for seed in SEEDS for name in seed.names}


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
        about=connector,
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
