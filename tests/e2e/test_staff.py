"""Pages of the staff in a real browser, at the widths of a desk and of a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from invitations.models import Attempt, Hold, Invitation, Stage, User
from invitations.services.holds import holds
from tests.e2e.test_invite import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400), pytest.mark.django_db(transaction=True)]

# Whatever stands in a table ends before the table does.
CUT_OFF = """[...document.querySelectorAll('.table-wrap, .card')].flatMap((box) => {
  const edge = box.getBoundingClientRect().right + 1;
  return [...box.querySelectorAll('*')].filter((one) => !one.closest('thead') || getComputedStyle(one.closest('thead')).position !== 'absolute')
    .filter((one) => !one.closest('.visually-hidden') && one.getBoundingClientRect().right > edge)
    .map((one) => one.className + ' ' + one.textContent.trim().slice(0, 40));
})"""


def open_as(desk: Any, client: Any, path: str = "/", **look: Any) -> Page:
    """A page of somebody whose browser has signed in."""
    page = desk.open("/login/", **look)
    value = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": value, "url": desk.address}])
    page.goto(path)
    return page


@pytest.mark.parametrize("language", ["en", "pt-br", "es"])
def test_no_column_of_the_list_is_cut_off(
    transactional_db, desk, client_for, manager, make_invitation, language
):
    User.objects.update(language=language, full_name="Maria Aparecida de Albuquerque")
    for number, stage in enumerate(Stage):
        hours = timedelta(hours=50 * number)
        made = make_invitation(recipient_email=f"guest{number}@a-long-name-of-a-company.example.com")
        Invitation.objects.filter(pk=made.pk).update(stage=stage, created_at=timezone.now() - hours)
    page = open_as(desk, client_for(manager), "/invitations/")
    for width in (1280, 1000, 700, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def look_at(page: Page) -> list[str]:
    """What is wrong with the page as it stands: by day on a wide screen, by night on a phone."""
    found = []
    for scheme, width in (("light", 1280), ("dark", 360)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # a colour halfway is none
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width} {line}" for line in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"wider than {width}")
    return found


def of_an_administrator(unknown: Invitation, rejected: Invitation) -> list[str]:
    """The addresses of pages that ask, decide or only show."""
    doubtful, refused = unknown.links.get(), rejected.links.get()
    return [
        *(reverse(name) for name in ("history", "system", "hold_stop", "pause_end", "restored", "refusals")),
        *(reverse("hold_release", args=[hold.pk]) for hold in Hold.objects.standing()),
        *(reverse(name) for name in ("settle_several", "preferences", "mfa_index", "account_logout")),
        reverse("refusal", args=[refused.current_attempt_id]),
        reverse("connector_help", args=[refused.connector_id]),
        reverse("link_settle", args=[unknown.public_id, doubtful.pk]),
        reverse("link_send_again", args=[rejected.public_id, refused.pk]),
        *(
            reverse(f"invitation_{name}", args=[rejected.public_id])
            for name in ("erase", "revoke", "address")
        ),
        "/nothing/",
    ]


def test_no_page_of_an_administrator_breaks_a_rule(
    transactional_db, desk, client_for, admin, make_invitation
):
    unknown, rejected, _queued = (make_invitation(status=name) for name in ("unknown", "rejected", "queued"))
    Attempt.objects.filter(outcome="unknown").update(finished_at=timezone.now() - timedelta(minutes=20))
    holds.stop(by=admin, reason="person", detail="Kondado asked us to wait")
    holds.stop(by=admin, reason="restored", credential="default")
    page = open_as(desk, client_for(admin))
    found = {}
    for path in of_an_administrator(unknown, rejected):
        page.goto(path)
        found[path] = look_at(page)
    desk.complaints[:] = [line for line in desk.complaints if "status of 404" not in line]

    assert {path: lines for path, lines in found.items() if lines} == {}
