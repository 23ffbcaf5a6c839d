"""A clock that ran ahead and was set back: what waits for moments that lie ahead goes on within a minute."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from invitations.errors import NotYours
from invitations.models import (
    AccessLink,
    Account,
    AuditEvent,
    Hold,
    Invitation,
    Message,
    Stage,
    Status,
    VendorCall,
    WorkerBeat,
)
from invitations.models.hold import HoldReason
from invitations.services.base import audit
from invitations.services.base.clock import database_now
from invitations.services.holds import holds
from invitations.services.invitations import expire
from invitations.services.sending import beats, dispatch, recovery
from invitations.services.upkeep import clock_jumps

pytestmark = pytest.mark.django_db
JUMPS = [timedelta(hours=1), timedelta(days=1)]


@pytest.fixture
def ahead(time_machine, request):
    """Everything until `set_back` happens on a clock that is ahead by as much as the test's parameter says."""
    true_now = timezone.now()
    jump = request.param
    time_machine.move_to(true_now + jump)

    def set_back():
        time_machine.move_to(true_now + timedelta(seconds=30))
        return timezone.now()

    return set_back


def limit(settings):
    settings.KONDADO_CALLS_PER_SECOND, settings.KONDADO_CALLS_PER_MINUTE = 1, 20


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_the_next_link_leaves_within_a_minute(jump, sandbox, make_invitation, settings):
    """The answer was stamped by a database whose clock ran ahead."""
    limit(settings)
    make_invitation(recipient_email="one@example.com")
    assert dispatch.step() == 0.0
    make_invitation(recipient_email="two@example.com")
    VendorCall.objects.update(arrived_at=F("arrived_at") + jump, started_at=F("started_at") + jump)
    assert dispatch.step() > 60

    clock_jumps.put_right()

    assert dispatch.step() <= 60
    assert VendorCall.objects.filter(arrived_at__gt=database_now()).count() == 0


@pytest.mark.parametrize("ahead", JUMPS, indirect=True, ids=str)
def test_a_pause_is_as_long_as_it_was(ahead, sandbox, make_invitation):
    sandbox.misbehave("rate_limit")
    make_invitation()
    dispatch.step()
    now = ahead()

    clock_jumps.put_right(now=now)

    call, link = VendorCall.objects.get(), AccessLink.objects.get()
    assert call.pause_until - call.arrived_at == timedelta(seconds=60)
    assert now < call.pause_until <= now + timedelta(seconds=60)
    assert link.not_before <= now + timedelta(seconds=61)


@pytest.mark.parametrize("ahead", JUMPS, indirect=True, ids=str)
def test_a_call_in_flight_and_its_lease_end_as_soon_as_ever(ahead, sandbox, make_invitation):
    make_invitation()
    assert isinstance(dispatch.claim(), dispatch.Claim)
    now = ahead()

    clock_jumps.put_right(now=now)

    assert VendorCall.objects.get().deadline_at <= now + timedelta(seconds=10)
    assert recovery.sweep(now=now + timedelta(seconds=60)) == 1
    assert AccessLink.objects.get().status == Status.QUEUED


@pytest.mark.parametrize("ahead", JUMPS, indirect=True, ids=str)
def test_mails_accounts_holds_and_signs_of_life_come_back_with_it(ahead, make_invitation, account):
    invitation = make_invitation()
    Account.objects.update(served_at=timezone.now())
    Message.objects.create(
        to_email="ana@example.com",
        created_at=timezone.now(),
        not_before=timezone.now() + timedelta(seconds=10),
    )
    holds.stop(reason=HoldReason.PERSON, account=account)
    beats.beat(name="one")
    now = ahead()

    clock_jumps.put_right(now=now)

    soon = now + timedelta(seconds=60)
    assert Account.objects.get().served_at <= now
    assert Message.objects.first().not_before <= soon
    assert Hold.objects.get().since <= now
    assert WorkerBeat.objects.get().beat_at <= now
    assert AccessLink.objects.get(invitation=invitation).queued_at <= now


def test_what_expired_before_its_time_is_open_again_and_holds_its_place(sandbox, make_invitation):
    invitation = make_invitation()
    dispatch.step()
    now = timezone.now()
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=now + timedelta(hours=5))
    assert expire.sweep(now=now + timedelta(days=1)) == 1
    assert not AccessLink.objects.get().holds_open_slot

    assert clock_jumps.put_right(now=now)

    invitation.refresh_from_db()
    assert invitation.stage == Stage.WAITING
    assert AccessLink.objects.get().holds_open_slot
    assert AuditEvent.objects.filter(kind="invitation.reopened").count() == 1
    assert list(audit.problems()) == []


def test_what_is_within_a_minute_of_another_machine_stays(make_invitation):
    make_invitation()
    beats.beat(name="fast", now=timezone.now() + timedelta(seconds=50))
    assert clock_jumps.put_right() is None
    assert not AuditEvent.objects.filter(kind="clock.set_back").exists()


def test_it_is_told_once_an_hour_however_often_it_happens(make_invitation):
    now = timezone.now()
    for minutes in (1, 2, 3):
        beats.beat(name="fast", now=now + timedelta(hours=2))
        assert clock_jumps.put_right(now=now + timedelta(minutes=minutes))
    assert AuditEvent.objects.filter(kind="clock.set_back").count() == 1


def test_nothing_is_left_alone_for_longer_than_meant(make_invitation):
    cache.add("some.turn", 1, 86_400)
    beats.beat(name="one", now=timezone.now() + timedelta(days=1))
    clock_jumps.put_right()
    assert cache.get("some.turn") is None


def test_the_system_page_says_it_and_an_administrator_may_press(client_for, admin, auditor, manager):
    beats.beat(name="one", now=timezone.now() + timedelta(days=1))
    browser = client_for(admin)
    page = browser.get(reverse("system")).content.decode()
    assert "1 day ahead" in page or "24 hours ahead" in page
    assert "Put the times right" in page
    assert "Put the times right" not in client_for(auditor).get(reverse("system")).content.decode()

    assert client_for(manager).post(reverse("clock_put_right")).status_code in {403, 404}
    assert client_for(auditor).post(reverse("clock_put_right")).status_code == 403
    with pytest.raises(NotYours):
        clock_jumps.put_right(by=auditor)
    page = browser.post(reverse("clock_put_right"), follow=True).content.decode()

    assert "Put right" in page
    assert "until" in page
    assert WorkerBeat.objects.get().beat_at <= timezone.now()
