"""What really happened in the stand-in: the invitations it created and the calls it got.

This is the truth that tests compare the portal with. It must never hold the key or the token. With a memory, what
exists outlives the process; calls do not.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from invitations.kondado.sandbox.memory import Fact, Memory

FIELDS = (
    "client_id",
    "recipient_email",
    "parent_collection_id",
    "parent_collection_direction",
    "assigned_collection_name",
)


@dataclass(frozen=True)
class CreatedInvitation:
    """One invitation that exists, with the five fields exactly as they came."""

    client_id: str | int
    recipient_email: str
    parent_collection_id: int
    parent_collection_direction: str
    assigned_collection_name: str
    mailed_to: str
    created_at: datetime
    link: str = field(repr=False)

    @property
    def guest_token(self) -> str:
        """The last part of the link: the guest's key to the set-up page."""
        return self.link.rpartition("/")[2]

    def as_json(self) -> dict[str, Any]:
        """The record for tests in other processes."""
        sent = {name: getattr(self, name) for name in FIELDS}
        return sent | {
            "mailed_to": self.mailed_to,
            "created_at": self.created_at.isoformat(),
            "link": self.link,
        }

    @classmethod
    def from_json(cls, record: Fact) -> Self:
        """What `as_json` gave."""
        return cls(**record | {"created_at": datetime.fromisoformat(record["created_at"])})


def created(invitation: CreatedInvitation) -> Fact:
    """How a memory holds that it exists."""
    return {"created": invitation.as_json()}


@dataclass(frozen=True)
class Call:
    """One API call as it came: `status` is None when no sound status line was sent, `refused` means by a limit.

    `error` is the code of a refusal, `fault` the name of what spoiled the answer.
    """

    method: str
    path: str
    time: datetime
    status: int | None
    refused: bool
    error: str | None
    fault: str | None
    headers: Mapping[str, str] = field(repr=False)
    parameters: tuple[str, ...]
    body: bytes = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """The record for tests in other processes; bytes that are no UTF-8 are replaced."""
        text = self.body.decode("utf-8", "replace")
        return {**vars(self), "time": self.time.isoformat(), "headers": dict(self.headers), "body": text}


class Ledger:
    """The records of one server, safe to use from every thread."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._lock = threading.Lock()
        self._memory = memory
        self._invitations: list[CreatedInvitation] = []
        self._calls: list[Call] = []
        self._finished: set[str] = set()

    def create(self, fields: Mapping[str, Any], link: str) -> CreatedInvitation:
        """Create an invitation from the five documented fields."""
        mailed_to = fields["recipient_email"]
        invitation = CreatedInvitation(**fields, mailed_to=mailed_to, created_at=datetime.now(UTC), link=link)
        self._note(created(invitation))
        return invitation

    def record(self, call: Call) -> None:
        """Keep one call."""
        with self._lock:
            self._calls.append(call)

    def invitations(self) -> list[CreatedInvitation]:
        """Every invitation, oldest first."""
        with self._lock:
            self._catch_up()
            return list(self._invitations)

    def newest(self) -> CreatedInvitation | None:
        """The invitation created last."""
        with self._lock:
            self._catch_up()
            return self._invitations[-1] if self._invitations else None

    def calls(self) -> list[Call]:
        """Every API call, oldest first."""
        with self._lock:
            return list(self._calls)

    def find(self, guest_token: str) -> CreatedInvitation | None:
        """The invitation behind a set-up page."""
        return next((item for item in self.invitations() if item.guest_token == guest_token), None)

    def finish(self, invitation: CreatedInvitation) -> None:
        """Remember that a guest clicked through the set-up page."""
        self._note({"finished": invitation.link})

    def is_finished(self, invitation: CreatedInvitation) -> bool:
        """Whether a guest clicked through the set-up page."""
        with self._lock:
            self._catch_up()
            return invitation.link in self._finished

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            if self._memory is not None:
                self._memory.forget()
            self._invitations.clear()
            self._calls.clear()
            self._finished.clear()

    def _note(self, fact: Fact) -> None:
        """One more fact: into the memory, from which it comes back, or straight to the others."""
        with self._lock:
            if self._memory is None:
                self._take(fact)
            else:
                self._memory.add([fact])
                self._catch_up()

    def _catch_up(self) -> None:
        if self._memory is None:
            return
        forgotten, facts = self._memory.news()
        if forgotten:
            self._invitations.clear()
            self._finished.clear()
        for fact in facts:
            self._take(fact)

    def _take(self, fact: Fact) -> None:
        if "created" in fact:
            self._invitations.append(CreatedInvitation.from_json(fact["created"]))
        else:
            self._finished.add(fact["finished"])
