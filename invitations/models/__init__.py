"""Tables, constraints and named queries. No side effects: services are the only writers."""

from .account import ACCENTS, Account, Membership
from .attempt import Attempt
from .audit import AuditDetail, AuditEvent, AuditHead, EventKind, FormerPseudonym, PseudonymKey
from .call import CallTurn, VendorCall
from .connector import Connector, ConnectorGrant, Direction
from .connector_help import ConnectorHelp
from .guest_token import GuestToken
from .hold import Hold
from .invitation import DeclineKind, Delivery, GuestLanguage, Invitation, Priority, Stage
from .link import AccessLink, Status, WaitReason
from .message import Message
from .refusal import RefusalMark
from .tally import Tally
from .user import Role, User
from .worker import WorkerBeat

__all__ = [
    "ACCENTS",
    "AccessLink",
    "Account",
    "Attempt",
    "AuditDetail",
    "AuditEvent",
    "AuditHead",
    "CallTurn",
    "Connector",
    "ConnectorGrant",
    "ConnectorHelp",
    "DeclineKind",
    "Delivery",
    "Direction",
    "EventKind",
    "FormerPseudonym",
    "GuestLanguage",
    "GuestToken",
    "Hold",
    "Invitation",
    "Membership",
    "Message",
    "Priority",
    "PseudonymKey",
    "RefusalMark",
    "Role",
    "Stage",
    "Status",
    "Tally",
    "User",
    "VendorCall",
    "WaitReason",
    "WorkerBeat",
]
