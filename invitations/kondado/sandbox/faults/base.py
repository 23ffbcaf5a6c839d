"""What a fault is: a name, a sentence, whether the invitation exists afterwards, and what it does on the wire.

It must not decide when a fault is used.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from invitations.kondado.sandbox.messages import Reply
from invitations.kondado.sandbox.wire import Wire


@dataclass(frozen=True)
class Scene:
    """The call a fault spoils: the sound answer, its link, the link before it, and the host of all links."""

    sound: Reply
    link: str = field(repr=False)
    link_before: str = field(repr=False)
    link_host: str

    @property
    def guest_token(self) -> str:
        """The last part of the link."""
        return self.link.rpartition("/")[2]


@dataclass(frozen=True)
class Fault:
    """One way to misbehave. `status` is the HTTP status it sends, None when it sends no sound status line.

    `created` says whether the invitation exists in the ledger afterwards. An `early` fault plays as soon as
    the head of the request is read, an `at_accept` one before anything is read.
    """

    name: str
    says: str
    created: bool
    status: int | None
    play: Callable[[Wire, Scene], None] = field(repr=False)
    early: bool = False
    at_accept: bool = False


def replying(
    name: str, says: str, build: Callable[[Scene], Reply], *, created: bool, status: int = 200
) -> Fault:
    """A fault that is nothing more than an odd, complete HTTP answer."""

    def play(wire: Wire, scene: Scene) -> None:
        wire.send(build(scene).encode())

    return Fault(name, says, created, status, play)
