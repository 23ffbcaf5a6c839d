from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import AccessLink, Invitation
from invitations.services.base import stages


def test_an_empty_overview_teaches_the_next_step(client_for, manager):
    page = client_for(manager).get("/").content.decode()
    assert "No invitations yet" in page
    assert 'href="/invitations/new/"' in page
    assert "—" in page


def test_an_auditor_is_offered_no_button(client_for, auditor):
    assert 'href="/invitations/new/"' not in client_for(auditor).get("/").content.decode()


def test_trouble_and_silence_come_first(client_for, manager, make_invitation):
    make_invitation(status="unknown", recipient_name="Trouble Tess")
    make_invitation(status="ready", recipient_name="Silent Sam", now=timezone.now() - timedelta(days=3))
    make_invitation(status="ready", recipient_name="Fresh Fran")
    page = client_for(manager).get("/")
    needs = [row.guest for row in page.context["needs_me"]]
    assert sorted(needs) == ["Silent Sam", "Trouble Tess"]


def connect(invitation, manager, after):
    confirmed_at = invitation.created_at + after
    AccessLink.objects.filter(invitation=invitation).update(confirmed_at=confirmed_at, confirmed_by=manager)
    stages.refresh(invitation=invitation, now=timezone.now())


def test_numbers_count_what_was_sent_and_confirmed(client_for, manager, make_invitation):
    start = timezone.now() - timedelta(hours=5)
    make_invitation(status="ready")
    make_invitation()
    connect(make_invitation(status="ready", now=start), manager, timedelta(hours=4))
    context = client_for(manager).get("/").context
    assert (context["numbers"].sent, context["numbers"].connected, context["median"]) == (2, 1, "4 hours")


@pytest.mark.parametrize(
    ("taken", "english", "portuguese"),
    [
        (timedelta(seconds=5), "1 minute", "1 minuto"),
        (timedelta(minutes=25), "25 minutes", "25 minutos"),
        (timedelta(minutes=59, seconds=50), "1 hour", "1 hora"),
        (timedelta(hours=47), "47 hours", "47 horas"),
        (timedelta(hours=49), "2 days", "2 dias"),
    ],
)
def test_the_median_is_told_in_units_that_fit(
    client_for, manager, make_invitation, taken, english, portuguese
):
    start = timezone.now() - timedelta(days=3)
    connect(make_invitation(status="ready", now=start), manager, taken)
    browser = client_for(manager)
    assert browser.get("/").context["median"] == english
    manager.language = "pt-br"
    manager.save()
    assert browser.get("/").context["median"] == portuguese


def test_a_stranger_sees_nothing_of_it(client_for, stranger, make_invitation):
    make_invitation(status="unknown", recipient_name="Trouble Tess")
    page = client_for(stranger).get("/")
    assert "Trouble Tess" not in page.content.decode()
    assert page.context["numbers"].sent == 0


@pytest.mark.parametrize("rows", [1, 20])
def test_the_number_of_queries_does_not_grow(
    rows, client_for, manager, make_invitation, django_assert_max_num_queries
):
    for _ in range(rows):
        make_invitation(status="unknown")
    client = client_for(manager)
    client.get("/")
    with django_assert_max_num_queries(16):
        client.get("/")
    assert Invitation.objects.count() == rows


def test_the_chart_says_its_numbers_in_words(client_for, manager, make_invitation):
    make_invitation()
    make_invitation()
    assert ": 2 invitations" in client_for(manager).get("/").content.decode()
