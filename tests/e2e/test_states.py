"""An invitation in every state, the form, and what stands around signing in: nothing that axe finds, nothing cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from invitations.models import Invitation, Stage, User
from invitations.services.guest import answers, press, progress
from invitations.services.holds import holds
from invitations.services.invitations import change, erase, links
from tests import factories
from tests.e2e.test_staff import CUT_OFF, look_at, open_as

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400), pytest.mark.django_db(transaction=True)]


def wrong(page: Page) -> list[str]:
    """What axe finds on the page with all of it unfolded, and what is cut off on it."""
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
    found = look_at(page)
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width} cut off: {words}" for words in page.evaluate(CUT_OFF)]
    return found


def none_wrong(desk: Any, shown: Iterable[tuple[str, Page]]) -> None:
    """Each page, by its name, is as it should be."""
    found = {name: wrong(page) for name, page in shown}
    # A page that refuses says so in its status too.
    desk.complaints[:] = [line for line in desk.complaints if "responded with a status of" not in line]
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.fixture
def invited(settings: Any, make_invitation: Any, manager: User, admin: User) -> dict[str, Invitation]:
    """An invitation in each state that its page can show."""
    settings.KONDADO_LINK_HOSTS = ("127.0.0.1:9",)  # where the links of the factories lead
    wide = factories.make_connector("Google Analytics 4 (GA4)", "dest")

    def make(name: str, status: str = "ready", **fields: Any) -> Invitation:
        return make_invitation(
            status=status, recipient_email=f"{name}@a-long-name-of-a-company.example.com", **fields
        )

    by_link = {"delivery": "link", "message": "Hello Ana,\nplease help us.", "language": "en"}
    found = {name: make(name, name) for name in ("queued", "rejected", "unknown")}
    ripe = found["unknown"].links.get().current_attempt
    ripe.finished_at -= timedelta(minutes=20)
    ripe.save()
    found["too fresh to settle"] = make("fresh", "unknown", more=[wide])
    for name in ("several", "revoked", "declined", "expired", "connected", "done", "erased", "cancelled"):
        found[name] = make(name, more=[wide] if name == "several" else [], **by_link)
    change.revoke(by=manager, invitation=found["revoked"])
    links.confirm(by=manager, link=found["connected"].links.get())
    guest = {
        name: press.find(public_id=found[name].public_id, token=factories.make_key(found[name]))
        for name in ("declined", "done")
    }
    answers.decline(by=guest["declined"], kind="wrong_person", reason="Ask Caio in finance")
    progress.go_on(by=guest["done"], link_id=found["done"].links.get().pk)
    progress.done(by=guest["done"], link_id=found["done"].links.get().pk)
    past = timezone.now() - timedelta(days=3)
    Invitation.objects.filter(pk=found["expired"].pk).update(expires_at=past, stage=Stage.EXPIRED)
    found["expired"].links.update(holds_open_slot=False)
    erase.erase_guest(by=admin, invitation=found["erased"])
    factories.force_status(found["cancelled"].links.get(), "cancelled")
    Invitation.objects.filter(pk=found["cancelled"].pk).update(stage=Stage.CANCELLED)
    return found


def of_an_invitation(invited: dict[str, Invitation]) -> Iterator[tuple[str, str]]:
    """Names and addresses of what a manager sees of one."""
    for name, invitation in invited.items():
        yield name, reverse("invitation", args=[invitation.public_id])
    for name in ("extend", "forward"):
        yield name, reverse(f"invitation_{name}", args=[invited["several"].public_id])
    for name, of in (("link_settle", "too fresh to settle"), ("link_new", "done")):
        yield name, reverse(name, args=[invited[of].public_id, invited[of].links.first().pk])
    yield from (("list", "/invitations/"), ("nothing found", "/invitations/?q=nobody"))
    yield "connectors", "/connectors/"
    yield from (("403", "/system/"), ("404", "/nothing/"))
    yield "405", reverse("link_cancel", args=[invited["queued"].public_id, 1])


def of_a_stranger() -> Iterator[tuple[str, str]]:
    """Before anybody signed in."""
    for name in ("account_login", "account_reset_password", "account_reset_password_done", "account_signup"):
        yield name, reverse(name)
    yield "account_inactive", reverse("account_inactive")
    yield "bad reset", reverse("account_reset_password_from_key", args=["1", "bad-key"])


def the_form(page: Page) -> Iterator[str]:
    """The form of a new invitation: the name of each of its states, with the page in it."""
    page.goto(reverse("invitation_new"))
    yield "new: empty"
    page.get_by_role("button", name="Send invitation").last.click()
    yield "new: errors"
    page.goto(reverse("invitation_new"))
    page.locator("#id_connector").fill("Clic")
    page.locator("#id_connector__option--0").click()
    page.get_by_role("button", name="Ask for one more connector").click()
    yield "new: several"
    page.get_by_label("Guest’s address").fill("ana@example.com")
    page.get_by_role("button", name="Show the preview").click()
    yield "new: preview"


def second_factor(page: Page, user: User) -> Iterator[str]:
    """The pages of somebody with a second factor, who has to give it again."""
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    page.context.clear_cookies()
    page.goto(reverse("mfa_view_recovery_codes"))
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/2fa/authenticate/**")
    yield "second factor: asked for"
    page.get_by_label("Code").fill(
        RecoveryCodes(user.authenticator_set.get(type="recovery_codes")).get_unused_codes()[0]
    )
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/2fa/authenticate/" not in url)
    for name in (
        "account_reauthenticate",
        "mfa_index",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_deactivate_totp",
    ):
        page.goto(reverse(name))
        yield f"second factor: {name}"


def test_an_invitation_in_every_state(transactional_db, desk, client_for, manager, admin, invited):
    page = open_as(desk, client_for(manager))

    def shown() -> Iterator[tuple[str, Page]]:
        for name, path in of_an_invitation(invited):
            page.goto(path)
            yield name, page
        holds.stop(by=admin, reason="person", detail="Kondado asked us to wait")
        page.goto(reverse("invitation", args=[invited["queued"].public_id]))
        yield "held", page

    none_wrong(desk, shown())


def test_the_form_in_every_state(transactional_db, desk, client_for, manager, connector):
    page = open_as(desk, client_for(manager))
    none_wrong(desk, ((name, page) for name in the_form(page)))


def test_what_stands_around_signing_in(transactional_db, desk, manager):
    page = desk.open("/login/")

    def shown() -> Iterator[tuple[str, Page]]:
        for name, path in of_a_stranger():
            page.goto(path)
            yield name, page
        broken = render_to_string("500.html")
        page.route(
            "**/broken/", lambda route: route.fulfill(body=broken, content_type="text/html", status=500)
        )
        page.goto("/broken/")
        yield "500", page
        yield from ((name, page) for name in second_factor(page, manager))

    none_wrong(desk, shown())
