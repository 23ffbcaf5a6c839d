"""The form of a new invitation by itself, and the filters of the lists."""

from datetime import date

import pytest
from django.http import QueryDict

from invitations.forms.filters import FilterForm, HistoryForm
from invitations.forms.new_invitation import InvitationForm
from invitations.models import Account


@pytest.fixture
def form_of(manager, account, connector):
    def make(**fields):
        data = {
            "account": account.pk,
            "connector": connector.pk,
            "recipient_email": "Ana@Example.com",
            "form_nonce": "a-nonce-of-a-form",
        } | fields
        query = QueryDict(mutable=True)
        query.update(data)
        return InvitationForm(query, user=manager)

    return make


def test_the_least_that_is_needed(form_of, account):
    form = form_of()
    assert form.is_valid(), form.errors
    data = form.cleaned_data
    assert [one.name for one in data["wanted"]] == ["[Guest] ClickUp · Ana@example.com"]
    assert (data["delivery"], data["language"], data["expires_in_days"]) == (
        "portal",
        account.default_language,
        14,
    )


def test_without_a_silent_address_kondado_mails(form_of, account):
    Account.objects.filter(pk=account.pk).update(silent_address="")
    form = form_of()
    assert form.is_valid()
    assert form.cleaned_data["delivery"] == "kondado"


def test_a_name_of_100_characters_passes_and_101_do_not(form_of):
    assert form_of(assigned_collection_name="é" * 100).is_valid()
    assert not form_of(assigned_collection_name="é" * 101).is_valid()


def test_a_repeated_name_is_a_warning_that_stops_nothing(form_of, make_invitation):
    make_invitation(assigned_collection_name="Same")
    form = form_of(assigned_collection_name="Same")
    assert form.is_valid()
    assert [line.name_is_taken for line in form.lines] == [True]


def test_line_breaks_belong_in_a_message_and_nowhere_else(form_of):
    form = form_of(message="one\r\ntwo")
    assert form.is_valid()
    assert form.cleaned_data["message"] == "one\ntwo"


def test_a_line_break_counts_once_whatever_the_browser_sends(form_of):
    assert form_of(message="\r\n".join("a" * 500)).is_valid()
    assert not form_of(message="a" * 1001).is_valid()


@pytest.mark.parametrize("name", ["assigned_collection_name", "recipient_name", "insist_reason"])
@pytest.mark.parametrize("text", ["a\nb", "a\x1bb", "a\u2028b", "a\u202eb", "a\u200bb"])
def test_control_characters_are_refused(form_of, name, text):
    form = form_of(**{name: text})
    assert not form.is_valid()
    assert any(name in part.errors for part in (form, *form.lines))


@pytest.mark.parametrize(
    "address",
    ["ana", "ana@", "@example.com", "ana@-x-.com", "ana@exa mple.com", "a@b@c.com", "ana@localhost"],
)
def test_what_is_no_address_is_refused(form_of, address):
    assert "recipient_email" in form_of(recipient_email=address).errors


def test_a_form_without_its_mark_gets_a_new_one(form_of):
    form = form_of(form_nonce="")
    assert not form.is_valid()
    assert len(form["form_nonce"].value()) >= 32


def test_filters_leave_out_what_is_wrong():
    query = QueryDict("stage=nonsense&account=x&manager=7&from=2026-03-05&to=yesterday&q=%20ana%20&before=-1")
    assert FilterForm(query).values() == {"manager": 7, "from": date(2026, 3, 5), "q": "ana"}


def test_history_filters():
    assert HistoryForm(QueryDict("kind=hold.set&before=12&actor=")).values() == {
        "kind": "hold.set",
        "before": 12,
    }
