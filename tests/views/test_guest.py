"""A guest's way: the key becomes a cookie, looking changes nothing, Continue leads to Kondado."""

import gzip
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invitations.models import AuditEvent, ConnectorHelp, GuestToken, Invitation, User
from invitations.services.invitations import copy_link
from portal.static import BUNDLES
from tests import factories

STATIC = Path(__file__).parents[2] / "static"
LINK_START = "http://127.0.0.1:9/collection_guest/secret-"


@pytest.fixture(autouse=True)
def _link_host(settings: Any) -> None:
    settings.KONDADO_LINK_HOSTS = ("127.0.0.1:9",)


@pytest.fixture
def invitation(make_invitation: Callable[..., Invitation]) -> Invitation:
    return make_invitation(status="ready", delivery="link", language="en")


@pytest.fixture
def address(invitation: Invitation, manager: User) -> str:
    return "/g/" + copy_link.copy(by=manager, invitation=invitation).split("/g/")[1]


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


def test_s30_key_becomes_a_cookie_and_leaves_the_address(
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


def test_s13_cookie_is_bound_to_the_host_under_https(
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
    assert GuestToken.objects.get().fetched_at is not None
    assert GuestToken.objects.get().used_at is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"User-Agent": "Mozilla/5.0 (compatible; Microsoft Safe Links)"},
        {"User-Agent": "Slackbot-LinkExpanding 1.0"},
    ],
)
def test_s29_software_that_looks_changes_nothing(
    client: Client, invitation: Invitation, address: str, headers: dict[str, str]
) -> None:
    before, events = facts(invitation), AuditEvent.objects.count()

    for _ in range(20):
        client.get(address, headers=headers)
        client.get(page_of(invitation), headers=headers)

    assert facts(invitation) == before
    assert AuditEvent.objects.count() == events
    assert client.post(continue_of(invitation)).status_code == 200, "no number of looks uses it up"


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


