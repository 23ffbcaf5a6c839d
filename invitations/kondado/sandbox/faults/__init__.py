"""Every way the stand-in can misbehave, in one table, and how a fault is named.

Names are lower-case words joined by underscores; a dash is read as an underscore.
"""

from invitations.kondado.sandbox.faults.base import Fault, Scene
from invitations.kondado.sandbox.faults.connection import BROKEN_BODY, CONNECTION
from invitations.kondado.sandbox.faults.envelopes import BODIES, ENVELOPES
from invitations.kondado.sandbox.faults.links import LINKS
from invitations.kondado.sandbox.faults.statuses import REFUSALS, STATUSES

GROUPS: tuple[tuple[str, tuple[Fault, ...]], ...] = (
    ("The connection fails", CONNECTION),
    ("The answer is cut, slow or too big", BROKEN_BODY),
    ("The HTTP status says no", STATUSES),
    ("Kondado refuses, with status 200", REFUSALS),
    ("The envelope lies", ENVELOPES),
    ("The body is odd", BODIES),
    ("The link is not one to follow", LINKS),
)
FAULTS: dict[str, Fault] = {fault.name: fault for _title, faults in GROUPS for fault in faults}

__all__ = ["FAULTS", "GROUPS", "Fault", "Scene", "canonical"]


def canonical(name: str) -> str:
    """The form of a fault's name that the table uses."""
    return name.strip().lower().replace("-", "_")
