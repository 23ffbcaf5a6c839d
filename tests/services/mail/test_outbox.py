"""Mails from the row to a real mail server: sent once, tried again only where nothing left, ended by a person else."""

import email
import email.policy
import json
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from invitations.models import AuditEvent, GuestToken, Message, Stage, Status
from invitations.models.guest_token import TokenPurpose, token_hash
from invitations.services.base import audit
from invitations.services.decisions import settling
from invitations.services.guest import answers, press
from invitations.services.invitations import allowed, links
from invitations.services.mail import guest_queue, outbox
from invitations.services.sending import dispatch
from tests import factories
from tests.smtp_server import DROP, SILENT, MailServer

pytestmark = pytest.mark.django_db
KEY = re.compile(r"http://localhost:8000/g/([\w-]+)/")


@pytest.fixture
def server(settings):
    with MailServer() as server:
        settings.EMAIL_BACKEND = "invitations.mail.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 0.3
        yield server


@pytest.fixture
def ready(sandbox, make_invitation):
    """An invitation that the portal mails, brought to `ready` by the worker."""

    def make(**fields):
        invitation = make_invitation(delivery="portal", recipient_email="ana@example.org", **fields)
        dispatch.step()
        invitation.refresh_from_db()
        return invitation

    return make


def the_message() -> Message:
    return Message.objects.get()


