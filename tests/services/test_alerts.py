"""Administrators are told of what only they can mend: once an hour for a matter, without a secret."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from invitations.models import Attempt, AuditEvent, Message
from invitations.models.hold import HoldReason
from invitations.services import audit, dispatch, holds, outbox
from tests import factories

pytestmark = pytest.mark.django_db


def mails() -> list[dict]:
    alerts = Message.objects.filter(kind="alert").order_by("id")
    return [json.loads(alert.open_content()) | {"to": alert.to_email} for alert in alerts]


def test_each_administrator_is_told_when_the_machine_stops_sending(admin, manager, auditor, account):
    second = factories.make_user("second@example.com", "admin")
    holds.stop(reason=HoldReason.STORM)

    assert [alert["to"] for alert in mails()] == [admin.email, second.email]
    assert "Sending is stopped" in mails()[0]["subject"]
    assert "Several outcomes in a row are unknown" in mails()[0]["text"]
    assert mails()[0]["url"] == "http://localhost:8000/system/"
    assert AuditEvent.objects.get(kind="alert.queued").data == {"reason": "storm"}
    assert list(audit.problems()) == []
    outbox.step()
    (sent,) = mail.outbox
    assert "http://localhost:8000/system/" in sent.body


def test_nobody_is_told_of_what_a_person_did(admin, account):
    holds.stop(reason=HoldReason.PERSON, account=account, by=admin)
    assert mails() == []


def test_at_most_one_mail_an_hour_about_the_same_matter(admin, account, other_account):
    now = timezone.now()
    holds.stop(reason=HoldReason.REJECTIONS, account=account, now=now)
    holds.stop(reason=HoldReason.REJECTIONS, account=other_account, now=now + timedelta(minutes=59))
    assert len(mails()) == 1
    holds.stop(reason=HoldReason.STORM, now=now + timedelta(minutes=59))
    assert len(mails()) == 2
    holds.stop(reason=HoldReason.REJECTIONS, credential="default", now=now + timedelta(minutes=61))
    assert len(mails()) == 3


@pytest.mark.parametrize(
    ("fault", "words"),
    [("redirect_302", "pointed to another address"), ("link_other_host", "not safe to hand out")],
)
def test_an_answer_that_should_never_come_is_told_without_its_link(
    sandbox, make_invitation, admin, fault, words
):
    sandbox.misbehave(fault)
    make_invitation()
    dispatch.step()

    (alert,) = mails()
    assert words in alert["text"]
    assert "collection_guest" not in alert["text"]


def test_a_withheld_link_keeps_its_host_and_rule_where_people_may_read_them(sandbox, make_invitation):
    sandbox.misbehave("link_other_host")
    make_invitation()
    dispatch.step()

    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.fault) == ("unknown", "link_withheld")
    assert attempt.error_text.startswith("host ")
    assert "collection_guest" not in attempt.error_text


def test_without_administrators_nothing_is_claimed(account):
    holds.stop(reason=HoldReason.STORM)
    assert not Message.objects.exists()
    assert not AuditEvent.objects.filter(kind="alert.queued").exists()
