import pytest
from django.test import Client

from invitations.models import Invitation
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


def test_an_auditor_gets_no_form_this_way(client_for, auditor):
    page = client_for(auditor, enforce_csrf_checks=True).post(URL, {"recipient_email": "ana@example.com"})
    assert page.status_code == 403
    assert "ana@example.com" not in page.content.decode()


@pytest.mark.parametrize("path", ["/nowhere/", "/invitations/abcdefgh23456789/"])
def test_what_is_not_there_is_404(path, client_for, manager):
    page = client_for(manager).get(path)
    assert page.status_code == 404
    assert "<h1" in page.content.decode()


def test_a_failure_shows_no_detail(client_for, manager, monkeypatch):
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
