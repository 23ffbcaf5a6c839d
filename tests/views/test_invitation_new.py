"""The form: what it refuses, what it keeps, and that one showing makes one invitation."""

import re

import pytest
from django.utils import timezone
from django.utils.html import escape

from invitations.models import AccessLink, Account, Connector, Invitation, Membership, Message
from invitations.nonces import marked_nonce
from invitations.services.holds import holds
from tests import factories

URL = "/invitations/new/"


@pytest.fixture
def fields(account, connector):
    return {
        "account": str(account.pk),
        "direction": "src",
        "connector": str(connector.pk),
        "assigned_collection_name": "[Guest] ClickUp · Ana",
        "recipient_email": "ana@example.com",
        "recipient_name": "Ana Souza",
        "delivery": "link",
        "language": "pt-br",
        "message": "Hello\nAna",
        "expires_in_days": "14",
        "insist_reason": "",
        "form_nonce": "a-nonce-of-a-form",
    }


@pytest.fixture
def browser(client_for, manager):
    return client_for(manager)


def field_error(page, name):
    form = page.context["form"]
    return " ".join(error for part in (form, *form.lines) for error in part.errors.get(name, []))


def test_success_leads_to_the_invitation(browser, fields, manager):
    answer = browser.post(URL, fields)
    invitation = Invitation.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/invitations/{invitation.public_id}/")
    assert (invitation.created_by, invitation.message, invitation.delivery) == (
        manager,
        "Hello\nAna",
        "link",
    )
    link = invitation.links.get()
    assert (link.status, link.assigned_collection_name) == ("queued", "[Guest] ClickUp · Ana")


def test_the_form_shows_exactly_the_named_fields(browser, fields):
    page = browser.get(URL).content.decode()
    form = page[page.index('<form class="grid-2"') :]
    names = set(re.findall(r'<(?:input|select|textarea)[^>]* name="([a-z_]+)"', form))
    assert names == (set(fields) - {"insist_reason"}) | {"csrfmiddlewaretoken"}


def test_every_showing_has_a_nonce_of_its_own(browser):
    pages = [browser.get(URL).content.decode() for _ in range(3)]
    nonces = {re.search(r'name="form_nonce" value="([\w-]{8,64})"', page)[1] for page in pages}
    assert len(nonces) == 3


def test_a_single_account_is_chosen_already(browser, account):
    assert f'<option value="{account.pk}" selected>' in browser.get(URL).content.decode()


def test_two_accounts_are_left_to_choose(browser, manager, other_account):
    factories.add_member(manager, other_account)
    assert browser.get(URL).context["form"]["account"].value() is None
    assert browser.get(URL).context["form"]["delivery"].value() == ""


def test_the_same_form_twice_makes_one_invitation(browser, fields):
    first, second = browser.post(URL, fields), browser.post(URL, fields)
    assert first["Location"] == second["Location"]
    assert second.status_code == 303
    assert Invitation.objects.count() == 1


def test_the_same_form_with_a_corrected_address_says_that_it_was_not_sent(browser, fields):
    fields |= {"recipient_name": ""}  # so that the name in Kondado is made from the address
    first = browser.post(URL, fields | {"assigned_collection_name": ""})
    corrected = fields | {
        "assigned_collection_name": "",
        "recipient_email": "bruno@example.com",
        "delivery": "portal",
    }
    page = browser.post(URL, corrected)
    text = page.content.decode()

    assert (page.status_code, Invitation.objects.count()) == (409, 1)
    assert "Not sent" in text
    assert f'href="{first["Location"]}"' in text
    assert f"“{fields['recipient_email']}” there, “bruno@example.com” here" in text
    assert "“I pass the guest link on myself” there, “The portal mails the guest page” here" in text
    assert text.count("” there, “") == 2
    assert 'value="bruno@example.com"' in text

    fresh = re.search(r'name="form_nonce" value="([\w-]{8,64})"', text)[1]
    assert browser.post(URL, corrected | {"form_nonce": fresh}).status_code == 303
    assert Invitation.objects.count() == 2


