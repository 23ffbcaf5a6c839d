"""A refusal may mean that a connector was withdrawn: the catalogue is read anew, without crowding out invitations."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import Connector, VendorCall
from invitations.models.hold import HoldReason
from invitations.services.catalogue import sync
from invitations.services.holds import holds
from invitations.services.sending import dispatch

pytestmark = pytest.mark.django_db


def refresh(**more) -> int:
    """How many calls it made."""
    before = VendorCall.objects.filter(kind="catalogue").count()
    sync.refresh_after_refusal(pause=lambda _seconds: False, **more)
    return VendorCall.objects.filter(kind="catalogue").count() - before


@pytest.fixture
def refused(sandbox, make_invitation):
    """An invitation that Kondado has just refused."""
    sandbox.misbehave("refused")
    make_invitation()
    dispatch.step()
    return sandbox


def test_a_refusal_lets_the_catalogue_be_read_once(refused):
    assert refresh() == 2
    assert Connector.objects.count() > 50
    assert refresh() == 0
    assert refresh(now=timezone.now() + timedelta(minutes=11)) == 0, "it was read since the refusal"


def test_where_nothing_was_refused_nothing_is_read(sandbox, make_invitation):
    make_invitation()
    dispatch.step()
    assert refresh() == 0


def test_a_reading_that_failed_is_tried_again_after_ten_minutes(refused):
    refused.misbehave("http_502_html", method="GET")
    assert refresh() == 1
    assert refresh(now=timezone.now() + timedelta(minutes=9)) == 0
    assert refresh(now=timezone.now() + timedelta(minutes=11)) == 2


def test_a_credential_that_is_stopped_is_left_alone(refused):
    holds.stop(reason=HoldReason.CREDENTIAL, credential="default")
    assert refresh() == 0


def test_without_a_free_turn_nothing_changes(refused, settings):
    known = Connector.objects.count()
    settings.KONDADO_CALLS_PER_SECOND, settings.KONDADO_CALLS_PER_MINUTE = 1, 20
    assert refresh() == 0
    assert Connector.objects.count() == known
