"""Erasing a guest: nothing names them any more, nothing of theirs goes on, and the record still holds together."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.core import serializers
from django.db.models import QuerySet
from django.utils import timezone

from invitations.errors import NotYours, SignsIn, WrongState
from invitations.models import AccessLink, Attempt, AuditEvent, Invitation, Message
from invitations.models.message import MessageKind, MessageStatus
from invitations.services.base import audit
from invitations.services.decisions import settling
from invitations.services.guest import press
from invitations.services.invitations import change, copy_link, erase
from invitations.services.mail import manager_notices
from tests import factories

pytestmark = pytest.mark.django_db
EMAIL, NAME = "bento.guest@example.com", "Bento Esquecido"


@pytest.fixture
def invite(manager, account, connector):
    """An invitation of the guest to be forgotten."""

    def make(by=manager, account=account, status="ready", **fields):
        wanted = {
            "recipient_email": EMAIL,
            "recipient_name": NAME,
            "assigned_collection_name": f"[Guest] X · {NAME}",
            "message": f"Dear {NAME}",
            "delivery": "link",
        } | fields
        return factories.make_invitation(by, account, connector, status=status, **wanted)

    return make


def dump() -> str:
    """Every row of every table of ours, as text in lower case."""
    rows = [row for model in apps.get_app_config("invitations").get_models() for row in model.objects.all()]
    return serializers.serialize("json", rows).lower()


def test_nothing_names_the_guest_any_more(invite, admin, manager, other_account):
    one = invite()
    copy_link.copy(by=manager, invitation=one)
    change.send_mail(by=manager, invitation=one)
    manager_notices.tell(invitation=one, what=manager_notices.News.DONE, now=one.created_at)
    stranger = factories.make_user("stranger@example.com", "manager", other_account)
    invite(by=stranger, account=other_account, recipient_email="Bento.Guest@Example.com")
    assert "bento" in dump()

    assert erase.erase_guest(by=admin, invitation=one) == 2

    assert "bento" not in dump()
    assert not Attempt.objects.exclude(kondado_link=None).exists()
    assert set(Invitation.objects.values_list("stage", flat=True)) == {"revoked"}
    assert {bytes(content) for content in Message.objects.values_list("content", flat=True)} == {b""}


def test_the_record_tells_it_of_nobody_and_still_holds_together(invite, admin):
    one = invite()
    before = AuditEvent.objects.count()
    erase.erase_guest(by=admin, invitation=one)
    assert list(audit.problems()) == []
    kinds = AuditEvent.objects.filter(number__gt=before).order_by("number").values_list("kind", flat=True)
    assert list(kinds) == ["invitation.erased", "person.erased"]


def test_other_guests_keep_their_names(invite, admin, make_invitation):
    other = make_invitation(recipient_email="ana@example.com", recipient_name="Ana Souza")
    erase.erase_guest(by=admin, invitation=invite())
    other.refresh_from_db()
    assert (other.recipient_email, other.recipient_name, other.erased_at) == (
        "ana@example.com",
        "Ana Souza",
        None,
    )
    assert "ana souza" in dump()


def test_what_waits_is_not_sent(invite, admin):
    one = invite(status="queued")
    erase.erase_guest(by=admin, invitation=one)
    assert one.links.get().status == "cancelled"
    assert not AccessLink.objects.filter(holds_open_slot=True).exists()


def test_a_mail_that_waits_does_not_leave(invite, admin, manager):
    one = invite(delivery="portal")
    change.send_mail(by=manager, invitation=one)
    erase.erase_guest(by=admin, invitation=one)
    mail = Message.objects.get(kind=MessageKind.INVITATION)
    assert (mail.status, mail.error, mail.to_email) == ("failed", "withdrawn", "")


def test_a_mail_that_a_colleague_passed_on_to_them_is_forgotten_too(invite, admin, manager, make_invitation):
    other = make_invitation(status="ready", delivery="link", recipient_email="ana@example.com")
    change.forward(by=manager, invitation=other, to_email=EMAIL, to_name=NAME)
    erase.erase_guest(by=admin, invitation=invite())
    assert "bento" not in dump()


def test_every_key_opens_nothing(invite, admin, manager):
    one = invite()
    token = copy_link.copy(by=manager, invitation=one).rstrip("/").rpartition("/")[2]
    assert press.exchange(token=token)
    erase.erase_guest(by=admin, invitation=one)
    assert press.exchange(token=token) is None


def test_an_unknown_outcome_is_settled_by_nobody_any_more(invite, admin):
    one = invite(status="unknown")
    erase.erase_guest(by=admin, invitation=one)
    assert settling.unknown(by=admin) == []
    with pytest.raises(WrongState):
        settling.absent(by=admin, link=one.links.get())


@pytest.mark.parametrize("status", ["connecting", "on_wire"])
def test_not_while_a_request_is_on_its_way(invite, admin, status):
    one = invite(status="queued")
    lease = timezone.now() + timedelta(minutes=1)
    QuerySet(AccessLink).update(status=status, lease_until=lease)
    with pytest.raises(WrongState):
        erase.erase_guest(by=admin, invitation=one)
    assert "bento" in dump()


def test_not_while_a_mail_is_on_its_way(invite, admin, manager):
    one = invite(delivery="portal")
    change.send_mail(by=manager, invitation=one)
    Message.objects.update(status=MessageStatus.SENDING)
    with pytest.raises(WrongState):
        erase.erase_guest(by=admin, invitation=one)


def test_not_twice(invite, admin):
    one = invite()
    erase.erase_guest(by=admin, invitation=one)
    with pytest.raises(WrongState):
        erase.erase_guest(by=admin, invitation=Invitation.objects.get())


def test_only_by_an_administrator(invite, manager):
    with pytest.raises(NotYours):
        erase.erase_guest(by=manager, invitation=invite())


def test_not_somebody_who_signs_in(invite, admin, manager):
    one = invite(recipient_email="Manager@example.com")
    with pytest.raises(SignsIn):
        erase.erase_guest(by=admin, invitation=one)
    assert Invitation.objects.get().recipient_email == "Manager@example.com"
