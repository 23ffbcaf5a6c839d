"""The worker's part in the demo's past: its own steps, each with its time, around answers that are made up.

Nothing is called and nothing leaves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

from django.db import transaction

from invitations.kondado.errors import NotSent
from invitations.kondado.pacing import REFUSAL_PAUSE
from invitations.kondado.types import GuestLink
from invitations.mail import write
from invitations.management.demo.kondado import Answer, PastKondado
from invitations.management.demo.timeline import Life, Timeline
from invitations.models import AccessLink, Hold, Invitation, Message, User
from invitations.models.message import TO_GUESTS, MessageKind, MessageStatus
from invitations.services.holds import holds
from invitations.services.invitations import expire
from invitations.services.mail import outbox
from invitations.services.sending import dispatch, outcome, retries
from invitations.services.sending.verdicts import Result

APART = timedelta(seconds=4)  # from one call to the next: each is over by then
TO_THE_WIRE, TO_THE_ANSWER = 0.1, 1.2  # seconds from the claim
# What the stand-in's inbox is to show of the portal's mails.
LATEST_MAILS, SHOWN_FOR = 100, timedelta(days=8)


class Machine:
    """Sends, mails and expires. `keys` are the latest guest keys as text, by invitation and kind of mail."""

    def __init__(self, line: Timeline, chance: Random, admin: User) -> None:
        self.line, self.chance, self.admin = line, chance, admin
        self.kondado = PastKondado(chance)
        self.mails: deque[write.Mail] = deque(maxlen=LATEST_MAILS)
        self.keys: dict[tuple[int, MessageKind], str] = {}
        self._next_turn = datetime.min.replace(tzinfo=UTC)
        self._may_be_stopped = False

    def send(self, link: AccessLink, answers: Sequence[Answer] = (Answer.MADE,)) -> Life:
        """One call for each answer; the last one ends it, or leaves it waiting for its next try."""
        for number, answer in enumerate(answers, 1):
            yield from self._turn(link)
            with transaction.atomic():
                as_it_is = AccessLink.objects.select_related("account").get(pk=link.pk)
                claimed = dispatch.take(as_it_is, now=self.line.now)
            assert isinstance(claimed, dispatch.Claim)  # noqa: S101  (nobody else sends here)
            yield self.line.soon(TO_THE_WIRE)
            result = self.kondado.result(answer, claimed.attempt, at=self.line.now)
            if not isinstance(result, NotSent):
                dispatch.mark_on_wire(claimed, now=self.line.now)
            yield self.line.soon(TO_THE_ANSWER)
            self._write_down(claimed, result)
            if number < len(answers):
                again = REFUSAL_PAUSE.seconds if answer == Answer.SLOW_DOWN else retries.pause_after(number)
                yield self.line.soon(again + 1)

    def _turn(self, link: AccessLink) -> Life:
        """One call in flight at a time, and none that a hold stops."""
        start = max(self.line.soon(2), self._next_turn)
        self._next_turn = start + APART
        yield start
        while self._may_be_stopped and Hold.objects.of_link(link).exists():
            yield self.line.soon(60)

    def _write_down(self, claimed: dispatch.Claim, result: Result) -> None:
        outcome.write_down(
            link_id=claimed.link.pk,
            attempt=claimed.attempt,
            call=claimed.call,
            fence=claimed.fence,
            result=result,
            now=self.line.now,
        )
        if isinstance(result, GuestLink | NotSent):
            return  # neither stops anything
        for hold in Hold.objects.stopping():
            self._may_be_stopped = True
            self.line.add(self._released(hold), self.line.working(0.6))

    def _released(self, hold: Hold) -> Life:
        """The administrator looks at what the machine stopped, and lets it go on."""
        holds.release(by=self.admin, hold=hold, now=self.line.now)
        self._may_be_stopped = Hold.objects.stopping().exists()
        yield from ()

    def post(self, end: MessageStatus = MessageStatus.SENT) -> None:
        """Every mail that waits: claimed, with its key, and taken by a mail server that is not there."""
        for message in Message.objects.filter(status=MessageStatus.QUEUED).order_by("id"):
            claimed = outbox.claim(message, now=self.line.now)
            if claimed is None:
                continue
            if message.kind in TO_GUESTS and message.invitation_id:
                key = claimed.url.rstrip("/").rpartition("/")[2]
                self.keys[message.invitation_id, MessageKind(message.kind)] = key
            if self.line.end - self.line.now < SHOWN_FOR:
                mail = outbox.compose(claimed)
                date = {"Date": format_datetime(self.line.now.astimezone(UTC))}
                self.mails.append(replace(mail, headers=mail.headers | date))
            outbox.settle(claimed, outbox.End(end), now=self.line.now)

    def expires(self, invitation: Invitation) -> None:
        """Lets the worker come by once the invitation's time is over."""
        if invitation.expires_at is not None:
            self.line.add(self._sweep(), invitation.expires_at + timedelta(seconds=3))

    def _sweep(self) -> Life:
        expire.sweep(now=self.line.now)
        yield from ()
