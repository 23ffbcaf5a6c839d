import re

import pytest
from django.test import Client

from invitations.models import Invitation, Message
from tests import factories

URL = "/invitations/new/"


@pytest.fixture
def strict(client_for, manager):
    return client_for(manager, enforce_csrf_checks=True)


def test_the_form_comes_back_with_its_input_and_a_token(strict, account):
    fields = {
        "account": account.pk,
        "recipient_email": "ana@example.com",
        "message": "Hello",
        "form_nonce": "first-nonce",
    }
    page = strict.post(URL, fields)
    text = page.content.decode()
    assert page.status_code == 403
    assert "nothing was sent" in text
    assert 'value="ana@example.com"' in text
    assert 'value="first-nonce"' in text
    assert Invitation.objects.count() == 0
    token = strict.cookies["csrftoken"].value
    assert strict.post(URL, fields | {"csrfmiddlewaretoken": token}).status_code == 200


def test_nothing_is_kept_of_a_post_that_may_come_from_a_foreign_page(db):
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post(URL, {"recipient_email": "planted@example.com"})
    assert answer.status_code == 403
    assert "planted" not in answer.content.decode()
    assert "sessionid" not in answer.cookies


def test_another_form_gets_a_kind_page(strict, make_invitation):
    page = strict.post(f"/invitations/{make_invitation().public_id}/copy/")
    assert page.status_code == 403
    assert "Nothing was changed" in page.content.decode()


OURS = {"Origin": "http://testserver"}


def test_what_was_typed_before_a_sign_in_elsewhere_is_sent_once_more(strict, make_invitation, manager):
    invitation = make_invitation(status="ready", delivery="portal")
    path = f"/invitations/{invitation.public_id}/forward/"
    fields = {"email": "bia@example.com", "name": "Bia <Souza>"}
    strict.get(path)
    stale = strict.cookies["csrftoken"].value
    strict.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = strict.post(path, fields | {"csrfmiddlewaretoken": "x" * 64}, headers=OURS)
    text = page.content.decode()

    assert (page.status_code, bool(stale)) == (403, True)
    assert "you signed in, as Marina Lopes, after this page was opened" in text
    assert f'action="{path}"' in text
    assert '<input type="hidden" name="email" value="bia@example.com">' in text
    assert '<input type="hidden" name="name" value="Bia &lt;Souza&gt;">' in text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)[1]
    assert strict.post(path, fields | {"csrfmiddlewaretoken": token}, headers=OURS).status_code == 302
    assert Message.objects.get(kind="forward").to_email == "bia@example.com"


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_a_foreign_page_gets_nothing_sent_by_a_friendly_button(strict, make_invitation, headers):
    path = f"/invitations/{make_invitation().public_id}/forward/"
    page = strict.post(path, {"email": "planted@example.com"}, headers=headers)
    assert page.status_code == 403
    assert "planted" not in page.content.decode()


def test_nothing_secret_comes_back(strict):
    page = strict.post("/password/change/", {"oldpassword": "se cret", "password1": "se cret"}, headers=OURS)
    assert page.status_code == 403
    assert "se cret" not in page.content.decode()


def test_signing_in_twice_leads_to_the_portal(strict):
    answer = strict.post("/login/", {"login": "x@example.com", "password": "secret"}, headers=OURS)
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_an_auditor_gets_no_form_this_way(client_for, auditor):
    page = client_for(auditor, enforce_csrf_checks=True).post(URL, {"recipient_email": "ana@example.com"})
    assert page.status_code == 403
    assert "ana@example.com" not in page.content.decode()


@pytest.mark.parametrize("path", ["/nowhere/", "/invitations/abcdefgh23456789/"])
def test_what_is_not_there_is_404(path, client_for, manager):
    page = client_for(manager).get(path)
    assert page.status_code == 404
    assert "<h1" in page.content.decode()


def test_s57_a_failure_shows_no_detail(client_for, manager, monkeypatch):
    def fail(**_kwargs):
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("invitations.services.reads.overview.numbers", fail)
    client: Client = client_for(manager, raise_request_exception=False)
    page = client.get("/")
    assert page.status_code == 500
    assert "a secret detail" not in page.content.decode()
    assert "<h1" in page.content.decode()


def test_a_guest_whose_page_was_too_old_presses_again(make_invitation):
    invitation = make_invitation(status="ready", language="es")
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/g/{factories.make_key(invitation)}/")
    page = browser.post(f"/guest/{invitation.public_id}/decline/", {"kind": "cannot"})
    assert page.status_code == 403
    assert '<html lang="es">' in page.content.decode()
    assert f'href="/guest/{invitation.public_id}/"' in page.content.decode()
    assert "/invitations/" not in page.content.decode()
    invitation.refresh_from_db()
    assert invitation.declined_at is None


def test_what_a_guest_typed_is_sent_once_more(make_invitation):
    invitation = make_invitation(status="ready", language="en")
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/g/{factories.make_key(invitation)}/")
    path = f"/guest/{invitation.public_id}/decline/"
    fields = {"kind": "cannot", "reason": "no access\nask <Bia>"}
    text = browser.post(path, fields, headers=OURS).content.decode()

    assert 'name="reason" value="no access\nask &lt;Bia&gt;"' in text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)[1]
    assert browser.post(path, fields | {"csrfmiddlewaretoken": token}, headers=OURS).status_code == 302
    invitation.refresh_from_db()
    assert invitation.decline_reason == "no access\nask <Bia>"


def test_a_guest_is_not_led_to_staff_pages_by_a_failure(make_invitation, monkeypatch):
    def fail(**_kwargs):
        raise RuntimeError("a secret detail")

    invitation = make_invitation(status="ready", language="en")
    browser = Client(raise_request_exception=False)
    browser.get(f"/g/{factories.make_key(invitation)}/")
    monkeypatch.setattr("invitations.services.guest.press.find", fail)
    page = browser.get(f"/guest/{invitation.public_id}/")
    assert page.status_code == 500
    assert "a secret detail" not in page.content.decode()
    assert "whether your last answer was saved" in page.content.decode()
    assert "/invitations/" not in page.content.decode()
