"""What a mail service reports: believed with the right signature alone, and written down once."""

import hmac
import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
import time_machine
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from django.utils import timezone

from invitations.models import AuditEvent, Invitation, Message
from invitations.services.base.bounds import WRONG_SIGNATURES
from invitations.services.invitations import change
from invitations.services.mail import outbox
from invitations.services.sending import dispatch
from invitations.views import hooks
from tests.corpus import lines

pytestmark = pytest.mark.django_db
URL = "/hooks/mail/"
SECRET = "a-secret-of-the-mail-service"


@pytest.fixture(autouse=True)
def _secret(settings):
    settings.MAIL_WEBHOOK_SECRET = SECRET


@pytest.fixture
def mailed(sandbox, make_invitation):
    """A mail to a guest that a mail server took."""
    make_invitation(delivery="portal", recipient_email="ana@example.org", recipient_name="Ana Souza")
    dispatch.step()
    outbox.step()
    return Message.objects.get(kind="invitation")


def signed(body: bytes, *, secret: str = SECRET, age: int = 0) -> dict[str, str]:
    stamp = str(int(timezone.now().timestamp()) - age)
    seal = hmac.new(secret.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
    return {"X-Convite-Timestamp": stamp, "X-Convite-Signature": f"sha256={seal}"}


def tell(body: object, *, headers: dict[str, str] | None = None, **how):
    """What the address answers: status, and the word for what came of it."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = Client(enforce_csrf_checks=True)
    answer = client.post(URL, raw, content_type="application/json", headers=headers or signed(raw, **how))
    return answer.status_code, answer.json()["result"]


def report(message: Message, **more: object) -> dict[str, str]:
    return {"message_id": message.mail_id, "event": "bounced", "code": "5.1.1"} | more


def events() -> list[str]:
    return list(
        AuditEvent.objects.filter(kind__startswith="mail.").order_by("number").values_list("kind", flat=True)
    )


def test_a_mail_that_came_back_needs_attention_once(mailed, client_for, manager):
    answers = [tell(report(mailed)), tell(report(mailed)), tell(report(mailed, code="5.2.2"))]

    mailed.refresh_from_db()
    page = client_for(manager).get(f"/invitations/{Invitation.objects.get().public_id}/").content.decode()
    assert answers == [(200, "noted"), (200, "nothing_changed"), (200, "nothing_changed")]
    assert (mailed.status, mailed.error) == ("bounced", "dsn_5.1.1")
    assert Invitation.objects.get().stage == "needs_attention"
    assert events() == ["mail.sent", "mail.bounced"]
    assert Message.objects.filter(kind="notice", to_email=manager.email).count() == 1
    assert "The mail to ana@example.org came back." in page
    assert "Correct the address and send it again" in page
    assert "It came back (5.1.1): nobody got it at this address." in page
    assert "The mail to Ana Souza (ana@example.org) came back: nobody got it there." in page
    assert page.index("Correct the address</a>") < page.index("More you can do")


@pytest.mark.parametrize(("code", "read"), list(lines("delivery_codes.tsv")))
def test_a_final_failure_counts_whatever_its_code(mailed, code, read):
    assert tell(report(mailed, code=json.loads(code, strict=False))) == (200, "noted")

    mailed.refresh_from_db()
    assert (mailed.status, mailed.error) == ("bounced", f"dsn_{read}" if read else "")
    assert events() == ["mail.sent", "mail.bounced"]


def test_a_report_that_comes_while_the_mail_is_in_hand_counts(mailed):
    in_hand(mailed)
    assert tell(report(mailed)) == (200, "noted")
    assert tell(report(mailed)) == (200, "nothing_changed")

    outbox.step(now=timezone.now() + timedelta(hours=1))

    mailed.refresh_from_db()
    assert (mailed.status, mailed.error, mailed.lease_until) == ("bounced", "dsn_5.1.1", None)
    assert Invitation.objects.get().stage == "needs_attention"
    assert events() == ["mail.sent", "mail.bounced"]


class Hasty(BaseEmailBackend):
    """A mail server whose report overtakes its own answer."""

    def send_messages(self, email_messages):
        assert tell({"message_id": email_messages[0].extra_headers["Message-ID"], "event": "bounced"}) == (
            200,
            "noted",
        )
        return 1


def test_a_report_may_overtake_the_mail_servers_answer(mailed, settings, manager):
    settings.EMAIL_BACKEND = f"{__name__}.Hasty"
    change.send_mail(by=manager, invitation=mailed.invitation)
    outbox.step()

    assert Message.objects.filter(kind="invitation").latest("pk").status == "bounced"
    assert Invitation.objects.get().stage == "needs_attention"


def test_a_complaint_that_comes_while_the_mail_is_in_hand_counts(mailed):
    in_hand(mailed)
    assert tell(report(mailed, event="complained")) == (200, "noted")

    outbox.step(now=timezone.now() + timedelta(hours=1))

    mailed.refresh_from_db()
    assert (mailed.status, mailed.error, mailed.lease_until) == ("sent", "complaint", None)
    assert tell(report(mailed)) == (200, "noted")


def in_hand(message: Message) -> None:
    """As if the worker had died, or not come yet to write down how it ended."""
    Message.objects.update(status="sending", sent_at=None, lease_until=timezone.now() + timedelta(minutes=3))


def test_a_complaint_is_noted_and_changes_nothing_else(mailed, client_for, manager):
    before = Invitation.objects.get().stage
    answers = [tell(report(mailed, event="complained")) for _ in range(2)]

    mailed.refresh_from_db()
    page = client_for(manager).get(f"/invitations/{Invitation.objects.get().public_id}/").content.decode()
    assert answers == [(200, "noted"), (200, "nothing_changed")]
    assert (mailed.status, Invitation.objects.get().stage) == ("sent", before)
    assert events() == ["mail.sent", "mail.complained"]
    assert page.count("was reported there as unwanted") == 2


@pytest.mark.parametrize("shape", ["<{}>", "{}", " {} "])
def test_the_message_id_may_have_lost_its_brackets(mailed, shape):
    assert tell(report(mailed, message_id=shape.format(mailed.mail_id.strip("<>")))) == (200, "noted")


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "<abc.1@elsewhere.example>"},
        {"message_id": "<x.99999999999999999999999@portal.example>"},
        {"message_id": ""},
    ],
)
def test_what_concerns_no_mail_of_ours_or_may_still_arrive_changes_nothing(mailed, change):
    assert tell(report(mailed, **change)) == (200, "nothing_changed")
    assert events() == ["mail.sent"]


@pytest.mark.parametrize("status", ["queued", "failed"])
def test_a_mail_that_has_not_left_cannot_come_back(mailed, status):
    Message.objects.update(status=status)

    assert tell(report(mailed)) == (200, "nothing_changed")
    assert Message.objects.get(pk=mailed.pk).status == status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{" * 5_000,
        {"event": "bounced"},
        {"message_id": 7, "event": "bounced"},
        {"message_id": "<a.1@b>", "event": "opened"},
        {"message_id": "<a.1@b>", "event": ["bounced"]},
        rb'{"message_id": "<abc.1@\ud83d>", "event": "bounced"}',
        rb'{"message_id": "<abc.1@\udc00>", "event": "bounced"}',
        rb'{"message_id": "<abc.1@\u0000>", "event": "bounced"}',
        rb'{"message_id": "<a.1@b>", "event": "\ud83d"}',
        rb'{"\ud83d": 1, "event": "bounced"}',
        b'{"message_id": "<a.1@b>", "event": "bounced"}'.decode().encode("utf-16")[:-1],
    ],
)
def test_what_is_no_report_is_not_understood(mailed, body):
    assert tell(body) == (400, "not_understood")
    assert events() == ["mail.sent"]


def test_without_the_right_signature_nothing_is_believed(mailed):
    body = json.dumps(report(mailed)).encode()
    good = signed(body)
    wrong = [
        {},
        {"X-Convite-Signature": good["X-Convite-Signature"]},
        {"X-Convite-Timestamp": good["X-Convite-Timestamp"]},
        good | {"X-Convite-Timestamp": "1"},
        good | {"X-Convite-Timestamp": "not-a-time"},
        good | {"X-Convite-Signature": good["X-Convite-Signature"][:-1]},
        good | {"X-Convite-Signature": "sha256=é"},
        signed(body + b" "),
        signed(body, secret="another"),
        signed(body, age=hooks.TOLERANCE_SECONDS + 5),
        signed(body, age=-hooks.TOLERANCE_SECONDS - 5),
    ]
    for headers in wrong:
        assert tell(body, headers=headers or {"X-Other": "1"}) == (403, "not_signed")
    assert events() == ["mail.sent"]


def test_an_old_report_cannot_be_sent_again(mailed):
    body = json.dumps(report(mailed)).encode()
    headers = signed(body)
    with time_machine.travel(timezone.now() + timedelta(seconds=hooks.TOLERANCE_SECONDS + 5), tick=False):
        assert tell(body, headers=headers) == (403, "not_signed")


def test_whoever_only_tries_has_to_wait_and_the_right_one_does_not(mailed, monkeypatch):
    monkeypatch.setattr(hooks, "WRONG_SIGNATURES", replace(WRONG_SIGNATURES, most=2))
    body = json.dumps(report(mailed)).encode()

    answers = [tell(body, secret="wrong")[0] for _ in range(4)]

    assert answers == [403, 403, 429, 429]
    assert tell(body) == (200, "noted")


def test_a_body_that_is_too_large_is_not_read_to_its_end(mailed):
    assert tell(b" " * (hooks.LARGEST + 1)) == (413, "too_large")


def test_without_a_secret_there_is_no_such_address(settings, mailed, client):
    settings.MAIL_WEBHOOK_SECRET = ""
    body = json.dumps(report(mailed)).encode()

    answer = client.post(URL, body, content_type="application/json", headers=signed(body, secret=""))

    assert answer.status_code == 404
    assert events() == ["mail.sent"]
