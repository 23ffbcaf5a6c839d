"""Pages of the staff in a real browser, at the widths of a desk and of a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from invitations.models import Invitation, Stage, User

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
