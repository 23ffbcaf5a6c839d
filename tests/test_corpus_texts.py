"""Every field for a name or for text of several lines treats every line of the corpus as it says there."""

import pytest
from django.core.exceptions import ValidationError

from invitations.forms.change import PersonForm
from invitations.forms.guest import DeclineForm, ForwardForm
from invitations.forms.help import HelpForm
from invitations.forms.new_invitation import InvitationForm
from invitations.forms.preferences import PreferencesForm
from invitations.services.people import accounts
from invitations.services.reads.help_texts import Help
from invitations.typed.invisible import INVISIBLE, out_of_place
from tests.corpus import lines

NAMES = list(lines("names.tsv"))
TEXTS = list(lines("texts.tsv"))


def of_new_invitation(typed: str) -> str:
    return InvitationForm.base_fields["recipient_name"].clean(typed)


def of_manager(typed: str) -> str:
    form = PersonForm({"email": "ana@example.com", "name": typed})
    return form.cleaned_data["name"] if form.is_valid() else refused(form, "name")


def of_preferences(typed: str) -> str:
    return PreferencesForm.base_fields["full_name"].clean(typed)


def of_guest(typed: str) -> str:
    form = ForwardForm({"to_email": "ana@example.com", "to_name": typed})
    return form.cleaned_data["to_name"] if form.is_valid() else refused(form, "to_name")


def of_command(typed: str) -> str:
    user, _new = accounts.save_member(email="ana@example.com", role="auditor", name=typed, client_ids=[])
    return user.full_name


def refused(form, name: str) -> str:
    raise ValidationError(form.errors.as_data()[name])


PLACES = [of_new_invitation, of_manager, of_preferences, of_guest, of_command]


@pytest.mark.django_db
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize(("typed", "right"), NAMES)
def test_a_name_is_kept_or_refused_as_the_corpus_says(place, typed, right):
    if right.startswith("! ") or (place is of_guest and not right):
        with pytest.raises(ValidationError) as caught:
            place(typed)
        sentences = " ".join(caught.value.messages)
        assert right.removeprefix("! ") in sentences or "Null characters" in sentences
    elif place is of_guest:
        assert place(typed) == " ".join(right.split())
    else:
        assert place(typed) == right


@pytest.mark.parametrize(("typed", "right"), TEXTS)
def test_a_guests_reason_is_kept_as_the_corpus_says(typed, right):
    form = DeclineForm({"kind": "cannot", "reason": typed})
    if "\0" in typed:
        assert not form.is_valid() or form.cleaned_data["reason"] == right
    else:
        assert form.is_valid(), form.errors
        assert form.cleaned_data["reason"] == right


def message(typed: str) -> str:
    return InvitationForm.base_fields["message"].clean(typed)


def help_text(typed: str) -> str:
    form = HelpForm({"en-needs": typed}, language="en", text=Help("en", "", "", None))
    return form.cleaned_data["needs"] if form.is_valid() else refused(form, "needs")


@pytest.mark.parametrize("place", [message, help_text], ids=lambda place: place.__name__)
def test_what_staff_writes_to_guests_is_kept_or_refused(place):
    for typed, right in TEXTS:
        if (
            INVISIBLE.sub("", typed).strip()
            and out_of_place(right.replace("\n", "").replace("\t", "")) == ""
            and len(right) >= len(typed.replace("\r\n", "\n").strip())
        ):
            assert place(typed) == right, typed
        elif right:
            with pytest.raises(ValidationError):
                place(typed)
        else:
            assert place(typed) == ""


@pytest.mark.parametrize(
    ("field", "most"),
    [
        (InvitationForm.base_fields["message"], 1000),
        (DeclineForm.base_fields["reason"], 500),
        (HelpForm.base_fields["needs"], 1000),
        (HelpForm.base_fields["skip"], 500),
    ],
    ids=["message", "reason", "needs", "skip"],
)
def test_a_line_break_counts_once_in_every_field_of_several_lines(field, most):
    text = "\r\n".join(["x" * 24] * (most // 25))
    assert len(field.clean(text)) == most - 1
    with pytest.raises(ValidationError):
        field.clean("x" * (most + 1))
