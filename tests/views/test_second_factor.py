"""Recovery codes as people use them: long, readable, good once."""

import re

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db
LINE = re.compile(r"^\d{6}(?: \d{6}){5}$", re.M)


@pytest.fixture
def codes(manager):
    """The codes of somebody who set a second factor up."""
    TOTP.activate(manager, generate_totp_secret())
    RecoveryCodes.activate(manager)
    return RecoveryCodes.activate(manager).get_unused_codes()


def sign_in(user, code):
    """A browser that gave the password and then this code, and what the code was answered with."""
    browser = Client()
    browser.post(reverse("account_login"), {"login": user.email, "password": factories.PASSWORD})
    return browser, browser.post(reverse("mfa_authenticate"), {"code": code})


def test_s04_a_code_opens_once_with_or_without_its_spaces(manager, codes):
    browser, first = sign_in(manager, codes[0])
    browser.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
    download = browser.get(reverse("mfa_download_recovery_codes")).content.decode()
    page = browser.get(reverse("mfa_view_recovery_codes")).content.decode()
    _, again = sign_in(manager, codes[0])
    _, spaced = sign_in(manager, LINE.findall(download)[0])

    assert (first.status_code, again.status_code, spaced.status_code) == (302, 200, 302)
    assert len(LINE.findall(download)) == len(codes) - 1 == 9
    assert all(f"<li>{line}</li>" in page for line in LINE.findall(download))


def test_a_code_cannot_be_guessed(codes):
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"\d{36}", code) for code in codes)
    assert 10 ** len(codes[0]) > 2**112


def test_s04_neither_seed_nor_code_is_stored_as_it_is(manager, codes):
    stored = str(list(manager.authenticator_set.values_list("data", flat=True)))

    assert not any(code in stored for code in codes)
    assert len(stored) > 200
