"""What a guest types: a colleague whose name and address cannot break a mail, a no with its reason."""

import pytest

from invitations.forms.guest import DeclineForm, ForwardForm, LanguageForm

EVIL_NAMES = [
    "Ana\r\nBcc: x@example.com",
    "Ana\nSubject: hello",
    "ana@example.com",
    "see https://evil.example/x",
    "www.evil.example",
    "<b>Ana</b>",
    "Ana\u202egnp",
    "Ana\u2028Bcc",
    "A" * 81,
    " ",
]
EVIL_ADDRESSES = [
    "ana@example.com\r\nBcc: x@example.com",
    "ana@example.com,bruno@example.com",
    "ana@example.com bruno@example.com",
    "ana@",
    "ana@exa mple.com",
    "ana",
    "",
    "a@" + "x" * 260 + ".com",
]


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_names_that_are_more_than_a_name_are_refused(name):
    form = ForwardForm({"to_name": name, "to_email": "ana@example.com"})

    assert not form.is_valid()
    assert list(form.errors) == ["to_name"]


@pytest.mark.parametrize("address", EVIL_ADDRESSES)
def test_addresses_that_are_not_one_address_are_refused(address):
    form = ForwardForm({"to_name": "Ana", "to_email": address})

    assert not form.is_valid()
    assert list(form.errors) == ["to_email"]


def test_a_colleague_is_taken_as_typed():
    form = ForwardForm({"to_name": "  José   D'Ávila ", "to_email": "Jose+x@Example.com"})

    assert form.is_valid()
    assert form.cleaned_data == {"to_name": "José D'Ávila", "to_email": "Jose+x@example.com"}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"kind": "cannot"}, []),
        ({"kind": "will_not", "reason": "no time"}, []),
        ({"kind": "wrong_person", "reason": "Caio"}, []),
        ({"kind": "wrong_person", "reason": " \n "}, ["reason"]),
        ({"reason": "x"}, ["kind"]),
        ({"kind": "nothing"}, ["kind"]),
        ({"kind": "cannot", "reason": "x" * 501}, ["reason"]),
    ],
)
def test_a_no_has_one_of_three_kinds(fields, wrong):
    assert list(DeclineForm(fields).errors) == wrong


def test_a_reason_is_plain_text_of_several_lines():
    form = DeclineForm({"kind": "cannot", "reason": "one\r\ntwo\u202ethree"})

    assert form.is_valid()
    assert form.cleaned_data["reason"] == "one\ntwothree"


@pytest.mark.parametrize(("language", "fine"), [("es", True), ("pt-br", True), ("en", True), ("fr", False)])
def test_languages_are_those_that_the_portal_speaks(language, fine):
    assert LanguageForm({"language": language}).is_valid() is fine
