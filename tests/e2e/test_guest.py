"""The guest's page on a phone: every button, with and without JavaScript; light, quiet, accessible."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from invitations.models import ConnectorHelp, Invitation
from invitations.services.guest import answers, progress
from invitations.services.guest import press as keys
from tests import factories
from tests.e2e.test_invite import SCHEMES, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 360, "height": 740}
MOST_BYTES = 15_000
GONE = "the server responded with a status of 410"


@pytest.fixture
def invitation(transactional_db: None, make_invitation: Any) -> Invitation:
    return make_invitation(
        status="ready", delivery="link", language="en", message="Hello Ana", recipient_email="ana@example.com"
    )


def lead_to(invitation: Invitation, host: str) -> str:
    """Kondado's link of an invitation, at a server of the test's."""
    attempt = invitation.links.get().current_attempt
    url = f"http://{host}/collection_guest/{attempt.pk}"
    attempt.kondado_link = attempt.seal(url)
    attempt.save()
    return url


def open_page(desk: Any, invitation: Invitation, **options: Any) -> Page:
    path = reverse("guest_token", args=[factories.make_key(invitation)])
    return desk.open(path, **{"viewport": PHONE, **options})


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_every_button_on_a_phone(desk, onward, invitation, scripts):
    lead_to(invitation, onward)
    page = open_page(desk, invitation, java_script_enabled=scripts)
    home = page.url

    press(page, "Español")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    press(page, "English")
    expect(page.get_by_role("heading", level=1)).to_contain_text("ClickUp")

    press(page, "Continue at Kondado")
    page.wait_for_url("**/sign-in/")
    page.goto(home)
    press(page, "I’m done")
    expect(page.get_by_role("status")).to_contain_text("Thank you.")
    press(page, "Not done yet")
    expect(page.get_by_role("button", name="I’m done")).to_be_visible()

    page.get_by_text("I am not the right person").click()
    page.get_by_label("Colleague’s name").fill("Caio Dias")
    press(page, "Send it to my colleague")
    expect(page.get_by_text("Enter your colleague’s address.")).to_be_visible()
    page.get_by_label("Colleague’s address").fill("caio@example.com")
    press(page, "Send it to my colleague")
    expect(page.get_by_role("status")).to_contain_text("c•••@example.com")

    page.get_by_text("I am not the right person").click()
    page.get_by_label("Or say who it should be").fill("Somebody in finance")
    press(page, "Tell Marina Lopes")
    expect(page.get_by_role("heading", level=1)).to_have_text("You declined")
    press(page, "Go on after all")

    page.get_by_text("I cannot or do not want to do this").click()
    page.get_by_label("I do not want to").check()
    press(page, "Decline")
    expect(page.get_by_role("heading", level=1)).to_have_text("You declined")
    assert page.url == home


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_expired_page_asks_for_a_new_one_in_one_press(desk, invitation, scripts):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    page = open_page(desk, invitation, java_script_enabled=scripts)

    press(page, "Ask for a new one")

    expect(page.get_by_role("status")).to_contain_text("You asked for a new one")
    desk.complaints[:] = [line for line in desk.complaints if GONE not in line]


def test_going_on_reaches_an_end_that_redirects_and_tells_it_nothing(desk, onward, invitation):
    lead_to(invitation, onward)
    seen: list[dict[str, str]] = []
    page = open_page(desk, invitation)
    page.on("request", lambda request: seen.append(request.headers) if onward in request.url else None)

    press(page, "Continue at Kondado")
    page.wait_for_url("**/sign-in/")

    assert seen
    assert all("referer" not in headers for headers in seen)


def test_s24_the_page_is_two_requests_of_its_own_origin_and_light(desk, invitation):
    account, sender = invitation.account, invitation.created_by
    account.brand_logo = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 16
    account.brand_logo = account.brand_logo[:4_096]
    sender.photo = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9
    account.save()
    sender.save()
    ConnectorHelp.objects.create(
        connector=invitation.links.get().connector,
        language="en",
        needs="An account with the right to change its settings\nThe key of the workspace",
        minutes=5,
        changed_at=timezone.now(),
    )
    page = open_page(desk, invitation)
    loaded = []
    page.on("requestfinished", lambda request: loaded.append(request))
    page.reload(wait_until="networkidle")

    fetched = [request for request in loaded if not request.url.startswith("data:")]
    assert sorted(request.resource_type for request in fetched) == ["document", "stylesheet"]
    assert desk.foreign == []
    sizes = [request.sizes() for request in fetched]
    assert sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) <= MOST_BYTES


def states(make_invitation: Any) -> dict[str, Invitation]:
    """One invitation in each state that a guest may meet."""

    def make(number: int, **fields: Any) -> tuple[Invitation, Any]:
        made = make_invitation(
            status="ready",
            delivery="link",
            language="en",
            recipient_email=f"ana{number}@example.com",
            **fields,
        )
        return made, keys.find(public_id=made.public_id, token=factories.make_key(made))

    names = ("open", "went", "done", "declined", "expired", "asked", "several", "nothing")
    found = {name: make(number) for number, name in enumerate(names)}
    for name in ("went", "done"):
        invitation, key = found[name]
        progress.go_on(by=key, link_id=invitation.links.get().pk)
    invitation, key = found["done"]
    progress.done(by=key, link_id=invitation.links.get().pk)
    answers.forward(by=found["went"][1], to_email="caio@example.com")
    answers.decline(by=found["declined"][1], kind="cannot", reason="no access")
    second = factories.add_link(found["several"][0], factories.make_connector("BigQuery", "dest"))
    progress.go_on(by=found["several"][1], link_id=second.pk)
    progress.done(by=found["several"][1], link_id=second.pk)
    ConnectorHelp.objects.create(
        connector=invitation.links.get().connector, language="en", needs="A key", changed_at=timezone.now()
    )
    factories.force_status(found["nothing"][0].links.get(), "cancelled")
    past = timezone.now() - timedelta(minutes=1)
    over = [found[name][0].pk for name in ("expired", "asked")]
    Invitation.objects.filter(pk__in=over).update(expires_at=past)
    answers.ask_again(by=found["asked"][1])
    return {name: invitation for name, (invitation, _key) in found.items()}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [360, 1280])
def test_no_state_breaks_a_rule_of_accessibility(
    transactional_db, desk, make_invitation, settings, width, scheme
):
    settings.KONDADO_LINK_HOSTS = ("127.0.0.1:9",)
    look = {"viewport": {"width": width, "height": 740}, "color_scheme": scheme}
    found = {}
    for name, invitation in states(make_invitation).items():
        page = open_page(desk, invitation, **look)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found[name] = violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[name].append("wider than the screen")
    page.goto(reverse("guest_decline", args=[invitation.public_id]))
    found["address of a button"] = violations(page)
    for path in ("/g/nothing/", "/guest/nothing/"):
        found[path] = violations(desk.open(path, **look))
    desk.complaints[:] = [line for line in desk.complaints if not re.search("status of 4(03|04|05|10)", line)]

    assert {name: lines for name, lines in found.items() if lines} == {}