def test_a_page_that_back_drew_anew_makes_no_second_one_without_a_word(browser, fields):
    browser.post(URL, fields)
    fresh = re.search(r'name="form_nonce" value="([\w-]{8,64})"', browser.get(URL).content.decode())[1]
    page = browser.post(URL, fields | {"form_nonce": fresh})

    assert "already asked for this" in page.content.decode()
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("recipient_email", "ana@", "such as ana@example.com"),
        ("recipient_email", "", "Enter the guest"),
        ("recipient_email", f"{'a' * 250}@example.com", "at most 254"),
        ("assigned_collection_name", "n" * 101, "at most 100"),
        ("assigned_collection_name", "a\u202eb", "Control characters"),
        ("recipient_name", "Ana\nBcc: x", "Control characters"),
        ("message", "a\x00b", "ull characters"),
        ("connector", "", "Choose a connector"),
        ("connector", "999999", "does not exist"),
        ("connector", "x", "Choose a connector"),
        ("direction", "dest", "other direction"),
        ("expires_in_days", "0", "greater than or equal to 1"),
        ("account", "", "Choose an account"),
        ("account", "999999", "not one of yours"),
        ("form_nonce", "", "Nothing was sent"),
    ],
)
def test_what_is_refused_is_said_beside_the_field(browser, fields, name, value, words):
    page = browser.post(URL, fields | {name: value})
    beside = "connector" if name == "direction" else name
    assert words in field_error(page, beside)
    assert words in page.content.decode().replace("&#x27;", "'")
    assert Invitation.objects.count() == 0


def test_input_survives_an_error_and_the_first_wrong_field_has_the_focus(browser, fields):
    page = browser.post(URL, fields | {"recipient_email": "ana@", "expires_in_days": "0"}).content.decode()
    assert "Hello\nAna" in page
    assert 'value="Ana Souza"' in page
    assert re.findall(r'name="([a-z_]+)"[^>]* autofocus', page) == ["recipient_email"]


@pytest.mark.parametrize("typed", ["hubs", "HUBS", " hub  spot ", "HubSpot", "Hübspöt"])
def test_words_that_fit_one_connector_choose_it(browser, fields, typed):
    wanted = factories.make_connector("HubSpot CRM", "src")
    factories.make_connector("Shopify", "src")
    factories.make_connector("HubSpot", "dest")
    assert browser.post(URL, fields | {"connector": typed, "direction": "src"}).status_code == 303
    assert Invitation.objects.get().links.get().connector == wanted


@pytest.mark.parametrize(
    ("typed", "words"), [("hubs", "fits several"), ("nothing <b>", "is not on the list")]
)
def test_words_that_fit_no_single_connector_stay_in_the_field(browser, fields, typed, words):
    for name in ("HubSpot CRM", "HubSpot Ads"):
        factories.make_connector(name, "src")
    page = browser.post(URL, fields | {"connector": typed})
    assert words in field_error(page, "connector")
    assert (
        f'<option value="{escape(typed)}" data-typed selected>{escape(typed)}</option>'
        in page.content.decode()
    )
    assert Invitation.objects.count() == 0


def test_a_withdrawn_connector_is_refused(browser, fields):
    Connector.objects.update(is_active=False)
    assert "no longer offers" in field_error(browser.post(URL, fields), "connector")


def test_a_connector_of_another_of_ones_accounts_is_refused(browser, fields, manager, other_account):
    other_account.credential = "another"
    other_account.save()
    Membership.objects.create(user=manager, account=other_account, created_at=timezone.now())
    other = factories.make_connector("Shopify", "src", credential="another")
    page = browser.post(URL, fields | {"connector": str(other.pk)})
    assert "does not offer this connector for the account" in field_error(page, "connector")


def test_an_account_of_others_is_refused(browser, fields, other_account):
    page = browser.post(URL, fields | {"account": str(other_account.pk)})
    assert "not one of yours" in field_error(page, "account")
    assert other_account.name not in page.content.decode()
    assert Invitation.objects.count() == 0


def test_a_held_account_is_refused(browser, fields, account):
    holds.stop(reason="person", account=account)
    assert "stopped" in field_error(browser.post(URL, fields), "account")
    assert Invitation.objects.count() == 0


