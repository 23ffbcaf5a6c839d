"""A guest whose browser keeps no cookies: pastes the link into a form, and goes on with the key in each form."""

import re

import pytest
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db


class Forgetful(Client):
    """Sends no cookie, whatever it was given."""

    def request(self, **request):
        self.cookies.clear()
        return super().request(**request)


@pytest.fixture
def browser():
    return Forgetful(enforce_csrf_checks=True)


@pytest.fixture
def invitation(make_invitation):
    return make_invitation(status="ready", delivery="portal", language="en")


def forms(text: str) -> list[tuple[str, str]]:
    """Where each form leads, and the key that it holds."""
    found = re.findall(r'<form[^>]* action="([^"]+)".*?</form>', text, re.DOTALL)
    bodies = re.findall(r"<form.*?</form>", text, re.DOTALL)
    return [
        (to, "".join(re.findall(r'name="key" value="([^"]+)"', body)))
        for to, body in zip(found, bodies, strict=True)
    ]


@pytest.mark.parametrize(
    "pasted", ["http://testserver/g/{}/", "{}", " https://portal.example/g/{}/?utm=x ", "<{}>"]
)
def test_the_link_may_be_pasted_where_the_browser_keeps_no_cookies(browser, invitation, pasted):
    token = factories.make_key(invitation)
    page = f"/guest/{invitation.public_id}/"

    assert browser.get(f"/g/{token}/").status_code == 303
    told = browser.get(page)
    assert told.status_code == 403
    assert 'action="open/"' in told.content.decode()
    assert 'action="../open/"' in browser.post(f"{page}decline/", {"key": ""}).content.decode()
    assert 'action="../../open/"' in browser.post(f"{page}done/1/", {"key": ""}).content.decode()

    opened = browser.post(f"{page}open/", {"key": pasted.format(token)}, headers={"Origin": "null"})
    assert opened.status_code == 200
    assert len(forms(opened.content.decode())) >= 3
    assert {key for _to, key in forms(opened.content.decode())} == {token}


@pytest.mark.parametrize("pasted", ["", "https://portal.example/", "x" * 42, "x" * 44])
def test_what_is_no_link_is_said(browser, invitation, pasted):
    answer = browser.post(f"/guest/{invitation.public_id}/open/", {"key": pasted})
    assert answer.status_code == 403
    assert "This is not the link" in answer.content.decode()


def test_every_press_goes_on_with_the_key(browser, invitation, settings):
    token, page = factories.make_key(invitation), f"/guest/{invitation.public_id}/"
    link = invitation.links.get()

    went = browser.post(f"{page}continue/{link.pk}/", {"key": token})
    assert (went.status_code, "collection_guest" in went.content.decode()) == (200, True)
    done = browser.post(f"{page}done/{link.pk}/", {"key": token})
    assert done.status_code == 200
    assert {key for _to, key in forms(done.content.decode())} == {token}
    wrong = browser.post(f"{page}decline/", {"key": token, "kind": "wrong_person"})
    assert {key for _to, key in forms(wrong.content.decode())} == {token}
    declined = browser.post(f"{page}decline/", {"key": token, "kind": "cannot", "reason": "no access"})
    assert declined.status_code == 200
    invitation.refresh_from_db()
    assert invitation.decline_reason == "no access"


@pytest.mark.parametrize("key", ["", "x" * 43])
def test_without_the_right_key_nothing_opens(browser, invitation, key):
    factories.make_key(invitation)
    answer = browser.post(f"/guest/{invitation.public_id}/decline/", {"key": key, "kind": "cannot"})
    assert answer.status_code in {403, 404}
    invitation.refresh_from_db()
    assert invitation.declined_at is None


def test_the_key_of_another_invitation_opens_nothing(browser, invitation, make_invitation):
    other = factories.make_key(make_invitation(status="ready"))
    assert browser.post(f"/guest/{invitation.public_id}/open/", {"key": other}).status_code == 404


def test_with_a_cookie_a_press_still_needs_its_token(invitation):
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/g/{factories.make_key(invitation)}/")
    assert browser.post(f"/guest/{invitation.public_id}/decline/", {"kind": "cannot"}).status_code == 403
    assert browser.post(f"/guest/{invitation.public_id}/open/", {}).status_code == 403
