"""Administrators are told of what only they can mend: once an hour for a matter, without a secret."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone, translation

from invitations.models import Attempt, AuditEvent, Message, User
from invitations.models.hold import HoldReason
from invitations.services.base import audit
from invitations.services.holds import holds
from invitations.services.mail import admin_alerts, outbox
from invitations.services.sending import dispatch
from invitations.words.names import HOLD_REASONS
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
    assert "http://localhost:8000/system/" in mails()[0]["text"]
    assert AuditEvent.objects.get(kind="alert.queued").data["reason"] == "storm"
    assert list(audit.problems()) == []
    outbox.step()
    (sent,) = mail.outbox
    assert "http://localhost:8000/system/" in sent.body


def test_nobody_is_told_of_what_a_person_did(admin, account):
    holds.stop(reason=HoldReason.PERSON, account=account, by=admin)
    assert mails() == []


def test_each_thing_that_is_stopped_is_told_and_named(admin, account, other_account, make_invitation):
    link = make_invitation(recipient_email="ana@example.com").links.get()
    for what in ({"account": account}, {"account": other_account}, {"credential": "default"}, {"link": link}):
        holds.stop(reason=HoldReason.REJECTIONS, **what)

    told = [next(line for line in alert["text"].splitlines() if line.startswith("What")) for alert in mails()]
    assert told == [
        "What: One account: Padaria Sol",
        "What: One account: Mercado Lua",
        "What: One credential: default",
        "What: One link: ClickUp",
    ]
    assert not any("ana@" in alert["text"] or "Ana" in alert["text"] for alert in mails())


def test_at_most_one_mail_an_hour_about_the_same_thing(admin, account):
    now = timezone.now()
    for minutes in (0, 30, 59):
        hold = holds.stop(reason=HoldReason.REJECTIONS, account=account, now=now + timedelta(minutes=minutes))
        holds.release(by=admin, hold=hold)
    assert len(mails()) == 1
    holds.stop(reason=HoldReason.CREDENTIAL, account=account, now=now + timedelta(minutes=59))
    assert len(mails()) == 2
    holds.stop(reason=HoldReason.REJECTIONS, account=account, now=now + timedelta(minutes=61))
    assert len(mails()) == 3


def test_of_a_crowd_the_rest_is_told_in_one_mail(admin, make_invitation):
    now = timezone.now()
    for _ in range(admin_alerts.MOST_AN_HOUR + 3):
        holds.stop(reason=HoldReason.TRIES, link=make_invitation().links.get(), now=now)
    assert len(mails()) == admin_alerts.MOST_AN_HOUR

    assert admin_alerts.tell_the_rest(now=now + timedelta(minutes=9)) == 0
    assert admin_alerts.tell_the_rest(now=now + timedelta(minutes=11)) == 3
    assert admin_alerts.tell_the_rest(now=now + timedelta(minutes=12)) == 0

    assert len(mails()) == admin_alerts.MOST_AN_HOUR + 1
    assert "3 more stops and outcomes" in mails()[-1]["text"]
    assert "More needs a look" in mails()[-1]["subject"]
    assert AuditEvent.objects.filter(kind="alert.put_off").count() == 3
    assert list(audit.problems()) == []


def test_the_worker_tells_the_rest(admin, make_invitation, sandbox):
    now = timezone.now() - timedelta(minutes=20)
    for _ in range(admin_alerts.MOST_AN_HOUR + 1):
        holds.stop(reason=HoldReason.TRIES, link=make_invitation().links.get(), now=now)
    call_command("run_worker", "--until-idle")
    assert "1 more stop or outcome" in mails()[-1]["text"]


def test_each_administrator_reads_it_in_their_own_language(admin):
    User.objects.update(language="pt-br")
    holds.stop(reason=HoldReason.STORM)
    assert str(HOLD_REASONS[HoldReason.STORM].label) not in mails()[0]["text"]
    with translation.override("pt-br"):
        assert str(HOLD_REASONS[HoldReason.STORM].label) in mails()[0]["text"]


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