def test_portal_delivery_needs_a_silent_address(browser, fields, account):
    Account.objects.filter(pk=account.pk).update(silent_address="")
    assert "silent address" in field_error(browser.post(URL, fields), "delivery")
    assert browser.post(URL, fields | {"delivery": "kondado"}).status_code == 303


def test_what_is_left_empty_follows_from_the_account(browser, fields):
    empty = dict.fromkeys(
        ["assigned_collection_name", "delivery", "language", "expires_in_days", "message"], ""
    )
    assert browser.post(URL, fields | empty).status_code == 303
    invitation = Invitation.objects.get()
    assert (invitation.delivery, invitation.language, invitation.expires_in_days) == ("portal", "pt-br", 14)
    assert invitation.links.get().assigned_collection_name == "[Guest] ClickUp · Ana Souza"


def test_a_second_one_needs_a_reason(browser, fields):
    first = browser.post(URL, fields)["Location"]
    page = browser.post(URL, fields | {"form_nonce": "another-nonce"})
    text = page.content.decode()
    assert f'href="{first}"' in text
    assert 'name="insist_reason"' in text
    label = text.partition('for="id_insist_reason">')[2].partition("</label>")[0]
    assert label.strip() == "Why a second one?"
    assert 'value="Ana Souza"' in text
    assert Invitation.objects.count() == 1
    insisted = browser.post(
        URL, fields | {"form_nonce": "another-nonce", "insist_reason": "the first got lost"}
    )
    assert insisted.status_code == 303
    assert Invitation.objects.count() == 2


def test_fields_that_are_not_of_the_form_are_ignored(browser, fields, admin, manager):
    extra = {"stage": "connected", "created_by": str(admin.pk), "status": "ready", "revoked_at": "2026-01-01"}
    browser.post(URL, fields | extra)
    invitation = Invitation.objects.get()
    assert (invitation.stage, invitation.created_by, invitation.revoked_at) == ("sending", manager, None)


def test_a_connector_name_is_shown_as_text(browser):
    factories.make_connector('<b>"Bold"</b>', "src")
    assert "&lt;b&gt;&quot;Bold&quot;&lt;/b&gt;</option>" in browser.get(URL).content.decode()


def test_the_picker_follows_the_catalogue(browser, connector):
    assert connector.name in browser.get(URL).content.decode()
    factories.make_connector("Shopify", "src")
    assert "Shopify</option>" in browser.get(URL).content.decode()
    Connector.objects.filter(name="Shopify").update(is_active=False)
    assert "Shopify</option>" not in browser.get(URL).content.decode()


def test_the_preview_sends_nothing_and_keeps_the_input(browser, fields):
    page = browser.post(URL, fields | {"preview": "1", "assigned_collection_name": ""})
    text = page.content.decode()
    assert "ClickUp como fonte de dados" in text
    assert "[Guest] ClickUp · Ana Souza" in text
    assert 'value="ana@example.com"' in text
    assert Invitation.objects.count() == 0


def test_the_live_preview_is_a_part_of_the_page(browser, fields):
    page = browser.post(
        URL, fields | {"preview": "1", "recipient_email": "a"}, headers={"HX-Request": "true"}
    )
    text = page.content.decode()
    assert "ClickUp como fonte de dados" in text
    assert "<html" not in text


def test_input_of_an_ended_session_comes_back_once(browser, fields, manager):
    session = browser.session
    session["kept_input"] = {
        "path": URL,
        "fields": {name: [value] for name, value in fields.items()},
        "at": timezone.now().timestamp(),
        "for": manager.pk,
    }
    session.save()
    page = browser.get(URL).content.decode()
    assert "nothing was sent" in page
    assert 'value="ana@example.com"' in page
    assert 'value="a-nonce-of-a-form"' in page
    assert "ana@example.com" not in browser.get(URL).content.decode()


def test_an_ended_session_leads_to_sign_in_and_back_with_the_input(client, manager, fields):
    answer = client.post(URL, fields | {"form_nonce": marked_nonce(manager)})
    assert answer.status_code in {302, 303}
    assert answer["Location"].startswith("/login/")
    client.post(answer["Location"], {"login": manager.email, "password": factories.PASSWORD})
    assert 'value="ana@example.com"' in client.get(URL).content.decode()
    assert Invitation.objects.count() == 0


