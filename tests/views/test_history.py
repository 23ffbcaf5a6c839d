"""The history: who may read it, what it says, and what a page costs."""

import re

import pytest

from invitations.models import AuditDetail, AuditEvent
from invitations.services.base import pseudonyms
from invitations.services.reads import invitations

URL = "/history/"


def rows(page):
    return [line for line, _urls in page.context["lines"]]


def test_only_administrators_and_auditors_read_it(client_for, manager, auditor, admin, settings):
    settings.SECOND_FACTOR_FORCED = False
    statuses = [client_for(user).get(URL).status_code for user in (manager, auditor, admin)]
    assert statuses == [403, 200, 200]


def test_newest_first_in_words_with_a_way_to_the_invitation(client_for, auditor, make_invitation):
    invitation = make_invitation(recipient_name="Ana Souza")
    page = client_for(auditor).get(URL)
    assert rows(page)[0].text == "Marina Lopes invited Ana Souza."
    assert f'href="/invitations/{invitation.public_id}/"' in page.content.decode()
    numbers = [line.number for line in rows(page)]
    assert numbers == sorted(numbers, reverse=True)


def test_an_erased_person_has_no_name(client_for, auditor, make_invitation):
    make_invitation(recipient_name="Ana Souza")
    AuditDetail.objects.filter(person=pseudonyms.person("manager@example.com")).delete()
    assert (
        rows(client_for(auditor).get(f"{URL}?kind=invitation.created"))[0].text
        == "an erased person invited Ana Souza."
    )


def test_filters(client_for, auditor, manager, make_invitation):
    one, _other = make_invitation(), make_invitation()
    browser = client_for(auditor)
    assert len(rows(browser.get(f"{URL}?kind=invitation.created"))) == 2
    assert len(rows(browser.get(f"{URL}?kind=invitation.created&object=invitation:{one.public_id}"))) == 1
    assert len(rows(browser.get(f"{URL}?actor=user:{manager.pk}&kind=invitation.created"))) == 2
    assert "Nothing recorded" in browser.get(f"{URL}?actor=nobody").content.decode()


def test_no_code_of_a_program_stands_on_the_page(client_for, auditor, manager, make_invitation):
    invitation = make_invitation()
    auditor.language = "pt-br"
    auditor.save()
    about = f"invitation:{invitation.public_id}"
    page = client_for(auditor).get(f"{URL}?kind=invitation.created&actor=user:{manager.pk}&object={about}")
    shown = re.sub(r"<[^>]+>", " ", page.content.decode())
    assert "Convite criado" in shown
    assert f"Convite {invitation.public_id}" in shown
    assert shown.count("Marina Lopes") >= 2  # in the row, and among those to choose from
    assert not re.search(r"\b(invitation|link|mail|guest|hold|user|person)[.:]\w", shown)


def test_who_is_not_among_the_people_any_more_stays_chosen(client_for, auditor):
    page = client_for(auditor).get(f"{URL}?actor=user:999999").content.decode()
    assert '<option value="user:999999" selected>' in page


def test_pages_follow_each_other_without_gap_or_repeat(client_for, auditor, make_invitation, monkeypatch):
    monkeypatch.setattr(invitations, "PAGE", 2)
    for _ in range(5):
        make_invitation()
    browser, query, seen = client_for(auditor), "?kind=invitation.created", []
    while query:
        page = browser.get(URL + query)
        seen += [line.number for line in rows(page)]
        query = page.context["next"]
    wanted = AuditEvent.objects.filter(kind="invitation.created").order_by("-number")
    assert seen == [event.number for event in wanted]


@pytest.mark.parametrize("events", [1, 20])
def test_the_number_of_queries_is_fixed(
    events, client_for, auditor, make_invitation, django_assert_num_queries
):
    for _ in range(events):
        make_invitation()
    browser = client_for(auditor)
    browser.get(URL)
    with django_assert_num_queries(7):
        page = browser.get(f"{URL}?kind=invitation.created")
    assert len(rows(page)) == events
