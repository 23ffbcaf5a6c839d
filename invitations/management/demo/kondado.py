"""What Kondado answered in the demo's past, and what it made: the stand-in is given that, and answers for its links."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from random import Random

from django.conf import settings

from invitations.kondado.errors import Ambiguous, RateLimited, Rejected, Unreachable
from invitations.kondado.links import GUEST_PATH
from invitations.kondado.pacing import REFUSAL_PAUSE
from invitations.kondado.sandbox.answers import refusal
from invitations.kondado.sandbox.ledger import CreatedInvitation
from invitations.kondado.types import Exchange, GuestLink, Phase
from invitations.models import Attempt
from invitations.services.sending.verdicts import Result

TOKEN_BYTES = 32


class Answer(StrEnum):
    """How one call ended."""

    MADE = "made"
    MADE_UNHEARD = "made_unheard"  # it exists, and no answer came
    NOT_MADE_UNHEARD = "not_made_unheard"
    NAME_TAKEN = "name_taken"
    NOT_IN_PLAN = "not_in_plan"
    BLOCKED_DOMAIN = "blocked_domain"
    SLOW_DOWN = "slow_down"
    UNREACHABLE = "unreachable"


REFUSALS = {
    Answer.NAME_TAKEN: ("NAME_TAKEN", "A source with this name already exists in the account."),
    Answer.NOT_IN_PLAN: ("NOT_IN_PLAN", "This connector is not part of the account's plan."),
    Answer.BLOCKED_DOMAIN: ("BLOCKED_DOMAIN", "The recipient's mail domain does not accept our messages."),
}


class PastKondado:
    """Makes links up and remembers what exists, in the order in which it was made."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.made: list[CreatedInvitation] = []

    def result(self, answer: Answer, attempt: Attempt, *, at: datetime) -> Result:
        """What the client would have given back for this attempt."""
        milliseconds = self.chance.randrange(260, 1_900)
        done = self._exchange(Phase.DONE, milliseconds, 200)
        match answer:
            case Answer.MADE:
                return GuestLink(self._make(attempt, at), (), done)
            case Answer.MADE_UNHEARD:
                self._make(attempt, at)
                waited = settings.KONDADO_DEADLINE_SECONDS * 1_000
                return Ambiguous("no_answer", self._exchange(Phase.HEADERS, waited, None))
            case Answer.NOT_MADE_UNHEARD:
                return Ambiguous("server_error", self._exchange(Phase.DONE, milliseconds, 502))
            case Answer.SLOW_DOWN:
                return RateLimited("rate_limited", done, retry_after=REFUSAL_PAUSE.seconds)
            case Answer.UNREACHABLE:
                return Unreachable("refused", self._exchange(Phase.CONNECT, 0, None))
            case _:
                words = refusal(*REFUSALS[answer])
                return Rejected(done, code=words["error"], message=words["message"])

    def _make(self, attempt: Attempt, at: datetime) -> str:
        token = self.chance.randbytes(TOKEN_BYTES).hex()
        link = f"http://{settings.KONDADO_LINK_HOSTS[0]}{GUEST_PATH}{token}"
        self.made.append(
            CreatedInvitation(
                client_id=attempt.client_id,
                recipient_email=attempt.recipient,
                parent_collection_id=attempt.kondado_id or 0,
                parent_collection_direction=attempt.direction,
                assigned_collection_name=attempt.assigned_collection_name,
                mailed_to=attempt.recipient,
                created_at=at,
                link=link,
            )
        )
        return link

    def _exchange(self, phase: Phase, milliseconds: float, status: int | None) -> Exchange:
        return Exchange(
            peer=settings.KONDADO_LINK_HOSTS[0],
            phase=phase,
            milliseconds=int(milliseconds),
            http_status=status,
            content_type="application/json" if status == 200 else "",
        )
