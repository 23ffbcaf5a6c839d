"""Which columns hold something of a guest. Every column of text is classed here, and erasing goes by it.

A test fails over a column without a class. One with choices holds a word of ours and needs none.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from .account import Account
from .attempt import Attempt
from .audit import AuditDetail, AuditEvent, AuditHead, FormerPseudonym, PseudonymKey
from .call import VendorCall
from .connector import Connector, ConnectorGrant
from .connector_help import ConnectorHelp
from .guest_token import GuestToken
from .hold import Hold
from .invitation import Invitation
from .link import AccessLink
from .message import Message
from .refusal import RefusalMark
from .tally import Tally
from .user import User
from .worker import WorkerBeat

Columns = dict[type[models.Model], tuple[str, ...]]

# Emptied in the rows about the guest. Of a notice to a manager only the words go, and details of the record go whole,
# with what leads to them from other names.
ERASED: Columns = {
    Invitation: (
        "recipient_email", "recipient_normal", "recipient_name", "message", "decline_reason", "search_text",
    ),
    AccessLink: ("recipient_normal", "assigned_collection_name", "insist_reason"),
    Attempt: (
        "recipient", "assigned_collection_name", "silent_reference", "error_text", "settled_note",
        "kondado_link", "link_sha256", "quarantined_link",
    ),
    Message: ("to_email", "to_name", "mail_id", "content"),
    AuditDetail: ("person", "salt", "detail"),
    FormerPseudonym: ("former", "person"),
}  # fmt: skip
# Words of Kondado's or a colleague's that may name anybody: emptied where they name the guest.
WHERE_NAMED: Columns = {
    Attempt: ("error_code",),
    Hold: ("detail",),
    RefusalMark: ("error_code", "error_text"),
}
# Of no guest: the portal's own marks, Kondado's catalogue, and those who sign in, who are not erased.
KEPT: Columns = {
    Account: (
        "name", "client_id", "credential", "brand_name", "brand_logo", "silent_address", "time_zone",
        "default_language", "name_pattern",
    ),
    AccessLink: ("connector_name", "claimed_by"),
    Attempt: ("credential", "client_id", "direction", "fault"),
    AuditEvent: ("kind", "actor", "object", "request_id", "data", "people", "previous_hash", "hash"),
    AuditHead: ("hash",),
    Connector: ("name", "search_name", "tutorial_url", "image_url", "logo"),
    ConnectorGrant: ("credential",),
    ConnectorHelp: ("needs", "skip"),
    GuestToken: ("hash",),
    Hold: ("credential",),
    Invitation: ("public_id", "form_nonce"),
    Message: ("language", "error"),
    PseudonymKey: ("secret",),
    RefusalMark: ("words",),
    Tally: ("key", "times"),
    User: ("password", "email", "full_name", "photo", "language", "time_zone"),
    VendorCall: ("credential", "outcome"),
    WorkerBeat: ("name",),
}  # fmt: skip


def emptied(model: type[models.Model]) -> dict[str, Any]:
    """The erased columns of a model with what they hold afterwards, for `update`."""
    return {name: empty(model, name) for name in ERASED[model]}


def empty(model: type[models.Model], name: str) -> Any:
    """What a column holds that holds nothing."""
    field = model._meta.get_field(name)
    if field.null:
        return None
    return b"" if isinstance(field, models.BinaryField) else ""
