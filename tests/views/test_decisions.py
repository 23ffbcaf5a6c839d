"""Settling and sending again, as a person does it on the pages."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from invitations.models import AccessLink, Attempt

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
    assert address("link_settle") in page.content.decode()
    assert "may still turn up" in client.get(address("link_settle")).content.decode()
    long_ago()

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


@pytest.mark.parametrize("name", ["link_settle", "link_send_again"])
def test_who_may_not(client_for, stranger, auditor, make_invitation, name):
    make_invitation(status="unknown")
    assert client_for(stranger).get(address(name)).status_code == 404
    assert client_for(auditor).get(address(name)).status_code == 403
