"""The buttons of an invitation's page and the pages that ask before something ends."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from invitations.models import AccessLink, GuestToken, Invitation, Message
from invitations.services.guest import press
from invitations.services.invitations import change
from invitations.services.mail import outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_for, manager):
    return client_for(manager)


@pytest.fixture
def ready(make_invitation):
    def make(**fields):
        fields = {"delivery": "portal", "recipient_email": "ana@example.org"} | fields
        invitation = make_invitation(status="ready", **fields)
        Invitation.objects.update(expires_at=timezone.now() + timedelta(days=14))
        return invitation

    return make


def address(invitation, end: str = "") -> str:
    return f"/invitations/{invitation.public_id}/{end}"


def of_link(invitation, end: str) -> str:
    return address(invitation, f"links/{invitation.links.get().pk}/{end}/")


def text(answer) -> str:
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return html.unescape(" ".join(words.split()))


def offered(page) -> set[str]:
    """The addresses under the invitation that the page leads or posts to."""
    found = re.findall(r'(?:href|action)="/invitations/[a-z0-9]+/([^"]*)"', page.content.decode())
    return {re.sub(r"links/\d+/", "", each).strip("/") for each in found}


def test_what_is_offered_while_it_waits_for_the_guest(browser, ready):
    page = browser.get(address(ready()))

    assert offered(page) >= {"mail", "copy", "forward", "address", "extend", "revoke", "confirm", "new-link"}
    assert "<details" in page.content.decode()


def test_nothing_is_offered_that_would_be_refused(browser, make_invitation, manager):
    queued = make_invitation(delivery="portal")
    assert offered(browser.get(address(queued))) & {"mail", "copy", "forward", "extend", "confirm"} == set()

    change.revoke(by=manager, invitation=queued)
    assert offered(browser.get(address(queued))) & {"mail", "copy", "address", "extend", "revoke"} == set()


@pytest.mark.parametrize(
    ("stage", "fields", "first"),
    [
        ("waiting", {"delivery": "link"}, "Copy guest link"),
        ("expired", {}, "Extend"),
        ("declined", {}, "Correct the address"),
    ],
)
def test_the_one_next_thing_to_do_stands_out(browser, ready, stage, fields, first):
    invitation = ready(**fields)
    gone = timezone.now() - timedelta(days=1)
    facts = {"expired": {"expires_at": gone}, "declined": {"declined_at": gone}}.get(stage, {})
    Invitation.objects.update(stage=stage, **facts)

    page = browser.get(address(invitation)).content.decode()

    primary = re.findall(r'class="button button--primary[^"]*"[^>]*>(.*?)</(?:a|button)>', page, re.S)
    labels = [re.sub(r"<[^>]+>|\s+", " ", each).strip() for each in primary]
    assert [label for label in labels if not label.startswith("New invitation")] == [first]


def test_a_mail_is_shown_as_far_as_it_got(browser, ready):
    invitation = ready()
    answer = browser.post(address(invitation, "mail/"), follow=True)
    assert "Waits to be sent." in text(answer)
    assert 'hx-trigger="every 2s"' in answer.content.decode()
    assert "mail" not in offered(answer)

    outbox.step()

    page = browser.get(address(invitation))
    assert "The mail server took it. Whether it was read is not known." in text(page)
    assert "Link in the mails: not fetched yet." in text(page)
    assert "Mail the guest again" in text(page)


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        ("failed", "smtp_550", "refused it (550). It was not sent."),
        ("failed", "withdrawn", "ended before the mail left"),
        ("unknown", "disconnected", "It may have arrived."),
        ("bounced", "", "It came back"),
    ],
)
def test_what_became_of_a_mail_in_words(browser, ready, manager, status, error, words):
    invitation = ready()
    change.send_mail(by=manager, invitation=invitation)
    Message.objects.update(status=status, error=error)

    assert words in text(browser.get(address(invitation)))


def test_fetches_are_counted_apart_from_people(browser, ready):
    invitation = ready(delivery="link")
    url = browser.post(address(invitation, "copy/")).context["guest_link"]
    for _ in range(3):
        press.exchange(token=url.rstrip("/").rsplit("/", 1)[1])

    words = text(browser.get(address(invitation)))

    assert "Copied link: fetched 3 times, by software or people, which cannot be told apart." in words
    assert "pressed a button" not in words


def test_a_copied_link_comes_with_words_to_paste_and_leaves_only_by_a_press(browser, ready):
    invitation = ready(delivery="link", language="en", recipient_name='Ana "x" & <b>')
    answer = browser.post(address(invitation, "copy/"))
    page = answer.content.decode()
    link = answer.context["guest_link"]

    shared = urlsplit(html.unescape(re.search(r'href="(https://wa\.me/[^"]+)"', page)[1]))
    (words,) = parse_qs(shared.query)["text"]
    assert words.count(link) == 1
    assert 'Hello Ana "x" & <b>,' in words
    assert "asks you to set up ClickUp" in words
    assert page.count("https://wa.me/") == 1
    assert 'rel="noopener noreferrer"' in page
    assert "<b>," not in page
    assert link not in browser.get(address(invitation)).content.decode()


def test_a_reload_of_a_copied_link_makes_no_other_one(browser, ready):
    invitation = ready(delivery="link")
    nonces = re.findall('name="nonce" value="([^"]+)"', browser.get(address(invitation)).content.decode())
    first = browser.post(address(invitation, "copy/"), {"nonce": nonces[0]})

    again = browser.post(address(invitation, "copy/"), {"nonce": nonces[0]}, follow=True)

    assert len(nonces) == 1
    assert first.context["guest_link"]
    assert "copy" not in offered(first)
    assert "guest_link" not in again.context
    assert "A guest link is shown once." in text(again)
    assert "notice--danger" not in again.content.decode()
    assert "copy" in offered(again)
    assert GuestToken.objects.filter(purpose="copied").count() == 1
    assert browser.post(address(invitation, "copy/"), {"nonce": again.context["nonce"]}).context["guest_link"]


@pytest.mark.parametrize("nonce", ["", "short", "with\0control-character", "x" * 65])
def test_what_is_no_mark_of_the_button_makes_a_link_all_the_same(browser, ready, nonce):
    answer = browser.post(address(ready(delivery="link"), "copy/"), {"nonce": nonce})

    assert answer.context["guest_link"]


@pytest.mark.parametrize("mailed", [False, True])
def test_copying_stands_in_sight_as_soon_as_there_is_a_link(browser, ready, manager, mailed):
    invitation = ready(delivery="portal")
    if mailed:
        change.send_mail(by=manager, invitation=invitation)
        Message.objects.update(status="sent")

    shown, folded = browser.get(address(invitation)).content.decode().split('<details class="fold"')

    assert address(invitation, "copy/") in shown
    assert address(invitation, "copy/") not in folded


def test_passing_it_on_asks_for_an_address(browser, ready):
    invitation = ready()
    assert "Enter the address." in text(browser.post(address(invitation, "forward/"), {"name": "Bia"}))

    browser.post(address(invitation, "forward/"), {"email": "bia@example.org", "name": "Bia"})

    assert Message.objects.get(kind="forward").to_email == "bia@example.org"


def test_correcting_says_what_it_ends_first(browser, ready):
    invitation = ready(delivery="kondado")
    page = text(browser.get(address(invitation, "address/")))
    assert "stop working at once" in page
    assert "its own link there may still work" in page
    assert Invitation.objects.get().recipient_email == "ana@example.org"

    answer = browser.post(
        address(invitation, "address/"), {"email": "bia@example.org", "name": "Bia"}, follow=True
    )

    assert "Links in earlier mails no longer work" in text(answer)
    assert Invitation.objects.get().recipient_email == "bia@example.org"


def test_a_guest_who_is_asked_already_is_shown(browser, ready):
    other = ready(recipient_email="bia@example.org")
    invitation = ready()

    page = browser.post(address(invitation, "address/"), {"email": "bia@example.org", "name": ""})

    assert f'href="{address(other)}"' in page.content.decode()


def test_extending_offers_to_tell_a_guest_who_asked(browser, ready):
    invitation = ready()
    Invitation.objects.update(asked_again_at=timezone.now(), expires_at=timezone.now())
    page = browser.get(address(invitation, "extend/"))
    assert "Ana Souza asked for a new link" in text(page)
    assert "checked" in page.content.decode()

    browser.post(address(invitation, "extend/"), {"days": "5", "mail": "on"})

    assert Invitation.objects.get().expires_at > timezone.now() + timedelta(days=4)
    assert Message.objects.count() == 1


@pytest.mark.parametrize("days", ["0", "366", "", "x"])
def test_a_span_that_makes_no_sense_is_refused(browser, ready, days):
    invitation = ready()
    before = Invitation.objects.get().expires_at

    assert browser.post(address(invitation, "extend/"), {"days": days}).status_code == 200
    assert Invitation.objects.get().expires_at == before


def test_revoking_asks_and_says_what_it_cannot(browser, ready):
    invitation = ready()
    assert "own link may still work" in text(browser.get(address(invitation, "revoke/")))
    assert Invitation.objects.get().revoked_at is None

    browser.post(address(invitation, "revoke/"))

    assert Invitation.objects.get().stage == "revoked"
    assert "cannot be done" in text(browser.get(address(invitation, "revoke/")))


def test_a_new_link_asks_and_says_what_it_cannot(browser, ready):
    invitation = ready()
    page = text(browser.get(of_link(invitation, "new-link")))
    assert "old link may still work" in page
    assert "stops working at once" in page
    assert AccessLink.objects.get().status == "ready"

    browser.post(of_link(invitation, "new-link"))

    assert AccessLink.objects.get().status == "queued"


def test_connected_and_not_connected_after_all(browser, ready):
    invitation = ready()
    assert "is connected" in text(browser.post(of_link(invitation, "confirm"), follow=True))
    page = browser.get(address(invitation))
    assert "take-back" in offered(page)
    assert "confirm" not in offered(page)

    browser.post(of_link(invitation, "take-back"))

    assert AccessLink.objects.get().confirmed_at is None


def test_an_auditor_sees_how_mails_stand_and_no_button(client_for, auditor, ready, manager):
    invitation = ready()
    change.send_mail(by=manager, invitation=invitation)

    page = client_for(auditor).get(address(invitation))

    assert "Waits to be sent." in text(page)
    assert offered(page) <= {"", "status"}


def test_the_number_of_queries_does_not_grow_with_mails(
    browser, ready, manager, django_assert_max_num_queries
):
    invitation = ready()
    for _ in range(5):
        change.send_mail(by=manager, invitation=invitation)
        outbox.step()
    browser.get(address(invitation))

    with django_assert_max_num_queries(19):
        browser.get(address(invitation))


def test_erasing_says_what_it_ends_and_leaves_a_page_without_a_name(client_for, admin, make_invitation):
    browser = client_for(admin)
    invitation = make_invitation(
        status="ready", recipient_name="Ana Souza", recipient_email="ana@example.com"
    )
    assert address(invitation, "erase/") in browser.get(address(invitation)).content.decode()
    assert "cannot be undone" in text(browser.get(address(invitation, "erase/")))
    assert Invitation.objects.get().recipient_name == "Ana Souza"

    browser.post(address(invitation, "erase/"))
    pages = [browser.get(address(invitation)), browser.get("/invitations/"), browser.get("/history/")]
    assert all("erased person" in text(page) for page in pages)
    assert "An erased person" in text(pages[1])
    assert not any("Ana" in text(page) or "ana@" in text(page) for page in pages)
    assert offered(pages[0]) <= {""}
    assert "cannot be done" in text(browser.get(address(invitation, "erase/")))


def test_a_manager_is_not_offered_to_erase(client_for, manager, make_invitation):
    invitation = make_invitation(status="ready")
    assert "erase/" not in client_for(manager).get(address(invitation)).content.decode()