def test_an_auditor_has_no_form(client_for, auditor, fields):
    assert client_for(auditor).get(URL).status_code == 403
    assert client_for(auditor).post(URL, fields).status_code == 403
    assert Invitation.objects.count() == 0


def test_an_administrator_may_invite_for_any_account(client_for, admin, fields):
    assert not Membership.objects.filter(user=admin).exists()
    assert client_for(admin).post(URL, fields).status_code == 303


def test_somebody_without_an_account_is_told(client_for, db):
    user = factories.make_user("alone@example.com", "manager")
    assert "no account to invite for yet" in client_for(user).get(URL).content.decode()


def test_a_long_catalogue_costs_no_more_queries(browser, connector, django_assert_num_queries):
    browser.get(URL)
    for number in range(150):
        factories.make_connector(f"Connector {number}", "src")
    browser.get(URL)
    with django_assert_num_queries(6):
        page = browser.get(URL)
    assert page.content.decode().count("<option value=") > 150


def test_recent_connectors_come_first_and_known_guests_are_offered(client_for, manager, make_invitation):
    factories.make_connector("Aardvark")
    make_invitation(recipient_email="ana@example.com", recipient_name="Ana Souza")

    page = client_for(manager).get("/invitations/new/").content.decode()

    assert page.index('<optgroup label="Recent">') < page.index("ClickUp") < page.index("Aardvark")
    assert '<option value="ana@example.com">Ana Souza</option>' in page


def test_a_colleagues_guests_are_not_offered(client_for, colleague, make_invitation):
    make_invitation(recipient_email="ana@example.com")
    assert "ana@example.com" not in client_for(colleague).get("/invitations/new/").content.decode()


