"""The system page in plain numbers, stopping and releasing, and what a restore left open."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from invitations.models import AccessLink, Attempt, AuditEvent, Hold, Message, VendorCall
from invitations.models.hold import HoldReason
from invitations.services.decisions import restoring
from invitations.services.holds import holds
from invitations.services.sending import beats

pytestmark = pytest.mark.django_db


def lines(page) -> dict[str, tuple[str, str]]:
    return {line.title: (line.level, line.text) for line in page.context["lines"]}


@pytest.fixture
def browser(client_for, admin):
    return client_for(admin)


def test_a_portal_that_does_nothing_yet_says_so(browser, account):
    found = lines(browser.get("/system/"))

    assert found["Workers"][0] == "bad"
    assert found["Queue"] == ("good", "Empty.")
    assert found["Stops"][0] == "good"
    assert found["Unknown outcomes"][0] == "good"
    assert found["Catalogue of default"][0] == "bad"
    assert found["Version"][1]


def test_numbers_of_a_portal_at_work(browser, make_invitation, settings, sandbox):
    now = timezone.now()
    beats.beat(name="one", now=now - timedelta(hours=2))
    beats.beat(name="one", now=now)
    make_invitation(status="unknown")
    make_invitation(status="ready")
    make_invitation()
    settings.KONDADO_CALLS_PER_MINUTE = 20
    for pause in (None, now + timedelta(seconds=50)):
        VendorCall.objects.create(
            credential="default",
            kind="catalogue",
            outcome="listed",
            started_at=now,
            deadline_at=now,
            arrived_at=now,
            pause_until=pause,
        )
    Message.objects.create(kind="sign_in", to_email="x@example.com", created_at=now, status="failed")

    found = lines(browser.get("/system/"))

    assert found["Workers"][0] == "good"
    assert found["Queue"][1].startswith("1 due, 0 later")
    assert "2 of 20" in found["Calls to Kondado"][1]
    assert "Refused for speed today: 1." in found["Calls to Kondado"][1]
    assert found["Unknown outcomes"] == ("late", found["Unknown outcomes"][1])
    assert "1 failed" in found["Mail"][1]
    assert found["Catalogue of default"][0] == "good"


def test_each_line_has_a_word_beside_its_colour(browser, auditor, client_for):
    page = browser.get("/system/").content.decode()
    assert page.count("status--bad") == page.count("</svg>Bad") > 0
    seen = client_for(auditor).get("/system/").content.decode()
    assert reverse("hold_stop") not in seen


@pytest.mark.parametrize("rows", [1, 20])
def test_the_number_of_queries_is_fixed(browser, make_invitation, rows, django_assert_num_queries):
    for number in range(rows):
        link = make_invitation().links.get()
        holds.stop(reason=HoldReason.TRIES, link=link)
        beats.beat(name=f"worker-{number}")
    browser.get("/system/")
    with django_assert_num_queries(32 if connection.vendor == "postgresql" else 29):
        browser.get("/system/")


def test_what_to_stop_is_chosen_and_not_optional(browser):
    page = browser.get(reverse("hold_stop")).content.decode()
    assert "optional" not in page
    assert "Everything" in page


def test_what_waits_behind_each_stop_is_counted(browser, make_invitation, account, other_account, admin):
    link = make_invitation().links.get()
    make_invitation()
    make_invitation(by=admin, account=other_account)
    holds.stop(reason=HoldReason.PERSON, account=account, detail="billing", by=admin)
    holds.stop(reason=HoldReason.REJECTIONS, credential="default")
    holds.stop(reason=HoldReason.STORM)
    holds.stop(reason=HoldReason.TRIES, link=link)

    page = browser.get("/system/")

    assert [row["waiting"] for row in page.context["holds"]] == [2, 3, 3, 1]
    assert f"{admin} wrote: “billing”" in page.content.decode()
    assert "storm" in lines(page)["Stops"][1]


def test_an_administrator_stops_an_account_and_releases_it(browser, admin, account, make_invitation):
    make_invitation()
    assert "field__error" in browser.post(reverse("hold_stop"), {"account": account.pk}).content.decode()

    browser.post(reverse("hold_stop"), {"account": account.pk, "detail": "billing is being changed"})

    hold = Hold.objects.standing().get()
    assert (hold.account, hold.set_by, hold.detail) == (account, admin, "billing is being changed")
    address = reverse("hold_release", args=[hold.pk])
    page = browser.get(address).content.decode()
    assert "1 invitation waits behind it" in page
    assert "billing is being changed" in page
    assert Hold.objects.standing().exists(), "looking releases nothing"
    assert "Released" in browser.post(address, follow=True).content.decode()
    assert not Hold.objects.standing().exists()
    assert "does not stand any more" in browser.get(address).content.decode()


def test_an_administrator_stops_everything(browser):
    browser.post(reverse("hold_stop"), {"account": "", "detail": "we are moving"})
    assert Hold.objects.standing().get().scope == "everything"


def test_after_a_restore_an_administrator_compares_and_releases(browser, make_invitation):
    for name in ("ClickUp Ana", "ClickUp Bia", "ClickUp Caio"):
        make_invitation(assigned_collection_name=name)
    holds.stop(reason=HoldReason.RESTORED)
    first, second, third = AccessLink.objects.order_by("id")
    address = reverse("restored")
    assert address in browser.get("/system/").content.decode()
    assert "ClickUp Bia" in browser.get(address).content.decode()

    assert "at least one" in browser.post(address, {"answer": "sent"}).content.decode()
    kept = browser.post(address, {"links": [second.pk]}).content.decode()
    assert re.findall(r'value="(\d+)" checked', kept) == [str(second.pk)]
    browser.post(address, {"answer": "sent", "links": [first.pk]})
    browser.post(address, {"answer": "cancel", "links": [second.pk]})
    browser.post(address, {"release": "1"})
    assert Hold.objects.standing().exists(), "not without the word that it was compared"
    browser.post(address, {"release": "1", "compared": "on"})

    assert list(AccessLink.objects.order_by("id").values_list("status", flat=True)) == [
        "unknown",
        "cancelled",
        "queued",
    ]
    assert not Hold.objects.standing().exists()
    assert "No stop of a restore stands" in browser.get(address).content.decode()
    assert third.status == "queued"


def test_the_hold_of_a_restore_is_released_on_its_own_page_alone(browser):
    hold = holds.stop(reason=HoldReason.RESTORED)
    address = reverse("hold_release", args=[hold.pk])
    assert browser.get(address).url == browser.post(address).url == reverse("restored")
    assert Hold.objects.standing().exists()


def test_the_list_after_a_restore_has_a_fixed_number_of_queries(
    browser, make_invitation, django_assert_num_queries
):
    counted = []
    for _ in range(2):
        for _ in range(5):
            make_invitation()
        Hold.objects.all().delete()
        holds.stop(reason=HoldReason.RESTORED)
        browser.get(reverse("restored"))
        with django_assert_num_queries(6):
            browser.get(reverse("restored"))
        counted.append(len(restoring.waiting(Hold.objects.standing().get())))
    assert counted == [5, 10]


def test_an_administrator_decides_what_a_refusal_means(browser, client_for, auditor, make_invitation):
    invitation = make_invitation(status="rejected")
    attempt = invitation.links.get().current_attempt
    Attempt.objects.filter(pk=attempt.pk).update(error_text="Plan <expired>")
    address = reverse("refusal", args=[attempt.pk])
    assert address in browser.get(reverse("invitation", args=[invitation.public_id])).content.decode()
    assert "Plan &lt;expired&gt;" in browser.get(address).content.decode()

    answer = browser.post(address, {"verdict": "account", "csrfmiddlewaretoken": "x"}, follow=True)

    assert "Stops the account" in answer.content.decode()
    assert AuditEvent.objects.filter(kind="refusal.marked").count() == 1
    seen = client_for(auditor).get(reverse("refusals")).content.decode()
    assert "Stops the account" in seen
    assert address not in seen


def test_nobody_decides_about_what_was_not_refused(browser, make_invitation):
    ready = make_invitation(status="ready").links.get().current_attempt_id
    assert browser.get(reverse("refusal", args=[ready])).status_code == 404
    assert browser.get(reverse("hold_release", args=[999])).status_code == 404
