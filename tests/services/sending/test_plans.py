"""The worker asks these many times a minute, and on SQLite whoever writes waits for it: no table is read whole."""

import pytest
from django.utils import timezone

from invitations.models import AccessLink
from invitations.services.calls import pauses
from invitations.services.mail import outbox
from invitations.services.reads import queue_place
from invitations.services.sending import dispatch
from tests import factories
from tests.plans import watched

GROWING = {f"invitations_{name}" for name in ("accesslink", "attempt", "invitation", "vendorcall", "message")}


@pytest.fixture
def queued(sandbox, make_invitation):
    return make_invitation().links.get()


def test_a_worker_with_nothing_to_do_reads_no_table_whole(sandbox, make_invitation):
    make_invitation(status="ready")

    with watched() as plans:
        assert dispatch.step() is None
        assert not outbox.step()

    assert not plans.walks() & GROWING
    assert plans.uses("link_queue")
    assert plans.uses("message_queue")
    assert plans.uses("call_pause")


def test_a_claim_goes_by_the_queue(queued):
    with watched() as plans:
        assert isinstance(dispatch.claim(), dispatch.Claim)

    assert not plans.walks() & GROWING
    assert plans.uses("link_queue")


def test_the_next_mail_comes_from_the_queue(db, mailoutbox):
    factories.queue_mail("ana@example.com")

    with watched() as plans:
        assert outbox.step()

    assert not plans.walks() & GROWING
    assert plans.uses("message_queue")


def test_a_place_in_the_queue_reads_no_table_whole(queued):
    with watched() as plans:
        queue_place.place(link=AccessLink.objects.select_related("account", "invitation").get(pk=queued.pk))

    assert not plans.walks() & GROWING
    assert plans.uses("call_pause")


def test_ending_a_pause_goes_by_its_index(admin):
    with watched() as plans:
        pauses.end(by=admin, now=timezone.now())

    assert not plans.walks() & GROWING
    assert plans.uses("call_pause")