class TestSeveralConnectors:
    @pytest.fixture
    def several(self, fields, connector, dest_connector):
        names = ["[Guest] ClickUp · Ana", ""]
        return fields | {
            "connector": [connector.pk, dest_connector.pk],
            "assigned_collection_name": names,
        }

    def test_each_becomes_a_link_in_the_order_typed_whatever_its_direction(self, browser, several):
        assert browser.post(URL, several).status_code == 303
        links = Invitation.objects.get().links.order_by("position")
        assert [(link.connector_name, link.direction, link.assigned_collection_name) for link in links] == [
            ("ClickUp", "src", "[Guest] ClickUp · Ana"),
            ("BigQuery", "dest", "[Guest] BigQuery · Ana Souza"),
        ]
        assert all(link.holds_open_slot and link.current_attempt.approved_by for link in links)

    def test_one_more_line_keeps_what_was_typed_and_sends_nothing(self, browser, fields):
        page = browser.post(URL, fields | {"add": "1"})
        text = page.content.decode()
        assert len(page.context["form"].lines) == 2
        assert 'value="[Guest] ClickUp · Ana"' in text
        assert 'value="Ana Souza"' in text
        assert 'id="id_connector_2"' in text
        assert not Invitation.objects.exists()

    @pytest.mark.parametrize(("pressed", "left"), [("1", "BigQuery"), ("2", "ClickUp")])
    def test_a_line_is_removed_by_its_number_and_the_rest_kept(self, browser, several, pressed, left):
        page = browser.post(URL, several | {"remove": pressed})
        lines = list(page.context["form"].lines)
        assert [line["assigned_collection_name"].value() for line in lines] == [
            "[Guest] ClickUp · Ana" if left == "ClickUp" else ""
        ]
        assert Connector.objects.get(pk=lines[0]["connector"].value()).name == left
        assert 'value="Ana Souza"' in page.content.decode()
        assert not Invitation.objects.exists()

    @pytest.mark.parametrize("number", ["", "0", "3", "x"])
    def test_no_line_is_removed_by_a_number_that_none_has(self, browser, several, number):
        assert len(browser.post(URL, several | {"remove": number}).context["form"].lines) == 2

    def test_several_lines_are_numbered_and_explained_once(self, browser, several, fields):
        text = browser.post(URL, several | {"add": "1"}).content.decode()
        for number in (1, 2, 3):
            assert f"Connector {number}" in text
            assert f'name="remove" value="{number}"' in text
        assert text.count("Left empty, a name is made") == 1
        assert 'name="remove"' not in browser.post(URL, fields | {"preview": "1"}).content.decode()

    def test_one_more_line_comes_also_to_an_empty_form(self, browser):
        assert len(browser.post(URL, {"add": "1"}).context["form"].lines) == 2

    def test_empty_lines_are_left_out(self, browser, fields, connector):
        lines = {"connector": ["", connector.pk, ""], "assigned_collection_name": ["", "Name", ""]}
        assert browser.post(URL, fields | lines).status_code == 303
        assert Invitation.objects.get().links.get().assigned_collection_name == "Name"

    def test_the_wrong_line_is_named_and_nothing_is_written(self, browser, several, dest_connector):
        Connector.objects.filter(pk=dest_connector.pk).update(is_active=False)
        page = browser.post(URL, several)
        first, second = page.context["form"].lines
        assert not first.errors
        assert "no longer offers" in " ".join(second.errors["connector"])
        assert "autofocus" in str(second["connector"])
        assert not Invitation.objects.exists()

    def test_the_same_one_twice_is_refused(self, browser, several, connector):
        page = browser.post(URL, several | {"connector": [connector.pk, connector.pk]})
        assert "twice" in field_error(page, "connector")

    def test_the_guest_keeps_the_open_one_and_gets_the_other_only_with_a_reason(
        self, browser, fields, several, connector
    ):
        browser.post(URL, fields)
        page = browser.post(URL, several | {"form_nonce": "another-nonce"})
        assert [link.connector_name for link in page.context["existing"]] == ["ClickUp"]
        reason = {"form_nonce": "another-nonce", "insist_reason": "the first got lost"}
        assert browser.post(URL, several | reason).status_code == 303
        links = Invitation.objects.order_by("-id")[0].links.order_by("position")
        assert [(link.holds_open_slot, link.insist_reason) for link in links] == [
            (False, "the first got lost"),
            (True, ""),
        ]

    def test_twenty_at_most(self, browser, fields):
        keys = [factories.make_connector(f"Connector {number}").pk for number in range(21)]
        page = browser.post(URL, fields | {"connector": keys, "assigned_collection_name": [""] * 21})
        assert "20 connectors at most" in page.content.decode()
        assert not Invitation.objects.exists()


def test_an_expired_invitation_stands_in_nobodys_way(browser, fields):
    browser.post(URL, fields)
    Invitation.objects.update(expires_at=timezone.now())
    assert browser.post(URL, fields | {"form_nonce": "another-nonce"}).status_code == 303
    slots = AccessLink.objects.order_by("id").values_list("holds_open_slot", flat=True)
    assert list(slots) == [False, True]


def test_the_picker_shows_a_logo_once_there_is_one(browser, connector):
    assert ' data-logo="' not in browser.get(URL).content.decode()
    Connector.objects.filter(pk=connector.pk).update(
        logo=b"picture", image_url="https://kondado.com.br/x.png"
    )
    assert ' data-logo="' in browser.get(URL).content.decode()


def test_the_preview_shows_the_mail_that_will_leave_without_a_key(browser, fields):
    asked = fields | {"delivery": "portal", "language": "en", "message": "<b>Hello</b> there", "preview": "1"}
    page = browser.post(URL, asked, headers={"HX-Request": "true"}).content.decode()
    assert "Hello Ana Souza," in page
    assert "you share no password with anybody" in page
    assert "/g/…/" in page
    assert "&lt;b&gt;Hello&lt;/b&gt; there" in page
    assert "No mail." not in page
    assert Message.objects.count() == 0


def test_no_mail_is_previewed_where_the_portal_sends_none(browser, fields):
    for delivery in ("link", "kondado"):
        asked = fields | {"delivery": delivery, "language": "en", "preview": "1"}
        assert "/g/…/" not in browser.post(URL, asked, headers={"HX-Request": "true"}).content.decode()
