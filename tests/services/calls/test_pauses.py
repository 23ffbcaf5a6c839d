"""A pause that Kondado asked for is kept to, seen by everybody, bounded, and ended by an administrator's word."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.errors import NotYours
from invitations.kondado.pacing import REFUSAL_PAUSE
from invitations.models import AccessLink, AuditEvent, VendorCall
from invitations.services.calls import pauses
from invitations.services.sending import beats, dispatch
from invitations.words import banners
from invitations.words.standing import moment

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def paused(sandbox, make_invitation):
    """Kondado answered 429 and asked to wait until 2099."""
    beats.beat(name="worker")
    sandbox.misbehave("http_429_retry_date")
    make_invitation()
    dispatch.step()
    return VendorCall.objects.get()


def texts(user) -> str:
    return " ".join(banner["text"] for banner in banners.standing_banners(user=user))


def test_an_answer_stops_sending_for_a_day_at_most(paused):
    assert paused.pause_until - paused.arrived_at == DAY
    assert dispatch.step() == pytest.approx(DAY.total_seconds(), abs=60)


def test_everybody_is_told_until_when_nothing_is_sent(paused, manager, client_for, admin):
    until = moment(paused.pause_until)
    assert f"nothing is sent until {until}" in texts(manager)
    page = client_for(admin).get("/system/").content.decode()
    assert f"All calls pause until {until}" in page
    assert "/system/pause/" in page


def test_the_usual_minute_is_no_news(sandbox, make_invitation, manager, client_for, admin):
    beats.beat(name="worker")
    sandbox.misbehave("http_429")
    make_invitation()
    dispatch.step()
    assert texts(manager) == ""
    assert "/system/pause/" not in client_for(admin).get("/system/").content.decode()


def test_yesterdays_pause_is_still_on_the_system_page(paused, client_for, admin):
    VendorCall.objects.update(arrived_at=timezone.now() - DAY + timedelta(hours=1))
    VendorCall.objects.update(pause_until=timezone.now() + timedelta(hours=1))
    assert "All calls pause until" in client_for(admin).get("/system/").content.decode()


def test_an_administrator_ends_it_and_kondados_minute_is_kept(paused, admin, client_for, sandbox):
    browser = client_for(admin)
    assert moment(paused.pause_until) in browser.get("/system/pause/").content.decode()
    assert VendorCall.objects.get().pause_until == paused.pause_until, "looking ends nothing"

    browser.post("/system/pause/")

    least = paused.arrived_at + REFUSAL_PAUSE
    assert VendorCall.objects.get().pause_until == least
    assert AccessLink.objects.get().not_before == least
    assert AuditEvent.objects.filter(kind="calls.pause_ended", actor=f"user:{admin.pk}").count() == 1
    assert "No long pause stands" in browser.get("/system/pause/").content.decode()
    assert 0 < dispatch.step() <= REFUSAL_PAUSE.total_seconds()
    assert len(sandbox.calls) == 1


def test_after_the_minute_the_next_call_goes_out_at_once(paused, admin, sandbox):
    past = timezone.now() - 2 * REFUSAL_PAUSE
    VendorCall.objects.update(arrived_at=past)

    pauses.end(by=admin)
    pauses.end(by=admin)

    assert dispatch.step() == 0.0
    assert AccessLink.objects.get().status == "ready"
    assert len(sandbox.ledger) == 1
    assert AuditEvent.objects.filter(kind="calls.pause_ended").count() == 1


def test_what_waits_for_another_reason_keeps_its_time(paused, admin, make_invitation):
    other = make_invitation().links.get()
    later = timezone.now() + timedelta(hours=2)
    AccessLink.objects.filter(pk=other.pk).update(not_before=later, wait_reason="unreachable")
    pauses.end(by=admin)
    assert AccessLink.objects.get(pk=other.pk).not_before == later


def test_nobody_else_ends_it(paused, manager, auditor):
    for person in (manager, auditor):
        with pytest.raises(NotYours):
            pauses.end(by=person)
    assert VendorCall.objects.get().pause_until == paused.pause_until
