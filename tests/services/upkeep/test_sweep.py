"""What only grows goes away in time, and what tells of an invitation does not."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone

from invitations.models import Attempt, Message, Tally, VendorCall, WorkerBeat
from invitations.models.call import CallKind
from invitations.models.message import MessageKind, MessageStatus
from invitations.services.base import throttle
from invitations.services.base.bounds import WRONG_GUEST_KEYS
from invitations.services.upkeep import sweep
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def call(days, **more):
    at = NOW - timedelta(days=days)
    return VendorCall.objects.create(
        credential="default", kind=CallKind.CATALOGUE, started_at=at, deadline_at=at, arrived_at=at, **more
    )


def test_s55_a_portal_that_ran_for_a_year_keeps_what_is_needed(make_invitation):
    make_invitation(status="ready")
    throttle.take(WRONG_GUEST_KEYS, "192.0.2.1", now=NOW - timedelta(hours=1))
    throttle.take(WRONG_GUEST_KEYS, "192.0.2.2", now=NOW)
    for days in (13, -1):
        Session.objects.create(
            session_key=f"s{days}", session_data="", expire_date=NOW - timedelta(days=days)
        )
    old, young, pausing = call(401), call(399), call(401, pause_until=NOW + timedelta(hours=1))
    for days in (31, 29):
        WorkerBeat.objects.create(name=f"w{days}", started_at=NOW, beat_at=NOW - timedelta(days=days))
    attempts, calls = Attempt.objects.count(), VendorCall.objects.count()

    sweep.sweep(now=NOW)

    assert (Tally.objects.count(), Session.objects.count(), WorkerBeat.objects.count()) == (1, 1, 1)
    assert not VendorCall.objects.filter(pk=old.pk).exists()
    assert VendorCall.objects.filter(pk__in=[young.pk, pausing.pk]).count() == 2
    assert (Attempt.objects.count(), VendorCall.objects.count()) == (attempts, calls - 1)


def test_of_mails_only_old_ones_about_sign_in_go_and_none_that_still_waits(make_invitation):
    invitation = make_invitation(status="ready")
    for kind in MessageKind:
        for status in (MessageStatus.SENT, MessageStatus.QUEUED):
            about = None if kind in {MessageKind.SIGN_IN, MessageKind.ALERT} else invitation
            Message.objects.create(
                kind=kind, status=status, to_email="a@example.com", invitation=about, created_at=NOW
            )
    Message.objects.update(created_at=NOW - timedelta(days=31))
    factories.queue_mail("b@example.com", now=NOW)
    before = Message.objects.count()

    sweep.sweep(now=NOW)

    assert Message.objects.count() == before - 1
    assert not Message.objects.filter(kind=MessageKind.SIGN_IN, status=MessageStatus.SENT).exists()


def test_it_goes_by_small_batches_until_nothing_is_left(monkeypatch):
    cache.clear()
    monkeypatch.setattr(sweep, "BATCH", 3)
    for number in range(7):
        throttle.take(WRONG_GUEST_KEYS, str(number), now=NOW - timedelta(hours=1))

    left = []
    while sweep.step():
        left.append(Tally.objects.count())

    assert left == [4, 1]
    assert Tally.objects.count() == 0


def test_workers_take_turns():
    cache.clear()
    sweep.step()
    throttle.take(WRONG_GUEST_KEYS, "1", now=NOW - timedelta(hours=1))

    assert sweep.step() is False
    assert Tally.objects.count() == 1
