"""What a guest needs at hand for each connector, in the guest's language or the next best. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from invitations.models import Connector, ConnectorHelp, GuestLanguage


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
