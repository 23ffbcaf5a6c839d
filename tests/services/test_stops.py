"""Sending stops by itself, and what waits behind the stop is unharmed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import AccessLink, Hold, Status
from invitations.services import dispatch, holds, stops
from tests import factories

pytestmark = pytest.mark.django_db


def statuses() -> list[str]:
    return list(AccessLink.objects.order_by("id").values_list("status", flat=True))


def send_all() -> None:
    while dispatch.step() == 0.0:
        pass


def test_three_unknown_in_a_row_stop_everything_until_a_catalogue_call_is_sound(sandbox, make_invitation):
    sandbox.misbehave("reset_after_request_created", times=3)
    for _ in range(5):
        make_invitation()

    send_all()

    assert statuses() == ["unknown"] * 3 + ["queued"] * 2
    storm = Hold.objects.standing().get()
    assert (storm.scope, storm.reason) == ("everything", "storm")
    stops.recover()
    assert Hold.objects.standing().exists(), "not before a minute has passed"

    sandbox.misbehave("http_502_html", method="GET")
    stops.recover(now=timezone.now() + timedelta(seconds=61))
    assert Hold.objects.standing().exists(), "the catalogue call failed"
    stops.recover(now=timezone.now() + timedelta(seconds=125))
    assert not Hold.objects.standing().exists()
    send_all()
    assert statuses() == ["unknown"] * 3 + ["ready"] * 2


def test_a_ready_outcome_ends_the_row(sandbox, make_invitation):
    for fault in ["reset_after_request", "reset_after_request", None, "reset_after_request"]:
        if fault:
            sandbox.misbehave(fault)
        make_invitation()
        dispatch.step()

    assert statuses() == ["unknown", "unknown", "ready", "unknown"]
    assert not Hold.objects.standing().exists()


def test_the_same_refusal_twice_holds_the_account(sandbox, make_invitation, account):
    sandbox.misbehave("refused", times=2)
    for _ in range(3):
        make_invitation()

    send_all()

    assert statuses() == ["rejected", "rejected", "queued"]
    assert Hold.objects.standing().get().account == account


def test_the_same_refusal_for_two_accounts_holds_the_credential(
    sandbox, make_invitation, other_account, connector
):
    other = factories.make_user("other@example.com", "manager", other_account)
    sandbox.misbehave("refused", times=2)
    make_invitation()
    make_invitation(by=other, account=other_account)

    send_all()

    hold = Hold.objects.standing().get()
    assert (hold.scope, hold.credential) == ("credential", "default")


@pytest.mark.parametrize("fault", ["http_401_envelope", "http_403_html"])
def test_a_refused_credential_is_held_at_once(sandbox, make_invitation, admin, fault):
    sandbox.misbehave(fault)
    make_invitation()
    make_invitation()

    send_all()

    assert statuses()[1] == "queued"
    hold = Hold.objects.standing().get()
    assert hold.reason == "credential"
    holds.release(by=admin, hold=hold)
    send_all()
    assert statuses()[1] == "ready"


def test_a_mended_setting_releases_its_hold(sandbox, settings, make_invitation):
    key, settings.KONDADO_KEY = settings.KONDADO_KEY, ""
    make_invitation()
    dispatch.step()
    assert Hold.objects.standing().exists()

    settings.KONDADO_KEY = key
    stops.recover()
    send_all()

    assert AccessLink.objects.get().status == Status.READY


def test_a_release_starts_the_count_again(sandbox, make_invitation, admin):
    sandbox.misbehave("refused", times=3)
    for _ in range(4):
        make_invitation()
    send_all()
    holds.release(by=admin, hold=Hold.objects.standing().get())

    send_all()

    assert statuses() == ["rejected", "rejected", "rejected", "ready"]
    assert not Hold.objects.standing().exists()
