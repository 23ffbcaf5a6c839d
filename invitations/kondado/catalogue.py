"""Reads the list of connectors, tolerantly: what makes no sense is left out and counted. Knows no HTTP.

Items as on https://kondado.io/wiki/en/a/parent-collections; dates, picture and either side of `_links` may be absent.
"""

from collections.abc import Iterable
from datetime import datetime

from .links import vetted_picture_url, vetted_public_url
from .types import Connector, Direction
from .wording import LONGEST_NAME, plain

LARGEST_ID = 2**31 - 1  # what a database integer holds
LONGEST_DATE = 40


def read(
    items: Iterable[object], direction: Direction, stand_in: str = ""
) -> tuple[tuple[Connector, ...], int]:
    """The connectors of a list in its order, the first of each id, and how many items were left out.

    `stand_in` is the origin of the stand-in, whose pictures are then taken too.
    """
    found: dict[int, Connector] = {}
    skipped = 0
    for item in items:
        connector = _connector(item, direction, stand_in)
        if connector is None or connector.kondado_id in found:
            skipped += 1
        else:
            found[connector.kondado_id] = connector
    return tuple(found.values()), skipped


def _connector(item: object, direction: Direction, stand_in: str) -> Connector | None:
    if not isinstance(item, dict):
        return None
    kondado_id = _positive(item.get("id"))
    name = item.get("parent_collection_name")
    shown = plain(name, LONGEST_NAME) if isinstance(name, str) else ""
    if kondado_id is None or not shown:
        return None
    return Connector(
        kondado_id=kondado_id,
        direction=direction,
        name=shown,
        image_url=vetted_picture_url(item.get("parent_collection_image"), stand_in),
        tutorial_url=vetted_public_url(_below(item, "_links", direction.value, "tutorial")),
        created_at=_date(item.get("createdAt")),
        updated_at=_date(item.get("updatedAt")),
    )


def _positive(value: object) -> int | None:
    """A number, or its digits as text: Kondado sends some numbers as text elsewhere."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:12])
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value <= LARGEST_ID else None


def _below(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _date(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > LONGEST_DATE:
        return None
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return None
    return value
