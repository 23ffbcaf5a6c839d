"""What happens to somebody's sign-in stands in the record, says nothing personal there, and strangers cannot fill it."""

import re

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from django.urls import reverse

from invitations.models import AuditEvent, Message
from invitations.services.base import audit
from invitations.services.base.bounds import FAILED_EVENTS
from tests import factories

pytestmark = pytest.mark.django_db
NEW = "a-quite-new-pass-phrase"


def kinds():
    return list(told().values_list("kind", flat=True))


def told():
    """What the record tells of people after they were made."""
    return AuditEvent.objects.filter(kind__startswith="person.").order_by("number")


def wrong(email, place="192.0.2.1"):
    return Client().post(
        reverse("account_login"), {"login": email, "password": "wrong-password-1"}, REMOTE_ADDR=place
    )


def sign_in(user):
    browser = Client()
    browser.post(reverse("account_login"), {"login": user.email, "password": factories.PASSWORD})
    return browser


def test_the_first_and_the_last_wrong_password_of_a_place_are_told_and_those_between_are_not(manager):
    for _ in range(7):
        wrong(manager.email)

    assert [(event.kind, event.object, event.data) for event in told()] == [
        ("person.sign_in_failed", f"user:{manager.pk}", {"tries": tries}) for tries in (1, 5)
    ]
    assert list(audit.problems()) == []


def test_strangers_fill_neither_the_record_of_a_person_nor_that_of_nobody(manager):
    for number in range(15):
        wrong(manager.email, f"203.0.113.{number}")
        wrong(f"nobody-{number}@example.com", f"203.0.113.{number}")

    assert kinds() == ["person.sign_in_failed"] * FAILED_EVENTS.most
    assert "203.0" not in str(list(told().values("data")))


def test_a_session_ends_in_the_record(manager):
    sign_in(manager).post(reverse("account_logout"))

    assert kinds() == ["person.signed_in", "person.signed_out"]


def test_a_changed_password_is_told(manager):
    browser = sign_in(manager)
    browser.post(
        reverse("account_change_password"),
        {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW},
    )

    assert "person.password_changed" in kinds()


def test_a_password_chosen_with_a_mailed_link_is_told(manager):
    browser = Client()
    browser.post(reverse("account_reset_password"), {"email": manager.email})
    link = re.search(r"/password/reset/key/[\w-]+/", Message.objects.get().open_content())
    page = browser.get(link[0])
    browser.post(page["Location"], {"password1": NEW, "password2": NEW})

    assert kinds() == ["person.password_reset"]


def test_a_second_factor_is_told_from_its_beginning_to_its_end(manager, django_capture_on_commit_callbacks):
    browser = sign_in(manager)
    browser.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
    secret = browser.get(reverse("mfa_activate_totp")).context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("mfa_generate_recovery_codes"))
    browser.post(reverse("mfa_deactivate_totp"))

    assert [kind for kind in kinds() if kind != "person.signed_in"] == [
        "person.factor_added",
        "person.codes_renewed",
        "person.codes_renewed",
        "person.factor_removed",
    ]


def test_wrong_and_used_up_codes_are_told(manager):
    TOTP.activate(manager, generate_totp_secret())
    RecoveryCodes.activate(manager)
    (code, *_others) = RecoveryCodes.activate(manager).get_unused_codes()
    sign_in(manager).post(reverse("mfa_authenticate"), {"code": "000000"})
    sign_in(manager).post(reverse("mfa_authenticate"), {"code": code})

    assert kinds() == ["person.code_failed", "person.code_used", "person.signed_in"]
    assert AuditEvent.objects.get(kind="person.code_used").data == {"left": 9}


def test_the_history_says_it_in_words(client_for, auditor, manager):
    wrong(manager.email)
    page = client_for(auditor).get("/history/").content.decode()

    assert "Somebody tried a wrong password for Marina Lopes. Wrong ones within an hour: 1." in page


def code_of(secret):
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
