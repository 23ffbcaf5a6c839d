"""The whole catalogue, for the page that shows it and for the picker, and each connector's logo. Reads only."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When

from invitations.models import Connector, ConnectorGrant, ConnectorHelp, Direction
from invitations.models.connector import logo_version


def connectors() -> list[dict[str, Any]]:
    """The whole catalogue, by name: the credentials that list each, and whether guests find help. Two queries."""
    credentials = defaultdict(list)
    for connector_id, credential in ConnectorGrant.objects.order_by("credential").values_list(
        "connector_id", "credential"
    ):
        credentials[connector_id].append(credential)
    columns = ("id", "name", "direction", "image_url", "is_active", "last_seen_at", "has_help", "has_logo")
    written = ConnectorHelp.objects.exclude(needs="", skip="", minutes=None).filter(connector=OuterRef("pk"))
    rows = Connector.objects.annotate(has_help=Exists(written), has_logo=~Q(logo=b""))
    return [
        row
        | {
            "credentials": ", ".join(credentials[row["id"]]),
            "logo_version": logo_version(row["image_url"]) if row["has_logo"] else "",
        }
        for row in rows.order_by("search_name", "id").values(*columns)
    ]


def logo(pk: int) -> bytes:
    """A connector's logo, empty when it has none or does not exist."""
    found = Connector.objects.filter(pk=pk).values_list("logo", flat=True).first()
    return bytes(found or b"")


def by_direction() -> list[tuple[Direction, list[tuple[int, str]]]]:
    """Key and name of every connector on offer, by direction. One query."""
    rows = list(Connector.objects.active().values_list("direction", "id", "name"))
    return [(side, [(key, name) for direction, key, name in rows if direction == side]) for side in Direction]


def connector_options() -> list[tuple[int, str, str, str]]:
    """Key, direction, name and the address of a logo that is kept (or nothing) of every connector on offer."""
    logo = Case(When(logo=b"", then=Value("")), default="image_url", output_field=CharField())
    return list(Connector.objects.active().values_list("id", "direction", "name", logo))