def test_s33_wrong_and_revoked_keys_get_the_same_page(
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


def test_s33_expired_invitation_has_a_page_of_its_own(guest: Client, invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(minutes=1))

    shown, pressed = guest.get(page_of(invitation)), guest.post(continue_of(invitation))

    assert shown.status_code == pressed.status_code == 410
    assert b"Marina Lopes" in shown.content
    assert b"collection_guest" not in pressed.content
    assert facts(invitation)[2] is None


def test_link_that_is_no_longer_ready_is_not_handed_out(guest: Client, invitation: Invitation) -> None:
    invitation.links.move("ready", "queued")

    assert continue_of(invitation).encode() not in guest.get(page_of(invitation)).content
    answer = guest.post(continue_of(invitation))
    assert answer.status_code == 409
    assert b"has changed in the meantime" in answer.content


def test_a_page_for_one_connector_does_not_feel_like_a_set(guest: Client, invitation: Invitation) -> None:
    text = guest.get(page_of(invitation)).content.decode()

    assert "Connect ClickUp as a data source" in text
    assert "<progress" not in text
    assert " of 1 done" not in text


def test_several_connectors_show_how_far_it_is(guest: Client, invitation: Invitation) -> None:
    second = factories.add_link(invitation, factories.make_connector("BigQuery", "dest"))
    guest.post(reverse("guest_continue", args=[invitation.public_id, second.pk]))
    guest.post(reverse("guest_done", args=[invitation.public_id, second.pk]))

    text = guest.get(page_of(invitation)).content.decode()

    assert "Connect 2 services" in text
    assert "1 of 2 done" in text
    assert text.count("Continue at Kondado") == 1
    assert text.count("Not done yet") == 1


@pytest.mark.parametrize("taken_over", [False, True])
def test_where_nothing_is_asked_any_more_the_page_says_so(
    guest: Client, invitation: Invitation, make_invitation: Callable[..., Invitation], taken_over: bool
) -> None:
    if taken_over:
        Invitation.objects.update(declined_at=timezone.now())
        invitation.links.update(holds_open_slot=False)
        make_invitation(recipient_email=invitation.recipient_email, delivery="link")
        Invitation.objects.filter(pk=invitation.pk).update(declined_at=None)
    else:
        factories.force_status(invitation.links.get(), "cancelled")

    text = guest.get(page_of(invitation)).content.decode()

    assert text.count("<h1") == 1
    assert ("newer invitation" in text) == taken_over
    assert ("took it back" in text) != taken_over
    assert set(re.findall('action="[^"]*/([a-z-]+)/"', text)) == {"language"}


def test_whom_it_is_for_is_shown_masked(guest: Client, invitation: Invitation) -> None:
    text = guest.get(page_of(invitation)).content.decode()
    local, _, domain = invitation.recipient_email.partition("@")

    assert f"{local[0]}•••@{domain}" in text
    assert invitation.recipient_email not in text


def test_what_to_have_at_hand_is_shown_only_where_somebody_wrote_it(
    guest: Client, invitation: Invitation
) -> None:
    link = invitation.links.get()
    bare = guest.get(page_of(invitation)).content.decode()
    link.connector.tutorial_url = "https://kondado.io/wiki/en/a/clickup"
    link.connector.save()
    ConnectorHelp.objects.create(
        connector=link.connector, language="en", needs="A key\nA role", changed_at=timezone.now()
    )
    helped = guest.get(page_of(invitation)).content.decode()

    assert "Have at hand" not in bare
    assert "Skip its steps" not in bare
    assert "<li>A key</li><li>A role</li>" in helped
    assert "minute" not in helped
    assert 'href="https://kondado.io/wiki/en/a/clickup" rel="noopener noreferrer"' in helped
    assert "Skip its steps" in helped


def test_a_guide_that_is_not_https_is_not_linked(guest: Client, invitation: Invitation) -> None:
    connector = invitation.links.get().connector
    connector.tutorial_url = "http://kondado.io/wiki"
    connector.save()

    assert b"http://kondado.io" not in guest.get(page_of(invitation)).content


def test_pictures_come_with_the_page_when_they_are_small(guest: Client, invitation: Invitation) -> None:
    png = b"\x89PNG\r\n\x1a\n"
    account, sender = invitation.account, invitation.created_by
    account.brand_logo, sender.photo = png + bytes(4_000), png + bytes(900)
    account.save()
    sender.save()
    both = guest.get(page_of(invitation)).content.decode()
    account.brand_logo = b"<svg>" + bytes(10)
    account.save()
    sender.photo = png + bytes(7_000)
    sender.save()
    neither = guest.get(page_of(invitation)).content.decode()

    assert both.count('src="data:image/png;base64,') == 2
    assert "<img" not in neither


@pytest.mark.parametrize(("links", "most"), [(1, 3), (4, 3)])
def test_the_page_takes_a_fixed_number_of_queries(
    guest: Client, invitation: Invitation, django_assert_num_queries: Any, links: int, most: int
) -> None:
    for number in range(1, links):
        factories.add_link(invitation, factories.make_connector(f"Connector {number}"))
    guest.get(page_of(invitation))

    with django_assert_num_queries(most):
        guest.get(page_of(invitation))


@pytest.mark.parametrize("language", ["pt-br", "es"])
def test_the_page_speaks_the_guests_language(guest: Client, invitation: Invitation, language: str) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(language=language)

    answer = guest.get(page_of(invitation), headers={"Accept-Language": "en"})

    assert f'<html lang="{language}">' in answer.content.decode()
    assert answer["Content-Language"] == language


def test_pages_without_an_invitation_speak_the_browsers_language(client: Client, db: None) -> None:
    answer = client.get("/g/" + "x" * 43 + "/", headers={"Accept-Language": "es"})

    assert b'<html lang="es">' in answer.content


def test_s20_names_and_messages_are_shown_as_text(
    client: Client, make_invitation: Callable[..., Invitation], manager: User
) -> None:
    evil = make_invitation(
        status="ready",
        delivery="link",
        message="<script>alert(1)</script>",
        recipient_name="<b onclick=x>",
    )
    client.get("/g/" + copy_link.copy(by=manager, invitation=evil).split("/g/")[1])

    text = client.get(page_of(evil)).content.decode()

    assert "<script" not in text
    assert "<b onclick" not in text


def test_s31_the_page_answers_with_guarding_headers_whatever_happens(
    client: Client, guest: Client, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [guest.get(page_of(invitation)), guest.get("/g/nothing/"), Client().get(page_of(invitation))]
    answers += [guest.post(reverse("guest_language", args=[invitation.public_id]), {"language": "es"})]
    Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    answers.append(guest.get(page_of(invitation)))

    def fail(**_given: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("invitations.services.guest.press.find", fail)
    guest.raise_request_exception = False
    answers.append(guest.get(page_of(invitation)))

    assert [answer.status_code for answer in answers] == [200, 404, 403, 302, 410, 500]
    for answer in answers:
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Robots-Tag"] == "noindex"
        assert answer["Referrer-Policy"] in {"no-referrer", "same-origin"}


def test_page_and_sheet_are_light_together(guest: Client, invitation: Invitation) -> None:
    png = b"\x89PNG\r\n\x1a\n"
    account, sender = invitation.account, invitation.created_by
    account.brand_logo, sender.photo = png + os.urandom(4_088), png + os.urandom(2_390)
    account.save()
    sender.save()

    answer = guest.get(page_of(invitation), headers={"Accept-Encoding": "gzip"})
    text = gzip.decompress(answer.content).decode()
    sheet = "".join((STATIC / part).read_text() for part in BUNDLES["css/guest.css"])

    assert len(answer.content) + len(gzip.compress(sheet.encode())) <= 14_000, (
        "a kilobyte is left for headers"
    )
    assert text.count("data:image/png") == 2
    assert text.count('rel="stylesheet"') == 1
    assert "<script" not in text
    assert re.findall(r'(?:src|href|action)="(?!data:|/|#)([^"]*)"', text) == []


@pytest.mark.django_db
def test_many_links_in_one_browser_keep_the_latest_open(make_invitation):
    jar: dict[str, str] = {}  # as browsers send it: the oldest first

    def get(path: str) -> int:
        answer = Client().get(path, HTTP_COOKIE="; ".join(f"{name}={value}" for name, value in jar.items()))
        for name, morsel in answer.cookies.items():
            if morsel["max-age"] == 0:
                jar.pop(name, None)
            else:
                jar[name] = morsel.value
        return answer.status_code

    opened = []
    for number in range(60):
        invitation = make_invitation(status="ready", recipient_email=f"g{number}@example.com")
        assert get(f"/g/{factories.make_key(invitation)}/") == 303
        opened.append(invitation.public_id)

    assert [name for name in jar if name.startswith("guest_")] == [f"guest_{name}" for name in opened[-40:]]
    assert sum(len(name) + len(value) + 4 for name, value in jar.items()) < 4_096
    assert [get(f"/guest/{name}/") for name in (opened[-1], opened[-40], opened[0])] == [200, 200, 403]
    assert get("/login/") == 200
