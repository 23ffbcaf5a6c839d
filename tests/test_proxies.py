"""Headers of proxies: whatever stands there, somebody with the right password gets in, and counts as whom they are."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.proxies import client_address
from tests.corpus import lines
from tests.factories import PASSWORD

HEADERS = list(lines("proxy_headers.tsv"))


@pytest.mark.parametrize(("forwarded", "remote", "trusted", "right"), HEADERS)
def test_the_address_that_counts_is_that_of_the_corpus(forwarded, remote, trusted, right):
    assert client_address(forwarded, remote, int(trusted)) == right


@pytest.mark.parametrize("trusted", [0, 1, 2])
def test_whatever_a_proxy_writes_the_right_password_signs_in(settings, manager, trusted):
    settings.TRUSTED_PROXY_COUNT = settings.ALLAUTH_TRUSTED_PROXY_COUNT = trusted
    for forwarded, remote, _trusted, _right in HEADERS:
        if forwarded.isascii():
            browser = Client(REMOTE_ADDR=remote)
            typed = {"login": manager.email, "password": PASSWORD}
            answer = browser.post(reverse("account_login"), typed, headers={"X-Forwarded-For": forwarded})
            assert answer.status_code == 302, (forwarded, remote)


@pytest.mark.django_db
@pytest.mark.parametrize("said", ["https", "HTTPS", " https ", "https,http"])
def test_https_is_known_however_a_proxy_spells_it(settings, said):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_PROXY_SSL_HEADER = True, ("HTTP_X_FORWARDED_PROTO", "https")
    answer = Client().get(reverse("account_login"), headers={"X-Forwarded-Proto": said})
    assert answer.status_code == 200
