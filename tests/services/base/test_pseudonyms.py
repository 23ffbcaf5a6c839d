"""The names of people in the record, whatever becomes of FIELD_KEYS."""

import hashlib
import hmac

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from invitations.errors import RecordKeyMissing
from invitations.models import AuditDetail, AuditEvent, FormerPseudonym, PseudonymKey, guards
from invitations.services.base import audit, pseudonyms
from invitations.services.invitations import erase

pytestmark = pytest.mark.django_db
EMAIL = "bento.guest@example.com"
OLD, NEW, OTHER = b"t" * 32, b"n" * 32, b"o" * 32


@pytest.fixture
def invitation(make_invitation):
    return make_invitation(status="ready", recipient_email=EMAIL, recipient_name="Bento Esquecido")


@pytest.fixture
def named_by_a_field_key(monkeypatch):
    """The record as it was before it had a key of its own: people are named by the last of FIELD_KEYS."""

    def named(secret, email):
        return hmac.new(OLD, b"person\0" + email.lower().encode(), hashlib.sha256).hexdigest()

    return lambda: monkeypatch.setattr(pseudonyms, "under", named)


def about_the_guest() -> int:
    return AuditDetail.objects.filter(detail__email=EMAIL).count()


@pytest.mark.parametrize("keys", [[NEW, OLD], [OLD, OTHER], [NEW, OLD, OTHER]])
def test_erasing_finds_everything_after_keys_came_and_moved(invitation, admin, settings, keys):
    settings.FIELD_KEYS = keys
    assert about_the_guest()

    erase.erase_guest(by=admin, invitation=invitation)

    assert not about_the_guest()
    assert list(audit.problems()) == []


def test_erasing_finds_everything_after_the_old_key_went(invitation, admin, settings):
    settings.FIELD_KEYS = [NEW, OLD]
    call_command("rotate_field_keys")
    settings.FIELD_KEYS = [NEW]

    erase.erase_guest(by=admin, invitation=invitation)

    assert not about_the_guest()
    assert list(audit.problems()) == []


def test_erasing_is_refused_with_its_reason_while_the_key_is_missing(invitation, admin, settings, client_for):
    browser: Client = client_for(admin)
    settings.FIELD_KEYS = [NEW]

    with pytest.raises(RecordKeyMissing):
        erase.erase_guest(by=admin, invitation=invitation)
    page = browser.post(f"/invitations/{invitation.public_id}/erase/", follow=True).content.decode()

    assert "Put the missing key back into FIELD_KEYS" in page
    assert "Nothing here names this guest" not in page
    invitation.refresh_from_db()
    assert invitation.recipient_email == EMAIL
    assert about_the_guest()


def test_details_from_before_the_key_are_found_after_the_upgrade(
    make_invitation, admin, named_by_a_field_key, monkeypatch, settings
):
    with monkeypatch.context() as patched:
        named_by_a_field_key()
        invitation = make_invitation(recipient_email=EMAIL)
        patched.undo()
    monkeypatch.undo()
    PseudonymKey.objects.all().delete()
    settings.FIELD_KEYS = [NEW]  # the key that named them may be gone by then

    call_command("migrate", verbosity=0)
    before = about_the_guest()
    assert list(audit.problems()) == []
    erase.erase_guest(by=admin, invitation=invitation)

    assert (before > 0, about_the_guest()) == (True, 0)
    assert not FormerPseudonym.objects.filter(person=pseudonyms.person(EMAIL)).exists()
    assert list(audit.problems()) == []


def test_the_check_notices_what_no_erasing_can_reach_and_the_command_mends_it(
    make_invitation, admin, named_by_a_field_key, monkeypatch
):
    named_by_a_field_key()
    invitation = make_invitation(recipient_email=EMAIL)
    monkeypatch.undo()

    with pytest.raises(CommandError, match="a detail that erasing cannot reach"):
        call_command("verify_audit")
    call_command("rotate_field_keys", "--new-names")
    call_command("verify_audit")
    erase.erase_guest(by=admin, invitation=invitation)

    assert not about_the_guest()
    assert list(audit.problems()) == []


def test_a_new_key_names_people_anew_and_loses_nobody(invitation, admin, make_invitation):
    before = pseudonyms.person(EMAIL)
    assert pseudonyms.renew() == AuditDetail.objects.values("person").distinct().count()
    make_invitation(recipient_email=EMAIL, insist_reason="Both are needed")

    assert pseudonyms.person(EMAIL) != before
    assert pseudonyms.all_of(EMAIL)[1:] == [before]
    assert PseudonymKey.objects.count() == 1
    erase.erase_guest(by=admin, invitation=invitation)
    assert not about_the_guest()
    assert list(audit.problems()) == []


def test_a_missing_detail_is_a_fault_still_where_nobody_was_erased(invitation):
    if connection.vendor == "sqlite":
        AuditDetail.objects.filter(detail__email=EMAIL).delete()
    assert guards.missing(connection) == []
    if connection.vendor == "sqlite":
        assert any("lost a detail" in problem for problem in audit.problems())


def test_the_key_is_stored_sealed(invitation):
    row = PseudonymKey.objects.get()
    assert row.open() == pseudonyms.key()
    assert row.open() not in bytes(row.secret)
    assert row.open().hex().encode() not in bytes(row.secret)


def test_the_record_without_its_key_is_not_sound_and_says_why(invitation, settings):
    settings.FIELD_KEYS = [NEW]
    assert next(audit.problems()).startswith("the key that names people cannot be read")
    assert AuditEvent.objects.exists()
