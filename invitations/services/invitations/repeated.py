"""Whether a form that was sent twice asked for the same thing both times. Reads only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from invitations.errors import Difference
from invitations.models import Invitation
from invitations.services.invitations import names

if TYPE_CHECKING:
    from invitations.services.invitations.names import Wanted

NUMBER = re.compile(r" \([0-9]+\)\Z")
COMPARED = (
    "account_id",
    "recipient_normal",
    "recipient_name",
    "delivery",
    "language",
    "message",
    "expires_in_days",
)


def differences(first: Invitation, draft: Invitation, wanted: Sequence[Wanted]) -> tuple[Difference, ...]:
    """What `draft` asks for otherwise than `first`, which the same form made; empty for the same thing again."""
    found = [
        Difference(name, _shown(first, name), _shown(draft, name))
        for name in COMPARED
        if getattr(first, name) != getattr(draft, name)
    ]
    links = list(first.links.order_by("position"))
    if [link.connector_id for link in links] != [one.connector.pk for one in wanted]:
        made, asked = (link.connector_name for link in links), (one.connector.name for one in wanted)
        return (*found, Difference("connector", ", ".join(made), ", ".join(asked)))
    pairs = [(link.assigned_collection_name, one) for link, one in zip(links, wanted, strict=True)]
    # A name that was made follows from the rest: it says something of its own only where nothing else differs.
    told = [
        Difference("assigned_collection_name", name, one.name)
        for name, one in pairs
        if (not found and _stem(name) != _stem(one.name) if one.made else name != one.name)
    ]
    return (*found, *told)


def _stem(name: str) -> str:
    """A name from the account's pattern without the number that tells it from those already given."""
    return NUMBER.sub("", name)[: names.STEM].rstrip()


def _shown(invitation: Invitation, name: str) -> str:
    if name == "account_id":
        return invitation.account.name
    if name == "recipient_normal":
        return invitation.recipient_email
    return str(getattr(invitation, name))
