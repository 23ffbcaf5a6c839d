"""One invitation's page: where it stands in words, who may do what, and links that are shown once."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import AccessLink, AuditEvent, Hold, Invitation, WorkerBeat
from invitations.services.guest import answers, press, progress
from invitations.services.holds import holds
from invitations.services.invitations import change, links
from invitations.services.mail import outbox
from invitations.services.sending import dispatch
from tests import factories


@pytest.fixture
def browser(client_for, manager):
    return client_for(manager)


@pytest.fixture
def worker(db):
    now = timezone.now()
    return WorkerBeat.objects.create(name="worker", started_at=now, beat_at=now)


def address(invitation, end=""):
    return f"/invitations/{invitation.public_id}/{end}"


def link_address(invitation, end):
    return address(invitation, f"links/{invitation.links.get().pk}/{end}/")


def text(page):
    return " ".join(page.content.decode().split())


def kinds():
    return list(AuditEvent.objects.order_by("number").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("status", "delivery", "words"),
    [
        ("queued", "kondado", ["has nothing yet", "Nothing was sent yet"]),
        ("ready", "kondado", ["mails it to guest", "Whether it was used is not known here"]),
        ("ready", "link", ["Copy the guest link and pass it on"]),
        ("rejected", "kondado", ["Kondado refused the invitation", "Nothing was made"]),
        ("unknown", "kondado", ["It is not known whether", "it was not sent again", "Check in Kondado"]),
    ],
)
def test_where_it_stands(browser, make_invitation, status, delivery, words):
    page = text(browser.get(address(make_invitation(status=status, delivery=delivery))))
    for some in words:
        assert some in page


def test_s20_kondados_own_words_are_shown_as_text(browser, make_invitation):
    invitation = make_invitation(status="rejected")
    attempt = invitation.links.get().current_attempt
    attempt.error_text = "<script>alert(1)</script> No plan"
    attempt.save()
    page = text(browser.get(address(invitation)))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; No plan" in page
    assert "<script>alert" not in page


def test_the_place_in_the_queue(browser, make_invitation, worker):
    make_invitation()
    second = make_invitation()
    page = text(browser.get(address(second)))
    assert "1 invitation before it." in page
    assert "Expected to leave" in page


def test_a_hold_is_said_instead_of_a_time(browser, make_invitation, account, worker):
    invitation = make_invitation()
    holds.stop(reason="person", account=account)
    page = text(browser.get(address(invitation)))
    assert "Sending is stopped" in page
    assert "waits in the queue, which stands still" in page
    assert "Expected to leave" not in page
    assert Hold.objects.count() == 1


def test_it_asks_again_only_while_it_moves(browser, make_invitation):
    moving, settled = make_invitation(), make_invitation(status="ready")
    assert 'hx-trigger="every 2s"' in text(browser.get(address(moving, "status/")))
    part = text(browser.get(address(settled, "status/")))
    assert "hx-trigger" not in part
    assert "<html" not in part


def test_all_that_may_change_is_in_the_part_that_asks_again(browser, make_invitation):
    invitation = make_invitation(delivery="link")
    before = text(browser.get(address(invitation, "status/")))
    factories.force_status(invitation.links.get(), "ready")
    Invitation.objects.update(stage="waiting", expires_at=timezone.now() + timedelta(days=3))
    browser.post(address(invitation, "copy/"))
    after = text(browser.get(address(invitation, "status/")))
    for words in ("has nothing yet", "days after the link is ready"):
        assert words in before
        assert words not in after
    for words in ("Copy the guest link and pass it on", "copied a guest link."):
        assert words in after
        assert words not in before


def test_a_shared_name_is_a_warning(browser, make_invitation):
    make_invitation(assigned_collection_name="Same")
    page = text(browser.get(address(make_invitation(assigned_collection_name="Same"))))
    assert "uses the same name in Kondado" in page


def test_a_guest_link_is_shown_once(browser, make_invitation):
    invitation = make_invitation(status="ready", delivery="link")
    page = browser.post(address(invitation, "copy/"))
    link = page.context["guest_link"]
    assert f'value="{link}"' in page.content.decode()
    assert "/g/" in link
    assert "no-store" in page["Cache-Control"]
    assert link not in browser.get(address(invitation)).content.decode()
    assert browser.get(address(invitation, "copy/")).status_code == 405


@pytest.mark.parametrize(
    ("status", "delivery"), [("queued", "link"), ("ready", "kondado"), ("unknown", "link")]
)
def test_no_guest_link_is_offered_too_early_or_in_vain(browser, make_invitation, status, delivery):
    invitation = make_invitation(status=status, delivery=delivery)
    assert "Copy guest link" not in text(browser.get(address(invitation)))


def test_s16_kondados_link_is_shown_once_and_recorded(browser, make_invitation):
    invitation = make_invitation(status="ready")
    secret = invitation.links.get().current_attempt.open_kondado_link()
    assert secret not in browser.get(address(invitation)).content.decode()
    assert secret in browser.post(link_address(invitation, "reveal")).content.decode()
    assert secret not in browser.get(address(invitation)).content.decode()
    assert kinds()[-1] == "kondado_link.revealed"


def test_a_colleague_cannot_reveal_it(client_for, colleague, make_invitation):
    invitation = make_invitation(status="ready")
    secret = invitation.links.get().current_attempt.open_kondado_link()
    browser = client_for(colleague)
    assert "Show Kondado" not in text(browser.get(address(invitation)))
    answer = browser.post(link_address(invitation, "reveal"), follow=True)
    assert secret not in answer.content.decode()
    assert "kondado_link.revealed" not in kinds()


def test_cancel_while_queued(browser, make_invitation):
    invitation = make_invitation()
    page = text(browser.post(link_address(invitation, "cancel"), follow=True))
    assert "Nothing was sent to Kondado" in page
    assert AccessLink.objects.get().status == "cancelled"


def test_cancel_too_late_changes_nothing(browser, make_invitation):
    invitation = make_invitation(status="ready")
    page = text(browser.post(link_address(invitation, "cancel"), follow=True))
    assert "changed in the meantime" in page
    assert AccessLink.objects.get().status == "ready"


def test_the_timeline_names_people(browser, make_invitation):
    page = text(browser.get(address(make_invitation(recipient_name="Ana Souza"))))
    assert "Marina Lopes invited Ana Souza." in page


@pytest.mark.parametrize("several", [False, True])
def test_the_timeline_names_the_connector_where_there_are_several(
    browser, make_invitation, dest_connector, several
):
    invitation = make_invitation(more=[dest_connector] if several else [])
    links.cancel(by=invitation.created_by, link=invitation.links.last())

    (said,) = re.findall(
        r"cancelled it before it was sent\.</span>.*?</time>([^<]*)<",
        browser.get(address(invitation)).content.decode(),
        re.S,
    )

    assert said.strip() == ("· BigQuery" if several else "")


def test_a_mail_whose_link_ended_is_marked(browser, make_invitation, sandbox):
    invitation = make_invitation(
        delivery="portal", recipient_name="Ana Souza", recipient_email="a@example.com"
    )
    dispatch.step()
    outbox.step()
    before = text(browser.get(address(invitation)))
    invitation.refresh_from_db()
    change.correct_address(
        by=invitation.created_by, invitation=invitation, recipient_email="b@example.com", recipient_name="Ana"
    )
    outbox.step()

    after = text(browser.get(address(invitation)))

    assert "opens nothing any more" not in before
    assert after.count("Its link opens nothing any more.") == 1
    assert after.count("· its link opens nothing any more") == 1
    assert "The portal mailed Ana Souza (a@example.com)." in after
    assert "Link in the mails: not fetched yet. It opens" not in after


@pytest.mark.parametrize("end", ["", "status/"])
def test_a_strangers_page_is_not_there(client_for, stranger, make_invitation, end):
    assert client_for(stranger).get(address(make_invitation(), end)).status_code == 404


@pytest.mark.parametrize("end", ["cancel", "reveal"])
def test_a_stranger_can_do_nothing(client_for, stranger, make_invitation, end):
    assert client_for(stranger).post(link_address(make_invitation(), end)).status_code == 404


def test_a_link_of_another_invitation_is_not_there(browser, make_invitation):
    one, other = make_invitation(), make_invitation()
    assert browser.post(address(one, f"links/{other.links.get().pk}/cancel/")).status_code == 404


def test_an_auditor_reads_and_changes_nothing(client_for, auditor, make_invitation):
    invitation = make_invitation(status="ready", delivery="link")
    browser = client_for(auditor)
    page = text(browser.get(address(invitation)))
    assert "Copy guest link" not in page
    assert "Show Kondado" not in page
    for path in (
        address(invitation, "copy/"),
        link_address(invitation, "cancel"),
        link_address(invitation, "reveal"),
    ):
        assert browser.post(path).status_code == 403
    assert kinds()[-1] == "invitation.created"


def test_the_number_of_queries_is_fixed(browser, make_invitation, django_assert_num_queries):
    for _ in range(5):
        invitation = make_invitation()
    browser.get(address(invitation))
    with django_assert_num_queries(17):
        browser.get(address(invitation))


def test_a_guests_no_is_shown_with_its_reason(browser, make_invitation):
    invitation = make_invitation(status="ready", delivery="link", recipient_name="Ana Souza")
    key = press.find(public_id=invitation.public_id, token=factories.make_key(invitation))
    answers.decline(by=key, kind="wrong_person", reason="Ask <b>Caio</b>, 100%")

    page = text(browser.get(address(invitation)))

    assert "Ana Souza declined: somebody else should be asked." in page
    assert "Their words: “Ask &lt;b&gt;Caio&lt;/b&gt;, 100%”" in page
    assert "Invite the person whom they named." in page


def test_a_guest_who_asked_for_more_time_is_shown(browser, make_invitation):
    invitation = make_invitation(status="ready", delivery="link", recipient_name="Ana Souza")
    token = factories.make_key(invitation)
    past = timezone.now() - timedelta(minutes=1)
    Invitation.objects.update(expires_at=past, stage="expired")
    answers.ask_again(by=press.find(public_id=invitation.public_id, token=token))

    page = text(browser.get(address(invitation)))

    assert "Expired, and Ana Souza asked on the guest page for a new one." in page


@pytest.mark.parametrize(
    ("stage", "shown"), [("revoked", "Revoked"), ("expired", "Expired"), ("waiting", "Ready")]
)
def test_a_link_that_nobody_can_reach_is_not_called_ready(browser, make_invitation, stage, shown):
    invitation = make_invitation(status="ready", delivery="link")
    Invitation.objects.update(stage=stage)
    (card,) = browser.get(address(invitation)).context["cards"]
    assert card["badge"][1] == shown


def test_a_page_has_one_first_thing_to_do(browser, make_invitation):
    invitation = make_invitation(status="ready", delivery="link")
    key = press.find(public_id=invitation.public_id, token=factories.make_key(invitation))
    progress.go_on(by=key, link_id=invitation.links.get().pk)
    opened = text(browser.get(address(invitation)))
    answers.decline(by=key, kind="cannot")
    declined = text(browser.get(address(invitation)))
    first = r'button--primary"[^>]*>\s*<svg.*?</svg>\s*([^<]+)</(?:button|a)>'
    names = [
        [name.strip() for name in re.findall(first, page.partition("<main")[2])]
        for page in (opened, declined)
    ]
    assert names == [["Confirm: it is connected"], ["Correct the address"]]
