"""The catalogue as the API lists it, with the oddities of the documented examples, and ways to change it.

Source of the shapes: https://kondado.io/wiki/en/a/parent-collections
"""

import copy
import re
import threading
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal, get_args

from invitations.kondado.sandbox.connectors import DESTINATIONS, FIRST_INVENTED_ID, SOURCES, Known

Direction = Literal["src", "dest"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
WITHOUT_LINKS = "Redshift SSH"
IMAGES = "https://kondado.com.br/assets/images/conectores_"
FIRST_DAY = datetime(2019, 3, 4, 12, 30, 15, 120_000, tzinfo=UTC)


class Catalogue:
    """What the stand-in lists for each direction. Its items are plain JSON values.

    `images` takes the place of Kondado's address of pictures, for a demo that shows some.
    """

    def __init__(self) -> None:
        self.images = IMAGES
        self._lock = threading.Lock()
        self._items: dict[Direction, dict[int, dict[str, Any]]] = {}
        self.restore()

    def items(self, direction: Direction) -> list[dict[str, Any]]:
        """A copy of the list of one direction, in its own order."""
        with self._lock:
            listed = copy.deepcopy(list(self._items[direction].values()))
        for item in listed:
            image = item.get("parent_collection_image")
            if isinstance(image, str) and image.startswith(IMAGES):
                item["parent_collection_image"] = self.images + image.removeprefix(IMAGES)
        return listed

    def find(self, kondado_id: int, direction: Direction) -> dict[str, Any] | None:
        """One item, or None when it is not on offer."""
        with self._lock:
            return copy.deepcopy(self._items[direction].get(kondado_id))

    def withdraw(self, kondado_id: int, direction: Direction) -> None:
        """Take one item off the list; KeyError when it is not there."""
        with self._lock:
            del self._items[direction][kondado_id]

    def offer(self, kondado_id: int, direction: Direction, name: str, **fields: Any) -> None:
        """Add or replace one item; `fields` override any part of it with whatever a test needs."""
        item = _item(Known(name, None, kondado_id), kondado_id, direction) | fields
        with self._lock:
            self._items[direction][kondado_id] = item

    def restore(self) -> None:
        """Go back to the list the stand-in starts with."""
        ids = count(FIRST_INVENTED_ID)
        items = {"src": _numbered(SOURCES, "src", ids), "dest": _numbered(DESTINATIONS, "dest", ids)}
        links = items["src"][20]["_links"] | items["dest"][20]["_links"]
        items["src"][20]["_links"] = items["dest"][20]["_links"] = links
        # The documented destination shows no dates, so clients must not need them.
        del items["dest"][20]["createdAt"], items["dest"][20]["updatedAt"]
        with self._lock:
            self._items = copy.deepcopy({direction: items[direction] for direction in DIRECTIONS})


def _numbered(known: tuple[Known, ...], direction: Direction, ids: "count[int]") -> dict[int, dict[str, Any]]:
    numbered = [(item.kondado_id or next(ids), item) for item in known]
    return {kondado_id: _item(item, kondado_id, direction) for kondado_id, item in numbered}


def _item(known: Known, kondado_id: int, direction: Direction) -> dict[str, Any]:
    created = FIRST_DAY + timedelta(days=kondado_id % 900)
    item: dict[str, Any] = {
        "id": kondado_id,
        "createdAt": _stamp(created),
        "updatedAt": _stamp(created + timedelta(days=400, milliseconds=7)),
        "parent_collection_name": known.name,
        "parent_collection_image": f"{IMAGES}{re.sub(r'[^a-z0-9]+', '_', known.name.lower()).strip('_')}.png",
    }
    if known.name != WITHOUT_LINKS:
        item["_links"] = {direction: {"tutorial": known.tutorial} if known.tutorial else {}}
    return item


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
