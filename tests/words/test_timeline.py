"""Every kind of event has words, and the words name whom the event's details name."""

import pytest
from django.template import Context, Template

from invitations.models import AuditDetail, AuditEvent, EventKind
from invitations.words.event_kinds import object_words
from invitations.words.timeline import object_url, present


def event(kind, actor="user:1", about="invitation:abc", data=None):
    return AuditEvent(number=1, kind=kind, actor=actor, object=about, data=data or {})


def person(name, role, email="x@example.com"):
    return AuditDetail(detail={"name": name, "email": email, "role": role})


@pytest.mark.parametrize(
    ("reference", "words"),
    [("hold:3", "Stop 3"), ("catalogue:default", "Catalogue"), ("odd:1", "odd 1")],
)
def test_what_an_event_is_about_is_called_as_people_call_it(reference, words):
    assert object_words(reference) == words


@pytest.mark.parametrize("kind", EventKind)
def test_each_has_a_sentence_without_gaps_and_an_icon_that_exists(kind):
    people = [person("Marina", "actor"), person("Ana", "guest"), person("Caio", "member")]
    line = present(event(kind), people)
    assert line.text.endswith(".")
    assert "%(" not in line.text
    assert "an erased person" not in line.text
    assert "<svg" in Template("{% load portal_ui %}{% icon name %}").render(Context({"name": line.icon}))


def test_names_come_from_the_details():
    line = present(
        event("invitation.created"), [person("Marina", "actor"), person("", "guest", "ana@example.com")]
    )
    assert line.text == "Marina invited ana@example.com."


def test_whose_details_are_gone_is_an_erased_person():
    assert present(event("invitation.created"), []).text == "an erased person invited an erased person."


@pytest.mark.parametrize(
    ("actor", "name"), [("worker", "The worker"), ("system", "The portal"), ("guest", "The guest")]
)
def test_actors_that_are_no_person(actor, name):
    assert present(event("hold.released", actor=actor), []).text == f"{name} let sending go on."


def test_reasons_are_words():
    line = present(event("hold.set", actor="system", data={"reason": "storm"}), [])
    assert line.text == "The portal stopped sending: Several outcomes in a row are unknown."


@pytest.mark.parametrize(
    ("kind", "fault", "words"),
    [
        ("link.unknown", "no_answer", "The request left, and no answer came."),
        ("link.unknown", "not_json", "Kondado’s answer could not be understood."),
        ("link.rejected", "rejected", "Kondado refused. Nothing was made."),
        ("mail.failed", "smtp_550", "The mail server refused it (550)."),
        ("mail.failed", "withdrawn", "The invitation was changed or ended before the mail left."),
        ("mail.unknown", "disconnected", "The connection to the mail server broke."),
    ],
)
def test_a_fault_is_words_and_never_a_code(kind, fault, words):
    line = present(event(kind, actor="worker", data={"fault": fault}), [person("Ana", "guest")])

    assert line.text.endswith(words)
    assert fault not in line.text + line.about


def test_a_corrected_address_shows_both_of_them():
    before, after = person("Ana", "member", "old@example.com"), person("Ana", "guest", "new@example.com")
    moved = event("invitation.readdressed")

    shown = present(moved, [person("Marina", "actor"), before, after]).text
    half = present(moved, [person("Marina", "actor"), after]).text

    assert shown.startswith("Marina corrected the guest from Ana (old@example.com) to Ana (new@example.com).")
    assert half.startswith("Marina corrected the guest from an erased person to Ana (new@example.com).")


def test_words_of_the_catalogue_are_counted():
    line = present(event("catalogue.synced", data={"added": 2, "retired": 1, "listed": 150}), [])
    assert line.text == "The catalogue was read: 150 listed, 2 new, 1 withdrawn."


def test_a_name_with_a_percent_sign_is_shown_as_it_is():
    assert (
        present(event("guest.opened"), [person("100%(s) Ana", "guest")]).text
        == "100%(s) Ana opened the invitation."
    )


def test_a_kind_without_words_breaks_no_page():
    assert present(event("future.kind"), []).text == "future.kind"


def test_only_invitations_have_a_page():
    assert object_url("invitation:abcdefgh") == "/invitations/abcdefgh/"
    assert object_url("account:1") == object_url("nothing") == ""
