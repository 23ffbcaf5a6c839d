"""A guest's way: the key becomes a cookie, looking changes nothing, Continue leads to Kondado."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invitations.models import GuestToken, Invitation, User
from invitations.services import guest_links

LINK_START = "http://127.0.0.1:9/collection_guest/secret-"


@pytest.fixture(autouse=True)
def _link_host(settings: Any) -> None:
    settings.KONDADO_LINK_HOSTS = ("127.0.0.1:9",)


@pytest.fixture
def invitation(make_invitation: Callable[..., Invitation]) -> Invitation:
    return make_invitation(status="ready")


@pytest.fixture
def address(invitation: Invitation, manager: User) -> str:
    return "/g/" + guest_links.copy(by=manager, invitation=invitation).split("/g/")[1]


@pytest.fixture
def guest(client: Client, address: str) -> Client:
    """A browser that followed the link in the mail."""
    client.get(address)
    return client


def page_of(invitation: Invitation) -> str:
    return reverse("guest", args=[invitation.public_id])


def continue_of(invitation: Invitation) -> str:
    return reverse("guest_continue", args=[invitation.public_id, invitation.links.get().pk])


def facts(invitation: Invitation) -> tuple[Any, ...]:
    """What a guest's doings may change."""
    fresh = Invitation.objects.get(pk=invitation.pk)
    return fresh.opened_at, fresh.stage, fresh.links.get().continued_at


def test_key_becomes_a_cookie_and_leaves_the_address(
    client: Client, invitation: Invitation, address: str
) -> None:
    answer = client.get(address)
    cookie = answer.cookies[f"guest_{invitation.public_id}"]

    assert (answer.status_code, answer["Location"]) == (303, page_of(invitation))
    assert cookie.value == address.split("/")[2]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"


def test_cookie_is_bound_to_the_host_under_https(
    client: Client, invitation: Invitation, address: str, settings: Any
) -> None:
    settings.HTTPS, settings.COOKIE_PREFIX = True, "__Host-"

    cookie = client.get(address, secure=True).cookies[f"__Host-guest_{invitation.public_id}"]

    assert cookie["secure"]
    assert cookie["path"] == "/"
    assert not cookie["domain"]


def test_page_says_who_asks_for_what(guest: Client, invitation: Invitation) -> None:
    answer = guest.get(page_of(invitation))
    text = answer.content.decode()

    assert answer.status_code == 200
    assert "Marina Lopes" in text
    assert "Padaria Sol" in text
    assert "ClickUp" in text
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"
    assert "collection_guest" not in text


def test_looking_changes_nothing_but_the_count_of_fetches(
    client: Client, invitation: Invitation, address: str
) -> None:
    before = facts(invitation)

    for method in (client.get, client.head):
        method(address)
        method(page_of(invitation))

    assert facts(invitation) == before
    assert GuestToken.objects.get().fetches == 2


def test_continue_leads_to_kondado_by_a_page(guest: Client, invitation: Invitation) -> None:
    answer = guest.post(continue_of(invitation))
    text = answer.content.decode()
    opened_at, _stage, continued_at = facts(invitation)

    assert answer.status_code == 200
    assert f'http-equiv="refresh" content="0; url={LINK_START}' in text
    assert f'href="{LINK_START}' in text
    assert answer["Cache-Control"] == "no-store"
    assert opened_at is not None
    assert continued_at is not None


def test_continue_needs_a_post(guest: Client, invitation: Invitation) -> None:
    before = facts(invitation)

    assert guest.get(continue_of(invitation)).status_code == 405
    assert facts(invitation) == before


def test_continue_needs_the_form_of_the_page(invitation: Invitation, address: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.get(address)

    assert strict.post(continue_of(invitation)).status_code == 403
    assert facts(invitation)[0] is None


def test_without_the_cookie_nothing_is_shown(client: Client, invitation: Invitation) -> None:
    there = client.get(page_of(invitation))
    not_there = client.get(reverse("guest", args=["nosuchinvitation"]))

    assert there.status_code == not_there.status_code == 403
    assert there.content == not_there.content
    assert client.post(continue_of(invitation)).status_code == 403


def test_wrong_and_revoked_keys_get_the_same_page(
    client: Client, invitation: Invitation, address: str
) -> None:
    wrong = client.get("/g/" + "x" * 43 + "/")
    GuestToken.objects.update(revoked_at=timezone.now())
    revoked = client.get(address)

    assert wrong.status_code == revoked.status_code == 404
    assert wrong.content == revoked.content
    assert wrong["Referrer-Policy"] == revoked["Referrer-Policy"] == "no-referrer"
    assert not wrong.cookies


def test_key_of_another_invitation_opens_nothing(
    guest: Client, invitation: Invitation, make_invitation: Callable[..., Invitation]
) -> None:
    other = make_invitation(status="ready")
    guest.cookies[f"guest_{other.public_id}"] = guest.cookies[f"guest_{invitation.public_id}"].value

    assert guest.get(page_of(other)).status_code == 404
    assert guest.post(continue_of(other)).status_code == 404


def test_link_of_another_invitation_is_not_handed_out(
    guest: Client, invitation: Invitation, make_invitation: Callable[..., Invitation]
) -> None:
    other = make_invitation(status="ready")
    crossed = reverse("guest_continue", args=[invitation.public_id, other.links.get().pk])

    answer = guest.post(crossed)

    assert answer.status_code == 404
    assert b"collection_guest" not in answer.content


def test_expired_invitation_has_a_page_of_its_own(guest: Client, invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(minutes=1))

    shown, pressed = guest.get(page_of(invitation)), guest.post(continue_of(invitation))

    assert shown.status_code == pressed.status_code == 410
    assert b"Marina Lopes" in shown.content
    assert b"collection_guest" not in pressed.content
    assert facts(invitation)[2] is None


def test_link_that_is_no_longer_ready_is_not_handed_out(guest: Client, invitation: Invitation) -> None:
    invitation.links.update(status="queued")

    assert b"<button" not in guest.get(page_of(invitation)).content
    answer = guest.post(continue_of(invitation))
    assert answer.status_code == 409
    assert b"has changed in the meantime" in answer.content


def test_page_is_small_and_asks_nothing_of_others(guest: Client, invitation: Invitation) -> None:
    text = guest.get(page_of(invitation)).content.decode()

    assert len(text.encode()) < 15_000
    assert "<script" not in text
    assert text.count('rel="stylesheet"') == 1
