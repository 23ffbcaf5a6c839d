"""Everything one stand-in knows and remembers, shared by its connections.

It holds the parts together and decides nothing.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from invitations.kondado.sandbox.api import Api
from invitations.kondado.sandbox.catalogue import DIRECTIONS, Catalogue
from invitations.kondado.sandbox.ledger import CreatedInvitation, Ledger
from invitations.kondado.sandbox.limiter import Limiter
from invitations.kondado.sandbox.mischief import Mischief


@dataclass
class World:
    """The state of one server; `link_host` is known once it listens."""

    api: Api = field(repr=False)
    mail_dir: Path | None = None
    portal_url: str = ""
    link_host: str = ""
    ledger: Ledger = field(default_factory=Ledger, repr=False)
    mischief: Mischief = field(default_factory=Mischief, repr=False)

    @property
    def limiter(self) -> Limiter:
        """The two call limits."""
        return self.api.limiter

    @property
    def catalogue(self) -> Catalogue:
        """What is on offer."""
        return self.api.catalogue

    def new_link(self) -> str:
        """A link nobody has had."""
        return f"http://{self.link_host}/collection_guest/{secrets.token_urlsafe(32)}"

    def connector_name(self, item: CreatedInvitation) -> str:
        """The connector of an invitation in words, also when it is no longer listed."""
        direction = next(known for known in DIRECTIONS if known == item.parent_collection_direction)
        found = self.catalogue.find(item.parent_collection_id, direction)
        name = str(found["parent_collection_name"]) if found else f"Connector {item.parent_collection_id}"
        return f"{name} ({'source' if direction == 'src' else 'destination'})"

    def reset(self) -> None:
        """Forget invitations, calls, faults and limits, and offer the first catalogue again."""
        self.ledger.clear()
        self.mischief.clear()
        self.limiter.clear()
        self.catalogue.restore()
