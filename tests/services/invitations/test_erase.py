"""Erasing a guest: nothing names them any more, nothing of theirs goes on, and the record still holds together."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.core import serializers
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from invitations.errors import NotYours, SignsIn, WrongState
from invitations.models import (
    AccessLink,
    Attempt,
    AuditDetail,
    AuditEvent,
    FormerPseudonym,
    Hold,
    Invitation,
    Message,
    RefusalMark,
    personal,
)
from invitations.models.hold import HoldReason
from invitations.models.message import MessageKind, MessageStatus
from invitations.services.base import audit
from invitations.services.decisions import settling
from invitations.services.guest import press
from invitations.services.holds import holds
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


def test_s53_nothing_names_the_guest_any_more(invite, admin, manager, other_account):
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


CANARY = "zaunkoenig"


def marked(model, columns) -> dict[str, object]:
    """For each column a value that stands nowhere else and fits it; where others keep their words, it names the guest."""
    values: dict[str, object] = {}
    for column in columns:
        field, mark = model._meta.get_field(column), f"{CANARY}-{model.__name__}-{column}".lower()[:60]
        if isinstance(field, models.BinaryField):
            values[column] = mark.encode()
        elif isinstance(field, models.EmailField):
            values[column] = f"{mark}@example.com"
        else:
            room = field.max_length or 1000
            values[column] = (
                f"{mark} {EMAIL}" if column in personal.WHERE_NAMED.get(model, ()) else mark[:room]
            )
    return values


def everything() -> str:
    """Every value of every row of every table that Django knows, bytes as they stand."""
    values = [
        value for model in apps.get_models() for row in model._default_manager.values_list() for value in row
    ]
    return "\n".join(map(as_text, values)).lower()


def as_text(value: object) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def test_a_mark_in_every_column_that_may_name_the_guest_is_gone_afterwards(invite, admin, manager, account):
    """One value of its own in each column of personal.ERASED and WHERE_NAMED, and names where others keep their words."""
    one = invite(delivery="portal", recipient_name=f"{CANARY} Name")
    change.send_mail(by=manager, invitation=one)
    manager_notices.tell(invitation=one, what=manager_notices.News.DONE, now=one.created_at)
    holds.stop(reason=HoldReason.TRIES, link=one.links.get())
    holds.stop(reason=HoldReason.REJECTIONS, account=account)
    RefusalMark.objects.create(words="w", verdict="link", marked_by=admin, marked_at=one.created_at)
    planted: set[str] = set()
    for table in (personal.ERASED, personal.WHERE_NAMED):
        for model, columns in table.items():
            if model in {
                AuditDetail,
                FormerPseudonym,
            }:  # these rows go whole; the guest's name stands in one below
                continue
            values = marked(model, columns)
            if model is Invitation:  # by these two the guest is found
                values |= {"recipient_email": EMAIL, "recipient_normal": EMAIL}
            rows = model._default_manager.all()
            if model is Message:  # a notice goes to the manager, an alert to administrators
                rows.filter(kind=MessageKind.NOTICE).update(content=f"{CANARY}-notice".encode())
                rows = rows.filter(kind=MessageKind.INVITATION)
            assert rows.update(**values)
            planted |= {text for text in map(as_text, values.values()) if CANARY in text}
    one.refresh_from_db()
    stored = everything()
    assert [text for text in planted if text not in stored] == []
    assert f"{CANARY} name" in stored  # in a detail of the record

    erase.erase_guest(by=admin, invitation=one)

    assert CANARY not in everything()
    assert "bento" not in everything()


def test_what_others_wrote_of_somebody_else_stays(invite, admin, account, make_invitation):
    one = invite()
    said = "The plan of Bentonville is used up"
    holds.stop(reason=HoldReason.REJECTIONS, account=account, detail=said)
    erase.erase_guest(by=admin, invitation=one)
    assert Hold.objects.get().detail == said


@pytest.mark.parametrize("said", [f"{NAME.upper()} was invited", f"<{EMAIL}> is taken"])
def test_a_stop_and_a_refusal_in_words_that_name_the_guest_forget_them(invite, admin, account, said):
    one = invite()
    holds.stop(reason=HoldReason.REJECTIONS, account=account, detail=said)
    RefusalMark.objects.create(
        words="w", error_text=said, verdict="link", marked_by=admin, marked_at=one.created_at
    )
    erase.erase_guest(by=admin, invitation=one)
    assert (Hold.objects.get().detail, RefusalMark.objects.get().error_text) == ("", "")
