"""Everybody is told that nothing is sent, and nobody is told so while it is."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from invitations.models import AccessLink, VendorCall
from invitations.models.hold import HoldReason
from invitations.services.holds import holds
from invitations.services.sending import beats
from invitations.words import banners
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def ago(**length) -> object:
    return NOW - timedelta(**length)


def texts(user) -> list[str]:
    # A page that some test asked for before may have left its language behind.
    with translation.override("en"):
        return [str(banner["text"]) for banner in banners.standing_banners(user=user, now=NOW)]


def call(**fields) -> None:
    defaults = {"credential": "default", "kind": "invitation", "started_at": NOW, "deadline_at": NOW}
    VendorCall.objects.create(**(defaults | fields))


@pytest.fixture
def working(db: None) -> None:
    """A worker that has lived for an hour."""
    beats.beat(name="worker", now=ago(hours=1))
    beats.beat(name="worker", now=ago(seconds=5))


def test_all_is_well_costs_one_query(manager, working, make_invitation, django_assert_num_queries):
    make_invitation(now=ago(seconds=30))
    with django_assert_num_queries(1):
        assert texts(manager) == []


def test_a_worker_that_is_late_by_a_minute_is_named_with_the_time(manager):
    beats.beat(name="worker", now=ago(seconds=59))
    assert texts(manager) == []
    beats.beat(name="worker", now=ago(seconds=61))
    assert "no worker has shown itself since" in texts(manager)[0]


def test_where_nobody_ever_worked_it_matters_once_something_waits(manager, make_invitation):
    assert texts(manager) == []
    make_invitation(now=ago(minutes=2))
    assert "no worker has shown itself since" in texts(manager)[0]


def test_what_is_due_and_not_taken_up_is_told_although_a_worker_lives(manager, working, make_invitation):
    make_invitation(now=ago(seconds=61))
    assert "although a worker runs" in texts(manager)[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"arrived_at": ago(seconds=50)},
        {"deadline_at": NOW + timedelta(seconds=10)},
        {"arrived_at": ago(minutes=5), "pause_until": NOW + timedelta(seconds=1)},
        {"arrived_at": ago(minutes=5), "pause_until": ago(seconds=30)},
    ],
)
def test_a_call_or_a_pause_in_the_last_minute_is_work(manager, working, make_invitation, fields):
    make_invitation(now=ago(minutes=3))
    call(**fields)
    assert texts(manager) == []


def test_what_waits_for_its_time_is_not_stuck(manager, working, make_invitation):
    make_invitation(now=ago(hours=1))
    AccessLink.objects.update(not_before=ago(seconds=50))
    assert texts(manager) == []
    AccessLink.objects.update(not_before=ago(seconds=61))
    assert "although a worker runs" in texts(manager)[0]


def test_a_worker_that_has_just_begun_gets_its_minute(manager, make_invitation):
    beats.beat(name="worker", now=ago(seconds=20))
    make_invitation(now=ago(hours=1))
    assert texts(manager) == []


def test_what_a_hold_stops_is_not_stuck_and_after_the_release_the_minute_begins(
    manager, admin, working, make_invitation, account
):
    make_invitation(now=ago(hours=1))
    hold = holds.stop(reason=HoldReason.PERSON, account=account, by=admin, now=ago(minutes=50))
    assert [text for text in texts(manager) if "although" in text] == []
    holds.release(by=admin, hold=hold, now=ago(seconds=30))
    assert texts(manager) == []


def test_a_full_disk_is_told_to_everybody_and_a_spoilt_answer_to_readers(manager, auditor, make_invitation):
    beats.beat(name="worker", problem="no_room", now=ago(seconds=5))
    assert "the disk is full" in texts(manager)[0]
    beats.beat(name="worker", problem="unreadable", now=ago(seconds=5))
    assert texts(manager) == []
    assert "cannot be used" in texts(auditor)[0]


def test_a_hold_is_shown_to_those_whose_accounts_it_stops(
    manager, stranger, auditor, working, account, make_invitation, admin
):
    holds.stop(reason=HoldReason.REJECTIONS, account=account)
    assert "Padaria Sol" in texts(manager)[0]
    assert texts(stranger) == []
    assert "Padaria Sol" in texts(auditor)[0]
    (banner,) = banners.standing_banners(user=auditor, now=NOW)
    assert banner["url"] == "/system/"
    assert banners.standing_banners(user=manager, now=NOW)[0]["url"] == ""


def test_a_restore_has_words_of_its_own(stranger, working):
    holds.stop(reason=HoldReason.RESTORED)
    assert "restored from a backup" in texts(stranger)[0]


def test_a_hold_on_one_link_is_no_banner(manager, working, make_invitation):
    holds.stop(reason=HoldReason.TRIES, link=make_invitation().links.get())
    assert texts(manager) == []


def test_another_credential_concerns_nobody_here(manager, working):
    factories.make_account("Away", credential="second")
    holds.stop(reason=HoldReason.CREDENTIAL, credential="second")
    assert texts(manager) == []
