"""What went wrong with an invitation on its way, and how it was put right: endings as in `endings`."""

from __future__ import annotations

from datetime import timedelta

from invitations.management.demo.case import Case
from invitations.management.demo.customers import SETTLED_WITH, SETTLED_WITHOUT
from invitations.management.demo.endings import Ending, connects
from invitations.management.demo.kondado import Answer
from invitations.management.demo.timeline import Life
from invitations.models import Message
from invitations.models.message import MessageKind, MessageStatus
from invitations.services.decisions import settling
from invitations.services.holds import refusals
from invitations.services.invitations import change, links
from invitations.services.mail import bounces

UNHEARD_FOR = timedelta(minutes=15)  # before which nobody settles


def cancelled(case: Case) -> Life:
    """Kondado is not to be reached, and the manager takes it back before it left."""
    yield from case.ask()
    for link in case.links():
        yield from case.machine.send(link, [Answer.UNREACHABLE] * 4)
        links.cancel(by=case.plan.by, link=link, now=case.line.now)


def delayed(case: Case) -> Life:
    """Kondado asks to slow down, and the next try is sound."""
    yield from case.asked([Answer.SLOW_DOWN, Answer.MADE])
    yield from connects(case)


def unreachable(case: Case) -> Life:
    """Seven tries, and Kondado was not to be reached: the next one comes later."""
    yield from case.ask()
    for link in case.links():
        yield from case.machine.send(link, [Answer.UNREACHABLE] * 7)


def queued(case: Case) -> Life:
    """Sent a moment ago: the worker comes to it by itself."""
    yield from case.ask()


def refused(answer: Answer) -> Ending:
    """Kondado says no in words of its own."""

    def ending(case: Case) -> Life:
        yield from case.asked([answer])

    return ending


def corrected(answer: Answer) -> Ending:
    """Kondado says no; under another name it says yes."""

    def ending(case: Case) -> Life:
        yield from case.asked([answer])
        yield from case.staff_takes(2)
        yield from _again(case)

    return ending


def _again(case: Case) -> Life:
    first = case.links()[0]
    name = f"{first.assigned_collection_name[:90]} (novo)"
    settling.send_again(by=case.plan.by, link=first, assigned_collection_name=name, now=case.line.now)
    yield from case.machine.send(case.links()[0])
    yield from case.settled()
    yield from connects(case)


def unknown(answer: Answer) -> Ending:
    """Nobody knows whether Kondado made it, and nobody has looked yet."""

    def ending(case: Case) -> Life:
        yield from case.asked([answer])

    return ending


def found(case: Case) -> Life:
    """No answer came; the manager finds the invitation at Kondado and pastes its link."""
    yield from case.ask()
    yield from case.machine.send(case.links()[0], [Answer.MADE_UNHEARD])
    url = case.machine.kondado.made[-1].link
    for link in case.links()[1:]:
        yield from case.machine.send(link)
    yield case.line.now + UNHEARD_FOR
    yield from case.staff_takes(2)
    settling.exists(by=case.plan.by, link=case.links()[0], url=url, note=SETTLED_WITH, now=case.line.now)
    yield from case.settled()
    yield from connects(case)


def not_found(case: Case) -> Life:
    """No sound answer came; the manager finds nothing at Kondado, and it goes out once more."""
    yield from case.asked([Answer.NOT_MADE_UNHEARD])
    yield case.line.now + UNHEARD_FOR
    yield from case.staff_takes(2)
    settling.absent(by=case.plan.by, link=case.links()[0], note=SETTLED_WITHOUT, now=case.line.now)
    yield from case.machine.send(case.links()[0])
    yield from case.settled()
    yield from connects(case)


def bounced(case: Case) -> Life:
    """The guest's mail comes back."""
    yield from case.asked()
    yield case.line.soon(case.chance.randrange(40, 400))
    mails = Message.objects.filter(invitation=case.invitation, kind=MessageKind.INVITATION)
    mail = mails.filter(status=MessageStatus.SENT).order_by("-id").first()
    assert mail is not None  # noqa: S101  (it was just sent)
    bounces.note(mail_id=mail.mail_id, report=bounces.Report.BOUNCED, code="5.1.1", now=case.line.now)
    yield case.line.soon(5)
    case.machine.post()


def readdressed(case: Case) -> Life:
    """As `bounced`, and with a corrected address it goes on."""
    yield from bounced(case)
    yield from case.staff_takes(2)
    guest = case.plan.guest
    change.correct_address(
        by=case.plan.by,
        invitation=case.invitation,
        recipient_email=guest.email.replace("@", "@mail."),
        recipient_name=guest.name,
        now=case.line.now,
    )
    yield case.line.soon(5)
    case.machine.post()
    yield from connects(case)


def marked(case: Case) -> Life:
    """Refused again in the same words: sending stops, and the administrator decides what they mean."""
    yield from case.asked([Answer.NAME_TAKEN])
    yield case.line.working(0.4)
    attempt = case.links()[0].current_attempt
    assert attempt is not None  # noqa: S101  (it was refused)
    refusals.mark(by=case.machine.admin, attempt=attempt, verdict="link", now=case.line.now)
    yield from case.staff_takes(2)
    yield from _again(case)
