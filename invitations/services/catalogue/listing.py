"""The catalogue as a person may see it, for the page that shows it and for the picker, and each connector's logo. Reads only."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When

from invitations.models import Connector, ConnectorGrant, ConnectorHelp, Direction, User
from invitations.models.connector import logo_version


def connectors(user: User) -> list[dict[str, Any]]:
    """What this person may see of the catalogue, by name. Two queries.

    With the credentials of their accounts that list each, and whether guests find help.
    """
    credentials = defaultdict(list)
    grants = ConnectorGrant.objects.visible_to(user).order_by("credential")
    for connector_id, credential in grants.values_list("connector_id", "credential"):
        credentials[connector_id].append(credential)
    columns = ("id", "name", "direction", "image_url", "is_active", "last_seen_at", "has_help", "has_logo")
    written = ConnectorHelp.objects.exclude(needs="", skip="", minutes=None).filter(connector=OuterRef("pk"))
    rows = Connector.objects.visible_to(user).annotate(has_help=Exists(written), has_logo=~Q(logo=b""))
    return [
        row
        | {
            "credentials": ", ".join(credentials[row["id"]]),
            "logo_version": logo_version(row["image_url"]) if row["has_logo"] else "",
        }
        for row in rows.order_by("search_name", "id").values(*columns)
    ]


def logo(pk: int, *, user: User) -> bytes:
    """A connector's logo, empty when it has none, or where this person sees no such connector."""
    found = Connector.objects.visible_to(user).filter(pk=pk).values_list("logo", flat=True).first()
    return bytes(found or b"")


def by_direction(user: User) -> list[tuple[Direction, list[tuple[int, str]]]]:
    """Key and name of every connector on offer to this person, by direction. One query."""
    rows = list(Connector.objects.visible_to(user).active().values_list("direction", "id", "name"))
    return [(side, [(key, name) for direction, key, name in rows if direction == side]) for side in Direction]


def connector_options(user: User) -> list[tuple[int, str, str, str]]:
    """Key, direction, name and the address of a logo that is kept (or nothing) of every connector on offer to this person."""
    logo = Case(When(logo=b"", then=Value("")), default="image_url", output_field=CharField())
    return list(Connector.objects.visible_to(user).active().values_list("id", "direction", "name", logo))
