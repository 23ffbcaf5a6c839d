"""A person settles what the machine cannot know; each decision allows at most one more invitation."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from invitations.errors import LinkNotAccepted, NotYours, SameOpenInvitation, TooEarly, WrongState
from invitations.models import AccessLink, Attempt, AuditEvent, Stage, Status
from invitations.models.attempt import SettledHow
from invitations.services.base import audit
from invitations.services.decisions import settling
from invitations.services.sending import dispatch

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=16)
URL = "http://127.0.0.1:9/collection_guest/pasted"


def the_link() -> AccessLink:
    return AccessLink.objects.select_related("invitation", "current_attempt").order_by("id").first()


def test_it_exists_makes_it_ready_with_the_pasted_link(make_invitation, manager):
    make_invitation(status="unknown", delivery="link")

    settling.exists(
        by=manager, link=the_link(), url=f" {URL} ", note="in the mailbox", now=timezone.now() + LATER
    )

    link = the_link()
    assert (link.status, link.invitation.stage) == (Status.READY, Stage.WAITING)
    assert link.current_attempt.open_kondado_link() == URL
    assert link.current_attempt.settled_by == manager
    assert next(audit.problems(), None) is None


def test_it_exists_without_a_link_only_when_kondado_mailed_the_guest(make_invitation, manager):
    make_invitation(status="unknown", delivery="kondado")
    settling.exists(by=manager, link=the_link(), now=timezone.now() + LATER)
    assert the_link().link_absent_reason == "settled_without"

    make_invitation(status="unknown", delivery="link")
    with pytest.raises(LinkNotAccepted):
        settling.exists(by=manager, link=AccessLink.objects.latest("id"), now=timezone.now() + LATER)


@pytest.mark.parametrize(
    "url", ["https://evil.example/collection_guest/x", "javascript:alert(1)", "x", URL + "\n"]
)
def test_a_foreign_link_is_refused(make_invitation, manager, url):
    make_invitation(status="unknown", delivery="link")
    if url == URL + "\n":
        url = URL.replace("/pasted", "\\@evil/pasted")
    with pytest.raises(LinkNotAccepted):
        settling.exists(by=manager, link=the_link(), url=url, now=timezone.now() + LATER)
    assert the_link().status == Status.UNKNOWN


@pytest.mark.parametrize("stored", [URL, URL + "/"])
def test_a_link_that_another_invitation_has_is_refused_in_every_spelling(make_invitation, manager, stored):
    make_invitation(status="ready")
    # As every version before fingerprints stored it.
    Attempt.objects.update(link_sha256=hashlib.sha256(stored.encode()).hexdigest())
    make_invitation(status="unknown", delivery="link")
    link = AccessLink.objects.latest("id")
    with pytest.raises(LinkNotAccepted):
        settling.exists(by=manager, link=link, url=URL + "/", now=timezone.now() + LATER)


def test_a_link_that_is_stored_for_another_one_at_the_same_moment_is_refused(
    make_invitation, manager, monkeypatch
):
    monkeypatch.setattr(settling, "attempt_with", lambda _url: None)
    links = [make_invitation(status="unknown", delivery="link").links.get() for _ in range(2)]
    settling.exists(by=manager, link=links[0], url=URL, now=timezone.now() + LATER)
    with pytest.raises(LinkNotAccepted):
        settling.exists(by=manager, link=links[1], url=URL + "/", now=timezone.now() + LATER)
    assert AccessLink.objects.get(pk=links[1].pk).status == Status.UNKNOWN


def test_it_does_not_exist_allows_one_new_attempt(sandbox, make_invitation, manager):
    make_invitation(status="unknown")
    settling.absent(by=manager, link=the_link(), now=timezone.now() + LATER)
    with pytest.raises(WrongState):
        settling.absent(by=manager, link=the_link(), now=timezone.now() + LATER)

    dispatch.step()
    dispatch.step()

    assert the_link().status == Status.READY
    assert the_link().current_attempt.number == 2
    assert len(sandbox.ledger) == 1


def test_not_before_a_quarter_of_an_hour_and_not_by_a_stranger(make_invitation, manager, stranger, auditor):
    make_invitation(status="unknown")
    with pytest.raises(TooEarly):
        settling.absent(by=manager, link=the_link(), now=timezone.now() + timedelta(minutes=14))
    for person in (stranger, auditor):
        with pytest.raises(NotYours):
            settling.absent(by=person, link=the_link(), now=timezone.now() + LATER)


def test_kondados_mail_proves_it_at_once_unless_a_person_was_first(make_invitation, manager):
    make_invitation(status="unknown", delivery="link")
    link = the_link()
    assert settling.arrived(link=link, attempt=link.current_attempt, url=URL)
    found = the_link()
    assert (found.status, found.current_attempt.settled_how) == (Status.READY, SettledHow.MAILBOX)
    assert found.current_attempt.open_kondado_link() == URL
    assert found.invitation.expires_at is not None

    make_invitation(status="unknown", delivery="link")
    link = AccessLink.objects.select_related("current_attempt").latest("id")
    with pytest.raises(LinkNotAccepted):
        settling.arrived(link=link, attempt=link.current_attempt, url=URL)
    settling.absent(by=manager, link=link, now=timezone.now() + LATER)
    assert not settling.arrived(link=link, attempt=link.current_attempt, url=URL + "2")
    link.refresh_from_db()
    assert (link.status, link.current_attempt.number) == (Status.QUEUED, 2)
    assert next(audit.problems(), None) is None


@pytest.mark.django_db(transaction=True)
def test_of_a_person_and_the_mailbox_one_settles(make_invitation, manager, transactional_db):
    """Both at the same moment, each on a connection of its own."""
    make_invitation(status="unknown", delivery="link")
    link, start = the_link(), threading.Barrier(2)

    def settle(act):
        start.wait(5)
        try:
            return act()
        except WrongState:
            return False
        finally:
            connection.close()

    acts = (
        lambda: settling.absent(by=manager, link=link, now=timezone.now() + LATER) or True,
        lambda: settling.arrived(link=link, attempt=link.current_attempt, url=URL),
    )
    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(settle, acts))

    assert sorted(won) == [False, True]
    assert AuditEvent.objects.filter(kind="link.settled").count() == 1
    assert the_link().status == (Status.QUEUED if won[0] else Status.READY)


def test_a_refused_link_is_sent_again_under_another_name(sandbox, make_invitation, manager):
    make_invitation(status="rejected")
    settling.send_again(by=manager, link=the_link(), assigned_collection_name="Second name")

    dispatch.step()

    assert the_link().status == Status.READY
    assert [record.assigned_collection_name for record in sandbox.ledger] == ["Second name"]
    with pytest.raises(WrongState):
        settling.send_again(by=manager, link=the_link(), assigned_collection_name="Third")


def test_sending_again_says_who_asked_in_the_meantime(make_invitation, manager):
    make_invitation(status="rejected", recipient_email="ana@example.com")
    make_invitation(recipient_email="ana@example.com")
    with pytest.raises(SameOpenInvitation):
        settling.send_again(by=manager, link=the_link(), assigned_collection_name="x")


def test_several_are_settled_alike_and_each_is_recorded(make_invitation, manager, admin):
    for delivery in ("kondado", "kondado", "link"):
        make_invitation(status="unknown", delivery=delivery)
    make_invitation(status="ready")
    links = list(AccessLink.objects.order_by("id"))

    done = settling.several(
        by=manager, links=links, exist=True, note="Kondado lists them", now=timezone.now() + LATER
    )

    assert done == 2
    statuses = list(AccessLink.objects.order_by("id").values_list("status", flat=True))
    assert statuses == ["ready", "ready", "unknown", "ready"]
    notes = [link.current_attempt.settled_note for link in AccessLink.objects.order_by("id")]
    assert notes == ["Kondado lists them"] * 2 + ["", ""]
    assert AuditEvent.objects.filter(kind="link.settled").count() == 2
    assert settling.several(by=manager, links=links, exist=False, now=timezone.now() + LATER) == 1


def test_everybody_sees_the_unknown_ones_of_the_own_accounts(
    make_invitation, manager, stranger, admin, other_account, django_assert_num_queries
):
    make_invitation(status="unknown")
    make_invitation(status="unknown", by=admin, account=other_account)
    first, second = AccessLink.objects.order_by("id")

    assert settling.unknown(by=manager) == [first]
    assert settling.unknown(by=stranger) == [second]
    with django_assert_num_queries(1):
        assert settling.unknown(by=admin) == [first, second]
    assert settling.unknown(by=admin, account_id=other_account.pk) == [second]
    assert settling.several(by=stranger, links=[first], exist=False, now=timezone.now() + LATER) == 0
