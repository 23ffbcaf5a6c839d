"""The list: who sees what, that the address bar holds the view, and what a page costs."""

import re
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from invitations.services.reads import invitations
from invitations.words.names import STAGES
from tests import factories

URL = "/invitations/"


def shown(page):
    return [row.guest for row in page.context["rows"]]


def chips_of(page):
    """Class and address of each chip, by its words."""
    found = re.findall(r'<a class="(chip[^"]*)" href="([^"]*)"[^>]*>([^<]+)', page.content.decode())
    return {unescape(words): (kind, unescape(url)) for kind, url, words in found}


@pytest.fixture
def browser(client_for, manager):
    return client_for(manager)


def test_an_empty_list_teaches_the_next_step(browser):
    assert "Invite somebody" in browser.get(URL).content.decode()


def test_newest_first_with_a_link_to_each(browser, make_invitation):
    make_invitation(recipient_name="First")
    second = make_invitation(recipient_name="Second")
    page = browser.get(URL)
    assert shown(page) == ["Second", "First"]
    assert f'href="/invitations/{second.public_id}/"' in page.content.decode()


def test_s15_colleagues_see_it_strangers_do_not(
    client_for, make_invitation, colleague, stranger, auditor, admin, settings
):
    settings.SECOND_FACTOR_FORCED = False
    make_invitation(recipient_name="Marked Mara", recipient_email="mara@example.org")
    for user, sees in ((colleague, True), (stranger, False), (auditor, True), (admin, True)):
        page = client_for(user).get(f"{URL}?q=mara")
        assert (shown(page) == ["Marked Mara"]) is sees
        assert ("mara@example.org" in page.content.decode()) is sees


def test_s15_a_stranger_learns_nothing_from_filters(client_for, stranger, manager, account, make_invitation):
    make_invitation()
    page = client_for(stranger).get(f"{URL}?account={account.pk}&manager={manager.pk}")
    assert shown(page) == []
    assert account.name not in page.content.decode()
    assert manager.full_name not in page.content.decode()


def test_search_forgives_case_accents_and_order(browser, make_invitation):
    make_invitation(recipient_name="José Conceição")
    make_invitation(recipient_name="Ana Souza")
    assert shown(browser.get(f"{URL}?q=conceicao+JOSE")) == ["José Conceição"]
    assert shown(browser.get(f"{URL}?q=nobody")) == []


def test_filters_narrow_and_combine(browser, make_invitation, dest_connector, connector, account, manager):
    make_invitation(recipient_name="Source Sid", status="unknown")
    make_invitation(recipient_name="Destination Di", connector=dest_connector)
    for query, expected in (
        ("stage=needs_attention", ["Source Sid"]),
        ("direction=dest", ["Destination Di"]),
        (f"connector={connector.pk}", ["Source Sid"]),
        (f"account={account.pk}&manager={manager.pk}", ["Destination Di", "Source Sid"]),
        ("stage=needs_attention&direction=dest", []),
        ("stage=nonsense&account=x", ["Destination Di", "Source Sid"]),
    ):
        assert shown(browser.get(f"{URL}?{query}")) == expected, query


def test_dates_are_days_of_the_reader_both_included(browser, make_invitation):
    zone = ZoneInfo("America/Sao_Paulo")
    make_invitation(recipient_name="Late", now=datetime(2026, 3, 5, 23, 59, tzinfo=zone))
    make_invitation(recipient_name="Next", now=datetime(2026, 3, 6, 0, 1, tzinfo=zone))
    assert shown(browser.get(f"{URL}?from=2026-03-05&to=2026-03-05")) == ["Late"]
    assert shown(browser.get(f"{URL}?from=2026-03-06")) == ["Next"]


def test_a_chip_keeps_the_rest_of_the_view_and_takes_itself_away(browser, make_invitation):
    make_invitation()
    chips = chips_of(browser.get(f"{URL}?q=ana&stage=sending&before=9"))
    assert chips["Sending"] == ("chip chip--on", "?q=ana")
    assert chips["Opened"] == ("chip", "?q=ana&stage=opened")


def test_every_stage_has_a_chip(browser):
    assert set(chips_of(browser.get(URL))) >= {str(name.label) for name in STAGES.values()}


def test_filters_show_what_they_filter_by_now_and_not_what_was_drawn_before(
    browser, account, manager, make_invitation
):
    make_invitation()
    assert "Padaria Sol" in browser.get(URL).content.decode()
    account.name = "Padaria Lua"
    account.save()
    page = browser.get(f"{URL}?account={account.pk}").content.decode()
    assert "Padaria Sol" not in page
    assert f'<option value="{account.pk}" selected>Padaria Lua' in page


def test_pages_follow_each_other_without_gap_or_repeat(browser, make_invitation, monkeypatch):
    monkeypatch.setattr(invitations, "PAGE", 2)
    for name in "ABCDE":
        make_invitation(recipient_name=name)
    address, seen = f"{URL}?q=example", []
    while address:
        page = browser.get(address)
        seen += shown(page)
        address = URL + page.context["next"] if page.context["next"] else ""
    assert seen == ["E", "D", "C", "B", "A"]


@pytest.mark.parametrize("rows", [1, 20])
def test_the_number_of_queries_is_fixed(rows, browser, make_invitation, django_assert_num_queries):
    start = datetime(2026, 3, 5, tzinfo=ZoneInfo("UTC"))
    for number in range(rows):
        make_invitation(now=start + timedelta(minutes=number))
    browser.get(URL)
    with django_assert_num_queries(7):
        page = browser.get(f"{URL}?q=guest&stage=sending")
    assert len(shown(page)) == rows


@pytest.mark.parametrize(
    "query",
    [
        "account=" + "9" * 25,
        "connector=" + "9" * 19,
        "manager=" + "9" * 25,
        "to=9999-12-31",
        "from=0001-01-01",
        "before=x",
    ],
)
def test_nonsense_in_the_address_bar_is_left_out(client_for, manager, query):
    assert client_for(manager).get(f"/invitations/?{query}").status_code == 200


def test_a_connector_of_thousands_of_digits_is_refused_beside_its_field(client_for, manager):
    answer = client_for(manager).post(
        "/invitations/new/", {"connector": "9" * 5000, "form_nonce": "nonce-nonce"}
    )
    assert answer.status_code == 200


def test_only_a_word_too_long_for_its_column_may_break(browser, make_invitation):
    make_invitation(recipient_email="ana@example.com", connector=factories.make_connector("ActiveCampaign"))
    assert 'class="long"' not in browser.get("/invitations/").content.decode()
    make_invitation(
        recipient_email="ana@example.com", connector=factories.make_connector("Acampaignforactives")
    )
    assert '<td class="long">Acampaignforactives</td>' in browser.get("/invitations/").content.decode()