def parse(raw: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def key_in(raw: bytes) -> str:
    (key,) = KEY.findall(parse(raw).get_body(("plain",)).get_content())
    return key


def live(key: str) -> bool:
    return GuestToken.objects.filter(hash=token_hash(key), revoked_at=None).exists()


def test_a_ready_link_queues_one_mail_in_the_same_transaction(ready, server):
    invitation = ready()

    message = the_message()
    assert (message.kind, message.status, message.to_email) == ("invitation", "queued", "ana@example.org")
    assert (message.requested_by, bytes(message.content)) == (None, b"")
    assert GuestToken.objects.count() == 0

    assert outbox.step()
    assert not outbox.step()

    message = the_message()
    (raw,) = server.mails
    token = GuestToken.objects.get()
    assert (message.status, message.error) == ("sent", "")
    assert parse(raw)["Message-ID"] == message.mail_id
    assert (token.purpose, token.message, token.hash) == (TokenPurpose.MAIL, message, token_hash(key_in(raw)))
    assert (
        AuditEvent.objects.filter(kind="mail.sent", object=f"invitation:{invitation.public_id}").count() == 1
    )
    assert list(audit.problems()) == []


@pytest.mark.parametrize("delivery", ["kondado", "link"])
def test_other_deliveries_mail_nobody(sandbox, make_invitation, delivery):
    make_invitation(delivery=delivery)
    dispatch.step()

    assert Message.objects.count() == 0


def test_the_guests_address_is_not_what_kondado_gets(ready, sandbox):
    ready()

    assert "ana@example.org" not in sandbox.ledger[0].recipient_email


@pytest.mark.parametrize("phase", ["connect", "ehlo", "mail", "rcpt", "data"])
def test_what_never_left_is_tried_again_with_another_key(ready, server, phase):
    ready()
    now = timezone.now()
    server.answers = {phase: DROP}
    outbox.step(now=now)
    first = the_message()
    assert (first.status, first.error) == ("queued", "disconnected")
    assert first.not_before > now
    spoiled = GuestToken.objects.get()

    server.answers = {}
    assert not outbox.step(now=now)
    assert outbox.step(now=first.not_before)

    spoiled.refresh_from_db()
    assert spoiled.revoked_at is not None
    assert the_message().status == "sent"
    assert the_message().mail_id == first.mail_id
    assert live(key_in(server.mails[0]))


def test_a_mail_that_waits_leaves_in_the_language_that_the_guest_chose_meanwhile(ready, server):
    invitation = ready(language="pt-br")
    key = press.find(public_id=invitation.public_id, token=factories.make_key(invitation, "copied"))
    answers.speak(by=key, language="es")
    invitation.refresh_from_db()
    guest_queue.queue(invitation=invitation, kind="forward", to_email="caio@example.org", now=timezone.now())
    answers.speak(by=key, language="en")

    outbox.step()
    outbox.step()

    mails = [parse(raw) for raw in server.mails]
    assert [one["Content-Language"] for one in mails] == ["en", "en"]
    assert all("Open your page here:" in one.get_body(("plain",)).get_content() for one in mails)
    assert set(Message.objects.filter(kind__in=["invitation", "forward"]).values_list("language")) == {
        ("en",)
    }


@pytest.mark.parametrize("end", [DROP, SILENT, "what?"])
def test_what_may_have_left_is_never_sent_again_by_the_machine(ready, server, end):
    ready()
    server.answers = {"content": end}
    outbox.step()
    server.answers = {}

    assert not outbox.step(now=timezone.now() + timedelta(days=30))
    assert (the_message().status, server.mails) == ("unknown", [])
    assert GuestToken.objects.get().revoked_at is None  # the guest may hold it
    assert AuditEvent.objects.filter(kind="mail.unknown").count() == 1


def test_growing_pauses_and_then_it_has_failed_and_needs_somebody(ready, server):
    invitation = ready()
    server.answers = {"mail": "451 later"}
    now, pauses = timezone.now(), []
    while the_message().status == "queued":
        outbox.step(now=now)
        after = the_message().not_before
        pauses += [(after - now).total_seconds()] if after else []
        now = after or now

    assert pauses == sorted(set(pauses))
    assert (the_message().status, the_message().error) == ("failed", "smtp_451")
    assert not GuestToken.objects.filter(revoked_at=None).exists()
    invitation.refresh_from_db()
    assert (invitation.stage, invitation.links.get().status) == (Stage.NEEDS_ATTENTION, Status.READY)


def test_an_address_that_is_refused_for_good_is_not_tried_again(ready, server):
    invitation = ready()
    server.answers = {"rcpt": "550 nobody here"}

    outbox.step()

    assert (the_message().status, the_message().error) == ("failed", "smtp_550")
    invitation.refresh_from_db()
    assert invitation.stage == Stage.NEEDS_ATTENTION


def test_a_worker_that_died_over_a_mail_leaves_it_unknown(ready, server):
    ready()
    now = timezone.now()
    message = the_message()
    assert outbox.claim(message, now=now) is not None  # and nothing after it

    assert not outbox.step(now=now + timedelta(seconds=1))
    assert the_message().status == "sending"
    assert not outbox.step(now=now + outbox.LEASE)
    assert (the_message().status, the_message().error) == ("unknown", "worker_lost")
    assert server.mails == []


def test_a_worker_that_comes_back_late_changes_nothing(ready, server):
    ready()
    now = timezone.now()
    claimed = outbox.claim(the_message(), now=now)
    outbox.step(now=now + outbox.LEASE)

    outbox.settle(claimed, outbox.End("sent"), now=now)

    assert the_message().status == "unknown"


def test_two_workers_send_one_mail(ready, server):
    ready()
    message = the_message()
    now = timezone.now()

    assert outbox.claim(message, now=now) is not None
    assert outbox.claim(message, now=now) is None


def test_no_server_lets_every_mail_wait(ready, server):
    ready()
    other = factories.queue_mail("b@example.com")
    server.__exit__()
    try:
        outbox.step()
        other.refresh_from_db()
        assert other.status == "queued"
        assert other.not_before > timezone.now()
        assert not outbox.step()
    finally:
        server.__enter__()


@pytest.mark.parametrize("fact", ["revoked_at", "declined_at", "erased_at"])
def test_a_mail_of_an_invitation_that_is_over_does_not_leave(ready, server, fact):
    invitation = ready()
    setattr(invitation, fact, timezone.now())
    invitation.save()

    assert outbox.step()

    assert (the_message().status, the_message().error) == ("failed", "withdrawn")
    assert (server.mails, GuestToken.objects.count()) == ([], 0)


def test_a_mail_after_the_expiry_does_not_leave(ready, server):
    invitation = ready()

    outbox.step(now=invitation.expires_at)

    assert (the_message().error, server.mails) == ("withdrawn", [])


def test_a_mail_whose_words_cannot_be_read_does_not_stop_the_others(server):
    broken = factories.queue_mail("a@example.com")
    Message.objects.update(content=b"not sealed here at all, not a bit")
    factories.queue_mail("b@example.com")

    while outbox.step():
        pass

    broken.refresh_from_db()
    assert (broken.status, broken.error, len(server.mails)) == ("failed", "not_written", 1)


# When the machine sends by itself ------------------------------------------------------------------


def test_a_mail_that_cannot_be_taken_in_hand_does_not_stop_the_others(server, monkeypatch):
    poison, sound = (factories.queue_mail(f"{name}@example.com") for name in ("a", "b"))
    claim = outbox.claim

    def broken(message, *, now):
        if message.pk == poison.pk:
            raise ZeroDivisionError
        return claim(message, now=now)

    monkeypatch.setattr(outbox, "claim", broken)
    now = timezone.now()
    for _ in range(2):
        outbox.step(now=now)
    assert Message.objects.get(pk=sound.pk).status == "sent"
    assert len(server.mails) == 1

    for _ in outbox.PAUSES:
        Message.objects.update(not_before=None)
        outbox.step(now=now)
    poison.refresh_from_db()
    assert (poison.status, poison.error) == ("failed", "not_written")
    assert not outbox.step(now=now)


@pytest.fixture
def two(make_invitation, connector):
    """An invitation of two links, both queued."""
    return make_invitation(delivery="portal", more=[factories.make_connector("Pipedrive")])


def bring(link, status):
    factories.bring_to(link, status)
    guest_queue.queue_when_ready(invitation=link.invitation, now=timezone.now())


@pytest.mark.parametrize("other", ["ready", "rejected", "unknown", "cancelled"])
def test_one_mail_once_every_link_has_its_end(two, other):
    first, second = two.links.all()
    bring(first, "ready")
    assert Message.objects.count() == 0

    bring(second, other)
    bring(second, other)

    assert Message.objects.count() == 1


def test_no_mail_without_a_ready_link(two):
    for link in two.links.all():
        bring(link, "rejected")

    assert Message.objects.count() == 0


def test_cancelling_the_last_one_under_way_lets_the_mail_go(two, manager):
    first, second = two.links.all()
    bring(first, "ready")

    links.cancel(by=manager, link=second)

    assert Message.objects.count() == 1


def test_settling_by_a_person_lets_the_mail_go(make_invitation, manager, settings):
    invitation = make_invitation(delivery="portal", status="unknown")
    link = invitation.links.get()
    later = timezone.now() + allowed.SETTLE_AFTER

    settling.exists(
        by=manager, link=link, url="http://127.0.0.1:9/collection_guest/abc", note="seen", now=later
    )

    assert Message.objects.get().invitation == invitation


# Other kinds ----------------------------------------------------------------------------------------


def test_a_mail_about_signing_in_wears_the_portals_look_and_the_portals_headers():
    factories.queue_mail("marina@example.com", url="http://localhost:8000/login/")

    outbox.step()

    (sent,) = mail.outbox
    html = sent.alternatives[0].content
    assert (sent.body.count("http"), html.count("href")) == (1, 1)
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert sent.extra_headers["Message-ID"] == the_message().mail_id
    assert the_message().mail_id.endswith("@localhost>")


def test_a_mail_that_an_older_release_queued_as_plain_text_still_leaves():
    message = factories.queue_mail("marina@example.com")
    words = {"subject": "s", "text": "Look here:", "html": "", "url": "http://localhost:8000/system/"}
    Message.objects.update(content=message.seal(json.dumps(words)))

    outbox.step()

    assert mail.outbox[0].body == "Look here:\n\nhttp://localhost:8000/system/\n"
