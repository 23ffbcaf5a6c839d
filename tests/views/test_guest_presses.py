"""Every button of the guest's page: where it leads, twice in a row, too late, and with what it must refuse."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invitations.models import AuditEvent, GuestToken, Invitation, Message
from invitations.services.base.bounds import WRONG_GUEST_KEYS
from invitations.services.guest import wrong_keys
from tests import factories

pytestmark = pytest.mark.django_db
BUTTONS: dict[str, dict[str, str]] = {
    "guest_continue": {},
    "guest_done": {},
    "guest_undone": {},
    "guest_forward": {"to_name": "Caio", "to_email": "caio@example.com"},
    "guest_decline": {"kind": "cannot", "reason": "no access"},
    "guest_resume": {},
    "guest_language": {"language": "es"},
    "guest_ask_again": {},
}


class Guest:
    """A browser that followed the link in the mail, and the addresses of its buttons."""

    def __init__(self, invitation: Invitation) -> None:
        self.invitation = invitation
        self.client = Client()
        self.client.get(f"/g/{factories.make_key(invitation)}/")

    def path(self, name: str) -> str:
        of_a_link = name in {"guest_continue", "guest_done", "guest_undone"}
        more = [self.invitation.links.get().pk] if of_a_link else []
        return reverse(name, args=[self.invitation.public_id, *more])

    def press(self, name: str, **fields: str) -> Any:
        return self.client.post(self.path(name), {**BUTTONS[name], **fields})

    def look(self) -> str:
        return self.client.get(self.path("guest")).content.decode()


@pytest.fixture
def invitation(make_invitation):
    return make_invitation(status="ready", delivery="link", language="en", recipient_email="ana@example.com")


@pytest.fixture
def guest(invitation):
    return Guest(invitation)


@pytest.mark.parametrize("name", BUTTONS)
def test_coming_back_to_a_buttons_address_presses_nothing_and_leads_to_the_page(guest, name):
    Invitation.objects.update(language="es")
    answer = guest.client.get(guest.path(name))

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert (answer.headers["Content-Language"], answer.headers["Referrer-Policy"]) == ("es", "same-origin")
    assert "No se hizo nada" in answer.content.decode()
    assert "Padaria Sol" in answer.content.decode()
    assert f'href="{guest.path("guest")}"' in answer.content.decode()
    assert fresh().opened_at is None
    assert not AuditEvent.objects.filter(actor="guest").exists()


def fresh():
    return Invitation.objects.get()


def guest_events():
    return AuditEvent.objects.filter(actor="guest").count()


@pytest.mark.parametrize("name", [name for name in BUTTONS if name != "guest_continue"])
def test_a_press_ends_on_the_page_and_pressing_twice_changes_nothing_more(guest, name):
    guest.press("guest_continue")
    if name == "guest_ask_again":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    first = guest.press(name)
    rows = Invitation.objects.values().get(), list(Message.objects.values("pk")), guest_events()
    second = guest.press(name)

    assert first.status_code == 302
    assert first["Location"] == guest.path("guest")
    assert second.status_code in {302, 409}
    assert (Invitation.objects.values().get(), list(Message.objects.values("pk")), guest_events()) == rows


@pytest.mark.parametrize("name", BUTTONS)
def test_every_first_press_opens_the_invitation(guest, name):
    if name == "guest_done":
        guest.invitation.links.update(link_absent_reason="settled_without")

    guest.press(name)

    assert fresh().opened_at is not None
    assert GuestToken.objects.get().used_at is not None
    assert AuditEvent.objects.filter(kind="guest.opened").count() == 1


@pytest.mark.parametrize("over", ["revoked_at", "erased_at"])
@pytest.mark.parametrize("name", BUTTONS)
def test_a_press_after_revoke_or_erasure_gets_the_page_of_an_unknown_key(guest, name, over):
    Invitation.objects.update(**{over: timezone.now()})
    before = Invitation.objects.values().get()
    unknown = Client().get("/g/nothing/")

    answer = guest.press(name)

    assert (answer.status_code, answer.content) == (404, unknown.content)
    assert Invitation.objects.values().get() == before
    assert AuditEvent.objects.get(kind="guest.blocked")


@pytest.mark.parametrize(
    "name", [name for name in BUTTONS if name not in {"guest_ask_again", "guest_language"}]
)
def test_a_press_after_expiry_gets_the_page_of_an_expired_one(guest, name):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    before = Invitation.objects.values().get()

    answer = guest.press(name)

    assert answer.status_code == 410
    assert "Ask for a new one" in answer.content.decode()
    assert Invitation.objects.values().get() == before


def test_done_and_not_done(guest):
    assert "I’m done" not in guest.look()
    guest.press("guest_continue")
    assert "I’m done" in guest.look()
    guest.press("guest_done")
    assert "Thank you." in guest.look()
    guest.press("guest_undone")
    assert "Thank you." not in guest.look()


def test_a_colleague_gets_a_mail_and_the_page_says_to_whom(guest):
    guest.press("guest_forward")
    text = guest.look()

    assert "Passed on to c•••@example.com" in text
    assert "caio@example.com" not in text
    assert Message.objects.get(kind="forward").to_email == "caio@example.com"


def test_a_colleague_sees_the_own_address(invitation):
    message = Message.objects.create(
        kind="forward",
        invitation=invitation,
        to_email="caio@example.com",
        to_name="Caio",
        created_at=timezone.now(),
    )
    browser = Client()
    browser.get(f"/g/{factories.make_key(invitation, 'forward', message=message)}/")

    text = browser.get(reverse("guest", args=[invitation.public_id])).content.decode()

    assert "For Caio, c•••@example.com" in text
    assert "a•••@example.com" not in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"to_name": ""}, "Enter your colleague’s name."),
        ({"to_email": "nobody"}, "Enter an address such as"),
        ({"to_email": "x@example.com\r\nBcc: y@example.com"}, "Enter an address such as"),
    ],
)
def test_a_form_comes_back_open_with_what_was_typed(guest, fields, words):
    answer = guest.press("guest_forward", **fields)
    text = answer.content.decode()

    assert answer.status_code == 200
    assert words in text
    assert '<details id="someone-else" open>' in text
    assert BUTTONS["guest_forward"][next(iter({"to_name", "to_email"} - set(fields)))] in text
    assert not Message.objects.exists()


def test_the_same_colleague_twice_is_told_so(guest):
    guest.press("guest_forward")
    answer = guest.press("guest_forward")

    assert answer.status_code == 409
    assert "already has the invitation" in answer.content.decode()


def test_after_three_colleagues_the_form_is_gone(guest):
    for number in range(3):
        guest.press("guest_forward", to_email=f"colleague{number}@example.com")

    assert guest.path("guest_forward") not in guest.look()
    assert guest.press("guest_forward", to_email="fourth@example.com").status_code == 409


def test_where_kondado_mails_the_guest_nothing_can_be_passed_on(guest):
    Invitation.objects.update(delivery="kondado")

    assert guest.path("guest_forward") not in guest.look()
    assert "Say who it should be" in guest.look()
    assert guest.press("guest_forward").status_code == 409


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("wrong_person", "somebody else should be asked"),
        ("cannot", "you cannot do this"),
        ("will_not", "you do not want to do this"),
    ],
)
def test_declining_says_what_happens_next_and_can_be_taken_back(guest, kind, words):
    guest.press("guest_decline", kind=kind, reason="<i>no access</i>")
    declined = guest.look()
    pressed = guest.press("guest_continue")
    guest.press("guest_resume")
    again = guest.look()

    assert words in declined
    assert "&lt;i&gt;no access" in declined
    assert "gets your answer by mail" in declined
    assert pressed.status_code == 409
    assert "collection_guest" not in pressed.content.decode()
    assert guest.path("guest_continue") in again


def test_a_no_without_a_kind_is_asked_again(guest):
    answer = guest.press("guest_decline", kind="", reason="what I typed")
    text = answer.content.decode()

    assert "Choose one of these." in text
    assert "what I typed" in text
    assert '<details id="no" open>' in text
    assert fresh().declined_at is None


def test_who_should_be_asked_must_be_said(guest):
    answer = guest.press("guest_decline", kind="wrong_person", reason=" ")

    assert "Say who it should be: a name" in answer.content.decode()
    assert '<details id="someone-else" open>' in answer.content.decode()
    assert fresh().declined_at is None


def test_a_newer_invitation_is_pointed_to_politely(guest, make_invitation):
    guest.press("guest_decline")
    make_invitation(recipient_email="ana@example.com", delivery="link")

    answer = guest.press("guest_resume")

    assert answer.status_code == 409
    assert "newer invitation" in answer.content.decode()


def test_going_on_with_the_rest_says_what_a_newer_invitation_asks_for(make_invitation, dest_connector):
    words = {"status": "ready", "delivery": "link", "language": "en", "recipient_email": "rui@example.com"}
    first = make_invitation(more=[dest_connector], **words)
    guest = Guest(first)
    guest.press("guest_decline")
    make_invitation(connector=dest_connector, **words)

    answer = guest.press("guest_resume")
    page = guest.look()

    kept, left = (reverse("guest_continue", args=[first.public_id, link.pk]) for link in first.links.all())
    assert answer.status_code == 302
    assert "Connect ClickUp as a data source" in page
    assert "You were sent a newer invitation for this one." in page
    assert kept in page
    assert left not in page


def test_the_language_can_be_switched_and_stays(guest):
    assert 'value="es" lang="es">Español' in guest.look()
    guest.press("guest_language", language="es")

    assert '<html lang="es">' in guest.look()
    assert fresh().language == "es"


@pytest.mark.parametrize("language", ["", "fr", "../../x"])
def test_a_language_that_is_not_offered_changes_nothing(guest, language):
    assert guest.press("guest_language", language=language).status_code == 302
    assert fresh().language == "en"


def test_an_expired_invitation_is_asked_for_again_with_one_press(guest):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    before = guest.look()
    guest.press("guest_ask_again")
    after = guest.look()

    assert guest.path("guest_ask_again") in before
    assert guest.path("guest_ask_again") not in after
    assert "You asked for a new one on" in after
    assert Message.objects.filter(kind="notice").count() == 1


def test_extra_fields_change_nothing(guest):
    extra = {"revoked_at": "2020-01-01", "stage": "connected", "created_by": "1", "holds_open_slot": "on"}
    guest.press("guest_decline", **extra)

    assert (fresh().stage, fresh().revoked_at) == ("declined", None)


def test_wrong_keys_are_slowed_down_and_right_ones_are_not(guest, monkeypatch, settings):
    monkeypatch.setattr(wrong_keys, "WRONG_GUEST_KEYS", replace(WRONG_GUEST_KEYS, most=3))
    answers = [
        Client().get("/g/" + "x" * 43 + "/", headers={"X-Forwarded-For": f"192.0.2.{number}"})
        for number in range(5)
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 429, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert answers[-1]["Cache-Control"] == "no-store"
    assert answers[-1]["X-Robots-Tag"] == "noindex"
    assert guest.client.get(guest.path("guest")).status_code == 200
    assert AuditEvent.objects.filter(kind="guest.keys_tried").count() == 1


def test_wrong_keys_in_a_cookie_count_too(guest, monkeypatch):
    monkeypatch.setattr(wrong_keys, "WRONG_GUEST_KEYS", replace(WRONG_GUEST_KEYS, most=3))
    browser = Client()
    browser.cookies[f"guest_{guest.invitation.public_id}"] = "wrong"

    answers = [browser.get(guest.path("guest")).status_code for _ in range(4)]

    assert answers == [404, 404, 404, 429]


def test_behind_a_proxy_the_address_that_it_names_counts(settings, monkeypatch):
    monkeypatch.setattr(wrong_keys, "WRONG_GUEST_KEYS", replace(WRONG_GUEST_KEYS, most=1))
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def status(header: str) -> int:
        return Client().get("/g/nothing/", headers={"X-Forwarded-For": header}).status_code

    assert [status("192.0.2.1"), status("6.6.6.6, 192.0.2.1"), status("192.0.2.2")] == [404, 429, 404]


def test_a_link_that_became_unsafe_is_withheld_in_words_for_guests(guest, settings):
    settings.KONDADO_LINK_HOSTS = ("app.kondado.com.br",)

    answer = guest.press("guest_continue")

    assert answer.status_code == 409
    assert "Please write to the person who invited you" in answer.content.decode()
    assert "collection_guest" not in answer.content.decode()
