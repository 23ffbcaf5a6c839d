"""Everybody locks rows in the same order, so that no two wait for one another."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from invitations.errors import WrongState
from invitations.models import AccessLink, DeclineKind, Hold, Invitation, Status, VendorCall
from invitations.models.hold import HoldReason
from invitations.services.base import cancelling, stages
from invitations.services.calls import pauses
from invitations.services.decisions import restoring, settling
from invitations.services.guest import answers, press, progress
from invitations.services.holds import holds
from invitations.services.invitations import change, expire, links
from invitations.services.mail import guest_queue, outbox
from invitations.services.sending import dispatch, recovery
from tests import factories

pytestmark = pytest.mark.django_db
# As docs/architecture.md has it. What belongs to a link or an invitation is guarded by the lock of that one.
ORDER = ["callturn", "vendorcall", "accesslink", "invitation", "audithead"]
LATER = timedelta(minutes=16)
Act = Callable[[], object]


@contextmanager
def locking(monkeypatch) -> Iterator[list[list[str]]]:
    """For each transaction in the block, which tables it locked rows of, in the order of the first lock."""
    transactions: list[list[str]] = []
    depth = 0

    def locked(table: str) -> None:
        name = table.removeprefix("invitations_")
        if depth and name not in transactions[-1]:
            transactions[-1].append(name)

    def watch(execute, sql, params, many, context):
        nonlocal depth
        if sql.startswith("SAVEPOINT"):
            depth += 1
            if depth == 1:
                transactions.append([])
        elif sql.startswith(("RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")):
            depth -= sql.startswith("RELEASE")
        elif found := re.match(r'UPDATE "(\w+)"', sql):
            locked(found[1])
        return execute(sql, params, many, context)

    for_update = QuerySet.select_for_update

    def asked(rows, *words, **options):
        locked(rows.model._meta.db_table)
        return for_update(rows, *words, **options)

    with monkeypatch.context() as patched, connection.execute_wrapper(watch):
        patched.setattr(QuerySet, "select_for_update", asked)
        yield transactions


def closing(act: Act) -> object:
    """What another thread does, with a connection of its own."""
    try:
        return act()
    finally:
        connection.close()


class Scene:
    """What the acts below have at hand."""

    def __init__(self, make_invitation, manager, admin, sandbox) -> None:
        self.make, self.manager, self.admin, self.sandbox = make_invitation, manager, admin, sandbox

    def link(self, status: str = "queued", **fields) -> AccessLink:
        return self.make(status=status, **fields).links.select_related("invitation").get()

    def key(self, link: AccessLink):
        invitation = link.invitation
        return press.find(public_id=invitation.public_id, token=factories.make_key(invitation))


def settle_by_mailbox(scene: Scene, link: AccessLink) -> bool:
    url = f"http://{scene.sandbox.link_host}/collection_guest/new"
    return settling.arrived(link=link, attempt=link.current_attempt, url=url)


def go_on(scene: Scene, link: AccessLink) -> None:
    AccessLink.objects.filter(pk=link.pk).update(continued_at=timezone.now())
    progress.done(by=scene.key(link), link_id=link.pk)


def hold_and_release(scene: Scene, link: AccessLink) -> None:
    hold = holds.stop(reason=HoldReason.TRIES, link=link)
    holds.release(by=scene.admin, hold=hold)


def sent(scene: Scene, link: AccessLink) -> None:
    dispatch.step()


def cut_off(scene: Scene, link: AccessLink) -> None:
    dispatch.mark_on_wire(dispatch.claim())
    recovery.sweep(now=timezone.now() + LATER)


def claim_that_fails(scene: Scene, link: AccessLink) -> None:
    recovery.claim_failed(link_id=link.pk, fence=link.fence, now=timezone.now())


def mailed(scene: Scene, link: AccessLink) -> None:
    invitation = link.invitation
    guest_queue.queue(invitation=invitation, to_email=invitation.recipient_email, now=timezone.now())
    outbox.step()


def expired(scene: Scene, link: AccessLink) -> None:
    Invitation.objects.update(expires_at=timezone.now() - LATER)
    assert expire.sweep() == 1


def restored(scene: Scene, link: AccessLink) -> None:
    restoring.stop_everything(left_at=timezone.now() - LATER, now=timezone.now())
    restoring.were_sent(by=scene.admin, links=[link])


ACTS: dict[str, tuple[str, Callable[[Scene, AccessLink], object]]] = {
    "sent": ("queued", sent),
    "cut off": ("queued", cut_off),
    "claim failed": ("queued", claim_that_fails),
    "cancelled": ("queued", lambda s, link: links.cancel(by=s.manager, link=link)),
    "held and released": ("queued", hold_and_release),
    "restored": ("queued", restored),
    "settled: exists": (
        "unknown",
        lambda s, link: settling.exists(by=s.manager, link=link, now=timezone.now() + LATER),
    ),
    "settled: absent": (
        "unknown",
        lambda s, link: settling.absent(by=s.manager, link=link, now=timezone.now() + LATER),
    ),
    "settled by mailbox": ("unknown", settle_by_mailbox),
    "sent again": (
        "rejected",
        lambda s, link: settling.send_again(by=s.manager, link=link, assigned_collection_name="x"),
    ),
    "confirmed": ("ready", lambda s, link: links.confirm(by=s.manager, link=link)),
    "renewed": ("ready", lambda s, link: links.new_link(by=s.manager, link=link)),
    "revoked": ("queued", lambda s, link: change.revoke(by=s.manager, invitation=link.invitation)),
    "revoked when ready": (
        "ready",
        lambda s, link: change.revoke(by=s.manager, invitation=link.invitation),
    ),
    "corrected": (
        "ready",
        lambda s, link: change.correct_address(
            by=s.manager, invitation=link.invitation, recipient_email="new@example.com", recipient_name="New"
        ),
    ),
    "declined": (
        "ready",
        lambda s, link: answers.decline(by=s.key(link), kind=DeclineKind.WRONG_PERSON),
    ),
    "done": ("ready", go_on),
    "mailed": ("ready", mailed),
    "expired": ("ready", expired),
}


@pytest.mark.parametrize("name", ACTS)
def test_each_act_locks_in_the_one_order(make_invitation, manager, admin, sandbox, monkeypatch, name):
    status, act = ACTS[name]
    scene = Scene(make_invitation, manager, admin, sandbox)
    link = scene.link(status)

    with locking(monkeypatch) as transactions:
        act(scene, link)

    assert any(transactions), "something was locked"
    for tables in transactions:
        ranks = [ORDER.index(table) for table in tables if table in ORDER]
        assert ranks == sorted(ranks), tables
        if "attempt" in tables:
            assert "accesslink" in tables[: tables.index("attempt")], (
                "an attempt without the lock of its link"
            )


def test_the_end_of_a_pause_locks_in_the_one_order(make_invitation, admin, sandbox, monkeypatch):
    sandbox.misbehave("http_429_retry_date")
    make_invitation()
    dispatch.step()
    with locking(monkeypatch) as transactions:
        pauses.end(by=admin)
    assert transactions == [["callturn", "vendorcall", "accesslink", "audithead"]]


@pytest.mark.django_db(transaction=True)
def test_releasing_and_revoking_at_the_same_moment(
    make_invitation, manager, admin, monkeypatch, transactional_db
):
    """Each on a connection of its own, and each halfway through what it locks when the other begins."""
    invitation = make_invitation()
    hold = holds.stop(reason=HoldReason.TRIES, link=invitation.links.get())
    halfway = threading.Barrier(2)

    def meeting(sound):
        def act(**options):
            with suppress(threading.BrokenBarrierError):
                halfway.wait(1)
            return sound(**options)

        return act

    monkeypatch.setattr(holds.stages, "refresh", meeting(stages.refresh))
    monkeypatch.setattr(cancelling, "cancel", meeting(cancelling.cancel))

    acts = (
        lambda: holds.release(by=admin, hold=hold),
        lambda: change.revoke(by=manager, invitation=invitation),
    )
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(closing, acts))

    assert AccessLink.objects.get().status == Status.CANCELLED
    assert not Hold.objects.standing().exists()
    assert not VendorCall.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_whoever_waited_for_a_claim_sees_what_it_froze(make_invitation, manager, sandbox, transactional_db):
    """The address of a request that is just being taken in hand is no longer the manager's to correct."""
    invitation = make_invitation(delivery="kondado")
    taken, over = threading.Event(), threading.Event()

    def claim() -> None:
        with transaction.atomic():
            assert isinstance(dispatch.claim(), dispatch.Claim)
            taken.set()
            over.wait(1)

    def correct() -> None:
        assert taken.wait(10)
        with pytest.raises(WrongState):
            change.correct_address(
                by=manager, invitation=invitation, recipient_email="new@example.com", recipient_name="New"
            )
        over.set()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(closing, (claim, correct)))
