"""What became of an invitation: one function for each ending, read from top to bottom as it happened."""

from __future__ import annotations

from collections.abc import Callable

from invitations.management.demo.case import Case
from invitations.management.demo.customers import NO_WORDS
from invitations.management.demo.timeline import Life
from invitations.models import DeclineKind, Delivery
from invitations.models.message import MessageKind
from invitations.services.guest import answers, progress
from invitations.services.invitations import change, erase, links

Ending = Callable[[Case], Life]


def never_read(case: Case) -> Life:
    """Nothing comes back; it waits, and expires in the end."""
    yield from case.asked()


def nudged(case: Case) -> Life:
    """The guest came only after a second mail."""
    yield from case.asked()
    yield case.line.working(27)
    case.remind_by_hand()
    yield case.line.soon(5)
    case.machine.post()
    yield from connects(case)


def connected(case: Case) -> Life:
    """As it is meant to be."""
    yield from case.asked()
    yield from connects(case)


def connects(case: Case) -> Life:
    """The guest sets everything up, and somebody of the agency confirms it."""
    yield from case.guest_takes()
    if case.plan.delivery != Delivery.KONDADO:  # else the portal sees nothing of the guest
        yield from case.goes_on(case.key(), case.links())
    yield from case.staff_takes()
    yield from case.confirm(case.links())


def opened(case: Case) -> Life:
    """The guest pressed a button and went no further: the page in another language."""
    yield from case.asked()
    yield from case.guest_takes()
    answers.speak(
        by=case.key(), language="en" if case.plan.guest.language != "en" else "es", now=case.line.now
    )


def continued(case: Case) -> Life:
    """The guest went on to Kondado and was not heard of since."""
    yield from case.asked()
    yield from case.guest_takes()
    progress.go_on(by=case.key(), link_id=case.links()[0].pk, now=case.line.now)


def to_verify(case: Case) -> Life:
    """The guest says that it is done, and nobody has looked yet."""
    yield from case.asked()
    yield from case.guest_takes()
    yield from case.goes_on(case.key(), case.links())


def partly(case: Case) -> Life:
    """The first connector is confirmed, the others wait for somebody else's password."""
    yield from case.asked()
    yield from case.guest_takes()
    yield from case.goes_on(case.key(), case.links()[:1])
    yield from case.staff_takes()
    yield from case.confirm(case.links()[:1])


def partly_then_all(case: Case) -> Life:
    """As `partly`, and the rest a few days later."""
    yield from partly(case)
    yield from case.guest_takes(12)
    yield from case.goes_on(case.key(), case.links()[1:])
    yield from case.staff_takes()
    yield from case.confirm(case.links()[1:])


def declined(kind: DeclineKind, *, words: bool = True) -> Ending:
    """The guest says no, mostly with a reason."""

    def ending(case: Case) -> Life:
        yield from case.asked()
        yield from case.guest_takes()
        reasons = NO_WORDS[kind][case.plan.guest.language] if words else ("",)
        answers.decline(by=case.key(), kind=kind, reason=case.chance.choice(reasons), now=case.line.now)
        yield case.line.soon(6)
        case.machine.post()

    return ending


def resumed(case: Case) -> Life:
    """The guest says no, and does it all the same."""
    yield from declined(DeclineKind.CANNOT)(case)
    yield from case.guest_takes(9)
    answers.resume(by=case.key(), now=case.line.now)
    yield case.line.soon(5)
    case.machine.post()
    yield from connects(case)


def _passes_on(case: Case) -> Life:
    yield from case.asked()
    yield from case.guest_takes()
    colleague = case.customers.colleague(case.plan.guest)
    answers.forward(by=case.key(), to_email=colleague.email, to_name=colleague.name, now=case.line.now)
    yield case.line.soon(5)
    case.machine.post()


def forwarded(case: Case) -> Life:
    """The guest named a colleague, who does it."""
    yield from _passes_on(case)
    yield from case.guest_takes()
    yield from case.goes_on(case.key(MessageKind.FORWARD), case.links())
    yield from case.staff_takes()
    yield from case.confirm(case.links())


def only_forwarded(case: Case) -> Life:
    """The guest named a colleague, who has not come yet."""
    yield from _passes_on(case)


def asked_for_time(case: Case) -> Life:
    """The guest comes too late and asks for more time."""
    yield from case.asked()
    expires_at = case.look().expires_at
    assert expires_at is not None  # noqa: S101  (it is ready)
    yield case.line.working(0) if expires_at < case.line.now else expires_at
    yield from case.guest_takes(9)
    answers.ask_again(by=case.key(), now=case.line.now)
    yield case.line.soon(5)
    case.machine.post()


def given_time(case: Case) -> Life:
    """As `asked_for_time`, and the manager extends it."""
    yield from asked_for_time(case)
    yield from case.staff_takes()
    change.extend(by=case.plan.by, invitation=case.invitation, days=14, mail=True, now=case.line.now)
    yield case.line.soon(4)
    case.machine.post()
    case.machine.expires(case.look())
    yield from connects(case)


def revoked(case: Case) -> Life:
    """The wrong customer was asked."""
    yield from case.asked()
    yield from case.staff_takes(2)
    change.revoke(by=case.plan.by, invitation=case.invitation, now=case.line.now)


def renewed(case: Case) -> Life:
    """The guest went on with a link that Kondado no longer took; a new one is asked for."""
    yield from continued(case)
    yield from case.staff_takes()
    links.new_link(by=case.plan.by, link=case.links()[0], now=case.line.now)
    case.copied = ""
    yield from case.machine.send(case.links()[0])
    yield from case.settled()
    yield from connects(case)


def erased(case: Case) -> Life:
    """The guest does not want to, and asks to be forgotten."""
    yield from declined(DeclineKind.WILL_NOT)(case)
    yield from case.staff_takes(9)
    erase.erase_guest(by=case.machine.admin, invitation=case.invitation, now=case.line.now)
