"""A manager invites, a guest goes on: in a real browser, with and without JavaScript."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from invitations.models import Invitation
from invitations.services.invitations import copy_link
from tests import factories
from tests.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = [(360, 740), (1280, 800)]
SCHEMES = ["light", "dark"]


def fill_in(page: Page, connector: Any, *, scripts: bool) -> None:
    """The form, as a person fills it in."""
    if scripts:
        page.get_by_role("combobox", name="Connector").fill(connector.name[:4])
        page.get_by_role("option", name=connector.name).first.click()
    else:
        page.get_by_label("Connector").select_option(str(connector.pk))
    page.get_by_label("Guest’s address").fill("ana@example.com")
    page.get_by_label("Guest’s name").fill("Ana Souza")
    page.get_by_role("button", name="Send invitation").click()
    page.wait_for_url(re.compile(r"/invitations/[0-9a-z]{16}/$"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_manager_invites_and_sees_it_become_ready(
    transactional_db, desk, sandbox, start_worker, manager, connector, scripts
):
    page = desk.sign_in(manager.email, java_script_enabled=scripts)
    page.goto("/invitations/new/")
    fill_in(page, connector, scripts=scripts)
    status = page.locator("#status")
    expect(status).to_contain_text("Queued")

    more = page.get_by_text("More you can do")
    more.focus()
    page.keyboard.press("Enter")

    start_worker()

    if not scripts:
        wait_until(lambda: sandbox.ledger)
        wait_until(lambda: page.reload() and "Ready" in status.inner_text())
    expect(status).to_contain_text("Ready")
    expect(status).to_contain_text("Kondado made the link.")
    expect(status).not_to_contain_text("days after the link is ready")
    if scripts:
        expect(more).to_be_focused()
        expect(page.get_by_role("link", name="Revoke")).to_be_visible()
        expect(page.locator("[hx-trigger]")).to_have_count(0)
    assert len(sandbox.ledger) == 1
    assert desk.foreign == []


def test_a_guest_goes_on_to_kondado(transactional_db, desk, sandbox, start_worker, manager, make_invitation):
    invitation = make_invitation(delivery="link", message="Hello Ana", language="en")
    start_worker()
    wait_until(lambda: sandbox.ledger)
    wait_until(lambda: invitation.links.get().status == "ready")
    key = copy_link.copy(by=manager, invitation=invitation).rstrip("/").rpartition("/")[2]

    page = desk.open(reverse("guest_token", args=[key]))
    assert key not in page.url
    assert key not in page.content()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ClickUp")
    page.get_by_role("button", name=re.compile("Continue")).click()
    page.wait_for_url(sandbox.ledger[0].link)

    assert desk.foreign
    assert all(address.startswith(sandbox.url) for address in desk.foreign)


def test_a_form_sent_twice_makes_one_invitation(transactional_db, desk, sandbox, manager, connector):
    page = desk.sign_in(manager.email)
    page.goto("/invitations/new/")
    fill_in(page, connector, scripts=True)
    first = page.url
    page.go_back()
    page.get_by_role("button", name="Send invitation").click()
    page.wait_for_load_state()

    page.goto("/invitations/")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert first.rstrip("/").rpartition("/")[2] in page.content()


def test_a_connector_that_is_typed_and_left_is_chosen_or_stays(transactional_db, desk, manager):
    for name in ("HubSpot CRM", "Shopify", "Shopware"):
        factories.make_connector(name, "src")
    page = desk.sign_in(manager.email)
    page.goto("/invitations/new/")
    page.get_by_label("Guest’s address").fill("Ana Souza <ana@example.com>")
    picker = page.get_by_role("combobox", name="Connector")
    picker.fill("shop")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text("“shop” fits several.")).to_be_visible()
    expect(picker).to_have_value("shop")

    picker.fill("hubs")
    page.keyboard.press("Tab")
    expect(picker).to_have_value("HubSpot CRM")
    page.get_by_role("button", name="Send invitation").click()
    page.wait_for_url(re.compile(r"/invitations/[0-9a-z]{16}/$"))
    made = Invitation.objects.get()
    assert (made.recipient_email, made.recipient_name) == ("ana@example.com", "Ana Souza")
    assert made.links.get().connector_name == "HubSpot CRM"


def test_another_direction_takes_no_choice_away_in_silence(
    transactional_db, desk, manager, connector, dest_connector
):
    page = desk.sign_in(manager.email)
    page.goto("/invitations/new/")
    picker = page.get_by_role("combobox", name="Connector").first
    picker.fill("Click")
    page.get_by_role("option", name="ClickUp").click()

    page.get_by_text("Destination", exact=True).click()
    expect(page.get_by_text("“ClickUp” is on the other list")).to_be_visible()
    expect(picker).to_have_value("")

    picker.fill("Big")
    page.get_by_role("option", name="BigQuery").click()
    expect(page.get_by_text("on the other list")).to_have_count(0)
    page.get_by_role("button", name="Ask for one more connector").click()
    expect(page.locator("#id_connector_2")).to_be_focused()
    page.get_by_text("Source", exact=True).click()
    expect(picker).to_have_value("BigQuery")
    page.get_by_role("button", name="Remove connector 2").click()
    expect(page.locator("#id_connector_2")).to_have_count(0)
    expect(picker).to_have_value("BigQuery")


def violations(page: Page) -> list[str]:
    """What axe finds, one line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{item['id']}: {node['target']} {node['failureSummary']}" for item in found for node in item["nodes"]
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_page_breaks_a_rule_of_accessibility(
    transactional_db, desk, sandbox, manager, make_invitation, width, height, scheme
):
    """axe on every page of the way, and nothing is wider than the screen."""
    namesake = factories.make_connector("ClickUp", "dest")
    ready = make_invitation(status="ready", delivery="link", message="Hello Ana", more=[namesake])
    unknown, rejected, queued = (
        make_invitation(status=status) for status in ("unknown", "rejected", "queued")
    )
    look = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    page = desk.open("/login/", **look)
    found = {"sign-in": violations(page)}
    page = desk.sign_in(manager.email, **look)
    paths = ["/", "/invitations/", "/invitations/new/", "/connectors/"]
    paths += [reverse("invitation", args=[item.public_id]) for item in (ready, unknown, rejected, queued)]
    for path in paths:
        page.goto(path)
        found[path] = violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[path].append("wider than the screen")
    key = copy_link.copy(by=manager, invitation=ready).rstrip("/").rpartition("/")[2]
    page = desk.open(reverse("guest_token", args=[key]), **look)
    found["guest"] = violations(page)

    assert {path: lines for path, lines in found.items() if lines} == {}
