"""When the machine tries again and when it gives up: eight tries, or 24 hours that stand still under a hold."""

from datetime import datetime, timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from invitations.models import AccessLink, Attempt, Hold, Status, VendorCall
from invitations.models.hold import HoldReason
from invitations.services.holds import holds
from invitations.services.sending import dispatch, retries

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.get_default_timezone())


def hours(number: float) -> datetime:
    return NOON + timedelta(hours=number)


@pytest.fixture
def link(make_invitation) -> AccessLink:
    """Failed for the first time at noon."""
    link = make_invitation().links.get()
    Attempt.objects.update(first_failed_at=NOON, tries=2, credential="default")
    return link


def used_up(link: AccessLink, at: float) -> bool:
    return retries.used_up(attempt=Attempt.objects.get(), link=link, now=hours(at))


def held(since: float, until: float | None, **scope) -> None:
    hold = holds.stop(reason=scope.pop("reason", HoldReason.PERSON), now=hours(since), **scope)
    if until is not None:
        holds.release(by=None, hold=hold, now=hours(until))
        Attempt.objects.update(first_failed_at=NOON, tries=2)


def test_a_day_after_the_first_failed_try_it_is_enough(link):
    assert not used_up(link, 23.9)
    assert used_up(link, 24)


def test_eight_tries_are_enough(link):
    Attempt.objects.update(tries=7)
    assert not used_up(link, 1)
    Attempt.objects.update(tries=8)
    assert used_up(link, 1)


def test_what_never_failed_is_never_used_up(link):
    Attempt.objects.update(first_failed_at=None, tries=9)
    assert not used_up(link, 99)


@pytest.mark.parametrize("scope", ["everything", "credential", "account", "link", "storm"])
def test_the_hours_stand_still_under_a_hold(link, account, scope):
    what = {
        "everything": {},
        "credential": {"credential": "default"},
        "account": {"account": account},
        "link": {"link": link},
        "storm": {"reason": HoldReason.STORM},
    }[scope]
    held(2, 7, **what)

    assert not used_up(link, 28.9)
    assert used_up(link, 29)


def test_holds_of_others_do_not_stop_the_clock(link, other_account):
    held(2, 7, account=other_account)
    held(2, 7, credential="another")

    assert used_up(link, 24)


def test_holds_at_the_same_time_count_once(link, account):
    held(2, 7, account=account)
    held(3, 8)
    held(4, 5, credential="default")
    held(10, 11)

    assert not used_up(link, 30.9)
    assert used_up(link, 31)


def test_a_hold_from_before_counts_from_the_first_failed_try(link):
    held(-30, 3)
    held(-60, -50, reason=HoldReason.STORM)

    assert not used_up(link, 26.9)
    assert used_up(link, 27)


def test_a_standing_hold_stops_the_clock_to_this_moment(link):
    held(1, None)

    assert not used_up(link, 999)


def test_pauses_grow_and_then_stay():
    pauses = [retries.pause_after(number) for number in range(1, 12)]

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (5, 900)


def test_the_eighth_try_that_fails_holds_the_link(sandbox, make_invitation):
    sandbox.stop()
    make_invitation()
    for _ in range(retries.MOST_TRIES):
        assert not Hold.objects.exists()
        dispatch.step()
        AccessLink.objects.update(not_before=None)

    hold = Hold.objects.standing().get()
    assert (hold.scope, hold.reason, hold.detail) == ("link", "tries", "refused")
    assert AccessLink.objects.get().status == Status.QUEUED
    assert VendorCall.objects.count() == retries.MOST_TRIES
    assert dispatch.step() is None


def test_waiting_for_a_turn_is_no_try(sandbox, settings, make_invitation):
    settings.KONDADO_CALLS_PER_SECOND, settings.KONDADO_CALLS_PER_MINUTE = 0.01, 20
    make_invitation()
    make_invitation()
    dispatch.step()
    for _ in range(20):
        assert dispatch.step() > 0

    waiting = AccessLink.objects.get(status=Status.QUEUED)
    assert (waiting.current_attempt.tries, waiting.current_attempt.first_failed_at) == (0, None)


def test_a_mark_that_cannot_be_committed_sends_nothing_and_is_no_try(sandbox, make_invitation, monkeypatch):
    """The database went away between the claim and the mark."""

    def away(*_claimed: object) -> None:
        raise OperationalError("the connection is closed")

    make_invitation()
    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "_mark", away)
        dispatch.step()

    link = AccessLink.objects.select_related("current_attempt").get()
    assert (link.status, link.wait_reason) == (Status.QUEUED, "interrupted")
    assert (link.current_attempt.tries, link.current_attempt.first_failed_at) == (0, None)
    assert (sandbox.calls, sandbox.ledger) == ([], [])

    AccessLink.objects.update(not_before=None)
    dispatch.step()
    assert AccessLink.objects.get().status == Status.READY
    assert len(sandbox.ledger) == 1


def test_a_mark_that_comes_too_late_for_the_deadline_sends_nothing(sandbox, make_invitation):
    """A worker that slept must not begin to send when its call counts as lost already."""
    make_invitation()
    claimed = dispatch.claim()
    claimed.call.started_at -= timedelta(minutes=1)

    dispatch.send(claimed)

    assert AccessLink.objects.get().status == Status.QUEUED
    assert sandbox.calls == []


def test_refusals_for_the_rate_limit_use_up_no_try_and_hold_nothing(sandbox, make_invitation):
    make_invitation()
    for _ in range(retries.MOST_TRIES + 2):
        sandbox.misbehave("rate_limit")
        dispatch.step()
        AccessLink.objects.update(not_before=None)
        VendorCall.objects.update(pause_until=None)

    assert not Hold.objects.exists()
    dispatch.step()
    assert AccessLink.objects.get().status == Status.READY
    assert len(sandbox.ledger) == 1


@pytest.mark.parametrize("fact", ["revoked_at", "declined_at", "erased_at"])
def test_what_comes_back_into_the_queue_of_an_ended_invitation_is_not_sent(sandbox, make_invitation, fact):
    invitation = make_invitation()
    sandbox.misbehave("rate_limit")
    dispatch.step()
    type(invitation).objects.update(**{fact: timezone.now()})
    AccessLink.objects.update(not_before=None)
    VendorCall.objects.update(pause_until=None)

    assert dispatch.step() is None
    assert not sandbox.ledger
