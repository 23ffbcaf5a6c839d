"""Settling and sending again, as a person does it on the pages."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from invitations.models import AccessLink, Attempt
from invitations.services.sending import dispatch

pytestmark = pytest.mark.django_db


def address(name: str) -> str:
    link = AccessLink.objects.select_related("invitation").get()
    return reverse(name, args=[link.invitation.public_id, link.pk])


def long_ago() -> None:
    Attempt.objects.update(finished_at=timezone.now() - timedelta(minutes=20))


def test_a_manager_settles_that_it_does_not_exist(client_for, manager, make_invitation):
    invitation = make_invitation(status="unknown")
    client = client_for(manager)
    page = client.get(reverse("invitation", args=[invitation.public_id]))
    early = page.content.decode()
    assert address("link_settle") in early
    assert "You can settle this 15 minutes after the fault" in early
    assert "Settle it" not in early
    assert "may still turn up" in client.get(address("link_settle")).content.decode()
    long_ago()
    assert "Settle it" in client.get(reverse("invitation", args=[invitation.public_id])).content.decode()

    answer = client.post(
        address("link_settle"), {"decision": "absent", "note": "asked the guest"}, follow=True
    )

    assert "queued to be sent once more" in answer.content.decode()
    assert AccessLink.objects.get().status == "queued"


def test_a_foreign_link_is_refused_beside_its_field_and_kept(client_for, manager, make_invitation):
    make_invitation(status="unknown", delivery="link")
    long_ago()

    answer = client_for(manager).post(
        address("link_settle"), {"decision": "exists", "link": "https://evil.example/x", "note": "a mail"}
    )

    page = answer.content.decode()
    assert "not a link of Kondado" in page
    assert "https://evil.example/x" in page
    assert AccessLink.objects.get().status == "unknown"


def test_a_refused_link_is_sent_again(client_for, manager, make_invitation):
    make_invitation(status="rejected")

    answer = client_for(manager).post(
        address("link_send_again"), {"assigned_collection_name": "Another name"}, follow=True
    )

    assert "Queued to be sent once more" in answer.content.decode()
    assert AccessLink.objects.get().assigned_collection_name == "Another name"


def test_a_refusal_without_words_is_called_that(client_for, manager, make_invitation):
    make_invitation(status="rejected")

    assert "no reason given" in client_for(manager).get(address("link_send_again")).content.decode()


@pytest.mark.parametrize("name", ["link_settle", "link_send_again"])
def test_who_may_not(client_for, stranger, auditor, make_invitation, name):
    make_invitation(status="unknown")
    assert client_for(stranger).get(address(name)).status_code == 404
    assert client_for(auditor).get(address(name)).status_code == 403


def test_several_at_once(client_for, manager, make_invitation):
    for _ in range(3):
        make_invitation(status="unknown")
    long_ago()
    make_invitation(status="unknown", recipient_name="Too Early")
    first, second, _third, early = AccessLink.objects.order_by("id").values_list("id", flat=True)
    client = client_for(manager)
    assert "Settle 4 unknown outcomes" in client.get("/").content.decode()
    page = client.get("/settle/").content.decode()
    assert "Too Early" in page
    assert f'value="{first}"' in page
    assert f'value="{early}"' not in page

    assert "at least one" in client.post("/settle/", {"decision": "absent", "note": "x"}).content.decode()
    fields = {"decision": "absent", "note": "asked the guests", "links": [first, second]}
    answer = client.post("/settle/", fields, follow=True).content.decode()

    assert "2 invitations settled" in answer
    assert list(AccessLink.objects.order_by("id").values_list("status", flat=True)) == [
        "queued",
        "queued",
        "unknown",
        "unknown",
    ]
    refused = client.post("/settle/", {"decision": "absent", "note": "x", "links": [early]})
    assert "field__error" in refused.content.decode()


def test_those_that_need_their_link_are_left_and_named(client_for, manager, make_invitation):
    make_invitation(status="unknown", delivery="link")
    long_ago()
    link = AccessLink.objects.get()

    answer = client_for(manager).post(
        "/settle/", {"decision": "exist", "note": "x", "links": [link.pk]}, follow=True
    )

    assert "its link is needed" in answer.content.decode()
    assert AccessLink.objects.get().status == "unknown"


def test_only_the_own_accounts_can_be_settled(client_for, stranger, auditor, admin, make_invitation):
    make_invitation(status="unknown", recipient_name="Ana Foreign")
    long_ago()
    link = AccessLink.objects.get()
    theirs = client_for(stranger)
    assert "Ana Foreign" not in theirs.get("/settle/").content.decode()
    theirs.post("/settle/", {"decision": "absent", "note": "x", "links": [link.pk]})
    assert client_for(auditor).get("/settle/").status_code == 403
    assert AccessLink.objects.get().status == "unknown"
    assert "Ana Foreign" in client_for(admin).get("/settle/").content.decode()
    assert "Ana Foreign" not in client_for(admin).get("/settle/?account=999").content.decode()


@pytest.mark.parametrize("rows", [1, 20])
def test_the_list_has_a_fixed_number_of_queries(
    client_for, manager, make_invitation, rows, django_assert_num_queries
):
    for _ in range(rows):
        make_invitation(status="unknown")
    client = client_for(manager)
    client.get("/settle/")
    with django_assert_num_queries(6):
        client.get("/settle/")


def test_what_is_known_is_said_and_a_withheld_link_is_not_shown(
    sandbox, client_for, manager, make_invitation
):
    sandbox.misbehave("link_other_host")
    invitation = make_invitation(delivery="link")
    dispatch.step()
    attempt = Attempt.objects.get()

    page = client_for(manager).get(address("link_settle")).content.decode()

    assert attempt.recipient in page
    assert attempt.silent_reference in page
    assert attempt.error_text in page
    assert "The guest link is passed on by hand" in page
    assert "collection_guest" not in page
    assert invitation.links.get().assigned_collection_name in page


def test_who_settled_and_why_stays_on_the_invitation(client_for, manager, make_invitation):
    invitation = make_invitation(status="unknown")
    long_ago()
    client = client_for(manager)
    client.post(address("link_settle"), {"decision": "absent", "note": "Ana got no mail"})

    page = client.get(reverse("invitation", args=[invitation.public_id])).content.decode()

    assert "Marina Lopes settled" in page
    assert "did not exist" in page
    assert "Ana got no mail" in page
