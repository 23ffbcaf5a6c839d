"""One invitation of the demo and what people can do about it, each through the service of that name.

Which of it happens, and in what order, stands in endings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from invitations.errors import AccountHeld
from invitations.management.demo.customers import Customers, Guest
from invitations.management.demo.kondado import Answer
from invitations.management.demo.machine import Machine
from invitations.management.demo.timeline import Life
from invitations.models import AccessLink, Account, Connector, Delivery, GuestToken, Invitation, User
from invitations.models.message import MessageKind
from invitations.services.guest import press, progress
from invitations.services.invitations import change, copy_link, create, links, names

GUEST_TAKES, STAFF_TAKES = 7.0, 5.0  # working hours until somebody reacts, in the mean
LONGEST = 3.0  # times the mean
AT_ONCE = 0.25  # working hours, for what must have happened by the end


@dataclass(frozen=True)
class Plan:
    """What is asked of whom. With `at_once` nobody lets the others wait."""

    nonce: str
    by: User
    account: Account
    guest: Guest
    connectors: Sequence[Connector]
    delivery: Delivery
    message: str = ""
    days: int = 14
    at_once: bool = False


class Case:
    """Holds the parts together while a life goes on."""

    def __init__(self, plan: Plan, machine: Machine, customers: Customers, chance: Random) -> None:
        self.plan, self.machine, self.customers, self.chance = plan, machine, customers, chance
        self.line = machine.line
        self.copied = ""
        self.invitation: Invitation

    # How long it takes ----------------------------------------------------------------------------

    def _takes(self, mean: float) -> Life:
        wait = min(self.chance.expovariate(1 / mean), mean * LONGEST) + 0.05
        yield self.line.working(AT_ONCE * self.chance.uniform(0.4, 1) if self.plan.at_once else wait)

    def guest_takes(self, mean: float = GUEST_TAKES) -> Life:
        """Until the guest comes to it."""
        yield from self._takes(mean)

    def staff_takes(self, mean: float = STAFF_TAKES) -> Life:
        """Until somebody of the agency comes to it."""
        yield from self._takes(mean)

    # From the form to Kondado ---------------------------------------------------------------------

    def ask(self) -> Life:
        """The form is sent; while the account is stopped somebody tries again later."""
        plan = self.plan
        while True:
            try:
                self.invitation = create.create_invitation(
                    by=plan.by,
                    account=plan.account,
                    wanted=[names.Wanted(one, self._name(one)) for one in plan.connectors],
                    form_nonce=plan.nonce,
                    now=self.line.now,
                    recipient_email=plan.guest.email,
                    recipient_name=plan.guest.name,
                    delivery=plan.delivery,
                    language=plan.guest.language,
                    message=plan.message,
                    expires_in_days=plan.days,
                )
            except AccountHeld:
                yield self.line.working(0.5)
                continue
            return

    def _name(self, connector: Connector) -> str:
        return names.suggest(
            account=self.plan.account, connector_name=connector.name, guest=self.plan.guest.name
        )

    def send(self, answers: Sequence[Answer] = (Answer.MADE,)) -> Life:
        """All links go to Kondado, the first with these answers; the guest's mail follows once they are ready."""
        first, *others = self.links()
        yield from self.machine.send(first, answers)
        for link in others:
            yield from self.machine.send(link)
        yield from self.settled()

    def settled(self) -> Life:
        """After anything that may have made links ready: the mail leaves, the time begins to run."""
        self.look()
        self.machine.expires(self.invitation)
        if self.plan.delivery == Delivery.LINK and not self.copied:
            yield from self.staff_takes(1.0)
            address = copy_link.copy(by=self.plan.by, invitation=self.invitation, now=self.line.now)
            self.copied = address.rstrip("/").rpartition("/")[2]
        yield self.line.soon(4)
        self.machine.post()

    def asked(self, answers: Sequence[Answer] = (Answer.MADE,)) -> Life:
        """From the form to the guest's mail."""
        yield from self.ask()
        yield from self.send(answers)

    # What is there --------------------------------------------------------------------------------

    def look(self) -> Invitation:
        """The invitation as it is now."""
        self.invitation = Invitation.objects.select_related("account", "created_by").get(
            pk=self.invitation.pk
        )
        return self.invitation

    def links(self) -> list[AccessLink]:
        """Its links as they are now, in order."""
        rows = AccessLink.objects.filter(invitation=self.invitation)
        return list(rows.select_related("account", "invitation", "current_attempt").order_by("position"))

    def key(self, kind: MessageKind = MessageKind.INVITATION) -> GuestToken:
        """What the guest, or the colleague, came with: the page was fetched, and a button will be pressed."""
        token = self.copied or self.machine.keys[self.invitation.pk, kind]
        if kind == MessageKind.FORWARD:
            token = self.machine.keys[self.invitation.pk, kind]
        press.exchange(token=token, now=self.line.now)
        key = press.find(public_id=self.invitation.public_id, token=token)
        assert key is not None  # noqa: S101  (nothing has ended it)
        return key

    # What people do -------------------------------------------------------------------------------

    def goes_on(self, key: GuestToken, links_: Sequence[AccessLink]) -> Life:
        """Continue, at Kondado for some minutes, and back: done. For each of the links."""
        for link in links_:
            progress.go_on(by=key, link_id=link.pk, now=self.line.now)
            yield self.line.soon(self.chance.randrange(70, 420))
            progress.done(by=key, link_id=link.pk, now=self.line.now)
            yield self.line.soon(self.chance.randrange(15, 60))
            self.machine.post()

    def confirm(self, links_: Sequence[AccessLink]) -> Life:
        """Somebody of the agency looks at Kondado and confirms."""
        for link in links_:
            links.confirm(by=self.plan.by, link=link, now=self.line.now)
            yield self.line.soon(self.chance.randrange(10, 40))

    def remind_by_hand(self) -> None:
        """The manager mails the guest once more."""
        change.send_mail(by=self.plan.by, invitation=self.invitation, now=self.line.now)
