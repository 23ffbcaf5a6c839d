"""Sessions end, and what was typed is not lost with them."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invitations.services.base.bounds import KEPT_INPUT
from tests import factories

pytestmark = pytest.mark.django_db
NEW = "/invitations/new/"


def test_s11_an_idle_session_ends_and_a_used_one_does_not(client_for, manager, settings):
    client = client_for(manager)
    client.get("/")
    with time_machine.travel(timezone.now() + timedelta(hours=7), tick=False):
        assert client.get("/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=11), tick=False):
        assert client.get("/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=13), tick=False):
        assert client.get("/").status_code == 302, "too old, whatever its use"


def test_a_page_that_asks_by_itself_keeps_no_session_alive(client_for, manager, make_invitation):
    poll = reverse("invitation_status", args=[make_invitation().public_id])
    client = client_for(manager)
    client.get("/")
    for hours in (3, 6, 9):
        with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False):
            answer = client.get(poll)
    assert answer.status_code == 302


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(client):
    answer = client.get(
        "/invitations/abc/status/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/invitations/abc/"},
    )

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/login/?next=%2Finvitations%2Fabc%2F"


def test_what_was_typed_is_there_after_signing_in(client, client_for, manager, account, connector):
    typed = form_of(client_for(manager)) | {"account": account.pk, "connector": connector.pk}
    answer = client.post(NEW, typed)
    assert answer.status_code == 302

    client.post(answer["Location"], {"login": manager.email, "password": factories.PASSWORD})
    page = client.get(NEW).content.decode()

    assert "ana@example.com" in page
    assert "ana@example.com" not in client.get(NEW).content.decode(), "shown once"
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        assert client.get(NEW).status_code == 200, "the session lasts as long as any"


def test_nothing_is_kept_for_somebody_who_was_never_signed_in(client_for, manager):
    """Whoever has no form of the portal's, or one whose mark was made up, stores nothing, however often."""
    forged = form_of(client_for(manager))["form_nonce"][:-3] + "xxx"
    before = Session.objects.count()
    for number in range(100):
        nonce = ("", "n", forged, "a" * 24 + "-1-" + "b" * 22)[number % 4]
        answer = Client().post(NEW, {"recipient_email": "ana@example.com", "message": "x" * 25_000, "form_nonce": nonce})  # fmt: skip
        assert answer.status_code == 302

    assert Session.objects.count() == before


def test_one_place_keeps_only_so_many_forms_and_another_still_keeps_its_own(client_for, manager):
    typed = form_of(client_for(manager))
    before = Session.objects.count()
    for _ in range(KEPT_INPUT.most + 5):
        Client().post(NEW, typed, REMOTE_ADDR="192.0.2.1")
    assert Session.objects.count() == before + KEPT_INPUT.most

    Client().post(NEW, typed, REMOTE_ADDR="192.0.2.2")
    assert Session.objects.count() == before + KEPT_INPUT.most + 1


def test_s45_a_body_that_no_page_wants_is_refused_unread(client, manager):
    refused = client.post(reverse("account_login"), {"login": "a", "password": "x" * 1_100_000})
    named = client.generic("POST", reverse("account_login"), b"", headers={"Content-Length": "9" * 30})

    assert (refused.status_code, named.status_code) == (413, 413)
    assert "too large" in refused.content.decode()
    assert refused.headers["X-Frame-Options"] == "DENY"


def test_s03_an_admin_without_second_factor_reaches_only_its_enrolment(client_for, admin, manager, settings):
    settings.SECOND_FACTOR_FORCED = True
    for path in ("/", "/invitations/", "/history/", "/admin/"):
        answer = client_for(admin).get(path)
        assert answer["Location"] == reverse("mfa_activate_totp")
    assert client_for(manager).get("/").status_code == 200


def test_s12_a_deactivated_person_is_out_at_the_next_request(client_for, manager):
    client = client_for(manager)
    manager.is_active = False
    manager.save()
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("path", ["/password/change/", "/history/", "/invitations/abc/links/1/settle/"])
def test_only_the_new_invitation_form_is_kept(client, path):
    """Elsewhere people type passwords and paste links, and a session is no place for those."""
    client.post(path, {"oldpassword": "secret-1", "link": "secret-2"})
    assert "kept_input" not in client.session


def test_what_one_person_typed_is_not_shown_to_the_next(client_for, manager, stranger):
    client = client_for(manager)
    typed = form_of(client)
    with time_machine.travel(timezone.now() + timedelta(hours=9), tick=False):
        client.post(NEW, typed)
        client.post("/login/", {"login": stranger.email, "password": factories.PASSWORD})
        assert "ana@example.com" not in client.get(NEW).content.decode()


def form_of(client) -> dict[str, str]:
    """What is typed into the form as the browser has it."""
    (nonce,) = re.findall(r'name="form_nonce" value="([^"]+)"', client.get(NEW).content.decode())
    return {"form_nonce": nonce, "recipient_email": "ana@example.com"}


@pytest.mark.parametrize(("who", "comes_back"), [("manager", True), ("colleague", False)])
def test_a_form_whose_session_is_gone_comes_back_to_whoever_it_was_drawn_for(
    request, client_for, manager, colleague, who, comes_back
):
    client = client_for(manager)
    typed = form_of(client)
    Session.objects.all().delete()

    answer = client.post(NEW, typed)
    next_one = request.getfixturevalue(who)
    client.post(answer["Location"], {"login": next_one.email, "password": factories.PASSWORD})

    assert ("ana@example.com" in client.get(NEW).content.decode()) == comes_back
    assert "kept_input" not in client.session


def test_a_form_that_claims_to_be_somebody_elses_is_not_kept(client_for, manager, colleague):
    client = client_for(manager)
    typed = form_of(client)
    typed["form_nonce"] = typed["form_nonce"].replace(f"-{manager.pk}-", f"-{colleague.pk}-")
    Session.objects.all().delete()

    client.post(NEW, typed)

    assert "kept_input" not in client.session


@pytest.mark.parametrize(("who", "comes_back"), [("manager", True), ("colleague", False)])
def test_a_form_with_an_old_token_comes_back_to_whoever_it_was_drawn_for(
    request, client_for, manager, colleague, who, comes_back
):
    typed = form_of(client_for(manager))

    answer = client_for(request.getfixturevalue(who), enforce_csrf_checks=True).post(NEW, typed)

    assert answer.status_code == 403
    assert ("ana@example.com" in answer.content.decode()) == comes_back


def test_a_press_after_the_session_ended_leads_to_the_page_it_stood_on(client, make_invitation):
    page = reverse("invitation", args=[make_invitation().public_id])
    assert client.post(f"{page}copy/")["Location"] == f"/login/?next={page}"
