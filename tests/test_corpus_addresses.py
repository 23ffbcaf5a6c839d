"""Every way in and out that takes an address treats every line of the corpus as it says there."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy

import pytest
from django.core import mail as outgoing
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from invitations.forms.change import PersonForm
from invitations.forms.guest import ForwardForm
from invitations.forms.new_invitation import InvitationForm
from invitations.forms.sign_in import ForgottenPasswordForm, SignInForm
from invitations.mail import write
from invitations.mail.imap.mails import links_for
from invitations.models import GuestToken, Invitation, Message
from invitations.services.guest import answers
from invitations.services.guest.press import find
from invitations.services.invitations import change
from invitations.services.people import accounts
from invitations.typed.addresses import NotAnAddress, normal_email, one_form, read
from invitations.typed.invisible import shown
from tests import factories
from tests.corpus import lines

LINES = [(typed, *right.partition(" | ")[::2]) for typed, right in lines("addresses.tsv")]
RIGHT = [(typed, address, name) for typed, address, name in LINES if not address.startswith("! ")]
WRONG = [(typed, right.removeprefix("! ")) for typed, right, _name in LINES if right.startswith("! ")]


# Where rows are written, one line for each right end: what is read wrongly shows above.
ROWS = list({address: (typed, address) for typed, address, _name in RIGHT}.values())


def end_of(typed: str) -> tuple[str, str]:
    """What the one reader makes of it, as the corpus writes it."""
    try:
        found = read(typed)
    except NotAnAddress as error:
        part = (
            f"U+{ord(error.part):04X}" if shown(error.part or " ")[:2] == "U+" and error.part else error.part
        )
        return f"! {error.fault}: {part}" if error.part else f"! {error.fault}", ""
    return found.address, found.name


@pytest.mark.parametrize(("typed", "right", "name"), LINES)
def test_an_address_is_read_as_the_corpus_says(typed, right, name):
    assert end_of(typed) == (right, name)


@pytest.mark.parametrize(("typed", "address", "name"), RIGHT)
def test_the_one_form_is_its_own_one_form(typed, address, name):
    assert address.isascii()
    assert (one_form(address), normal_email(typed)) == (address, address.lower())


@given(st.text(alphabet=st.sampled_from("aA1.@-+'\"<>;, ß\u200b\u200dã:"), max_size=30))
def test_whatever_is_read_as_an_address_is_read_so_again(text):
    try:
        found = one_form(text)
    except NotAnAddress:
        return
    assert one_form(found) == found


# Forms ---------------------------------------------------------------------------------------------


def of_new_invitation(typed: str) -> str:
    return InvitationForm.base_fields["recipient_email"].clean(typed)


def of_manager(typed: str) -> str:
    return cleaned(PersonForm({"email": typed}), "email")


def of_guest(typed: str) -> str:
    return cleaned(ForwardForm({"to_name": "Ana", "to_email": typed}), "to_email")


def of_sign_in(typed: str) -> str:
    return SignInForm({"login": typed}).fields["login"].clean(typed)


def of_forgotten_password(typed: str) -> str:
    return ForgottenPasswordForm({"email": typed}).fields["email"].clean(typed)


def cleaned(form, name: str) -> str:
    if form.is_valid():
        return form.cleaned_data[name]
    raise ValidationError(form.errors.as_data()[name])


FORMS = [of_new_invitation, of_manager, of_guest, of_sign_in, of_forgotten_password]
LOWER = {of_sign_in, of_forgotten_password}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_form_takes_the_address_in_its_one_form(form, db):
    wanted = [(typed, address.lower() if form in LOWER else address) for typed, address, _name in RIGHT]

    assert [(typed, form(typed)) for typed, _address in wanted] == wanted


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_form_says_what_is_wrong_and_shows_it(form, db):
    for typed, right in WRONG:
        if form in LOWER and right.startswith("domain"):
            assert form(typed) == typed.strip().lower()  # somebody may have it since before
            continue
        with pytest.raises(ValidationError) as caught:
            form(typed)
        [sentence] = caught.value.messages
        fault, _, part = right.partition(": ")
        codes = {f"address_{fault}", "null_characters_not_allowed", "required"}
        assert caught.value.error_list[0].code in codes, (typed, sentence)
        if caught.value.error_list[0].code == f"address_{fault}":
            assert part[:80] in sentence, (typed, sentence)


@pytest.mark.parametrize("form", [PersonForm, ForwardForm])
def test_the_name_that_was_pasted_is_offered_where_none_was_typed(form):
    to, who = ("email", "name") if form is PersonForm else ("to_email", "to_name")
    for typed, address, name in RIGHT:
        if name:
            empty, filled = form({to: typed, who: ""}), form({to: typed, who: "Bia"})
            assert (empty.is_valid(), empty.cleaned_data) == (True, {to: address, who: name}), typed
            assert (filled.is_valid(), filled.cleaned_data[who]) == (True, "Bia")


# Services and commands -----------------------------------------------------------------------------


def silent(typed: str) -> str:
    number = str(10_000_000 + next(factories.numbers))
    return accounts.create_account(name="Padaria", client_id=number, silent_address=typed).silent_address


def member(typed: str) -> str:
    return accounts.save_member(email=typed, role="auditor", client_ids=[])[0].email


@pytest.mark.django_db
@pytest.mark.parametrize("command", [silent, member], ids=lambda command: command.__name__)
def test_what_an_operator_types_is_stored_in_its_one_form(command):
    for typed, address in ROWS:
        wanted = address.lower() if command is member else address
        local, _at, _domain = address.rpartition("@")
        if command is silent and (local.startswith('"') or len(local) > 47 or len(address) > 237):
            with pytest.raises(ValidationError):
                command(typed)
        else:
            assert command(typed) == wanted, typed
    for typed, right in WRONG:
        if typed.strip():
            with pytest.raises(ValidationError) as caught:
                command(typed)
            assert caught.value.code == f"address_{right.partition(': ')[0]}", typed


@pytest.fixture
def ways(manager, account, connector) -> dict[str, Callable[[str], tuple[str, str]]]:
    """What services store for an address that is typed: as it is used, and as it is compared."""
    kept = factories.make_invitation(manager, account, connector, "ready", delivery="portal")

    def created(typed: str) -> tuple[str, str]:
        Invitation.objects.exclude(pk=kept.pk).update(form_nonce="", created_by=manager.pk)
        fields = {"recipient_email": typed, "insist_reason": "corpus"}
        row = factories.make_invitation(manager, account, connector, delivery="portal", **fields)
        link = row.links.get()
        row.links.all().update(current_attempt=None)
        assert row.recipient_normal == link.recipient_normal
        shown_as = row.recipient_email, row.recipient_normal
        link.attempts.all().delete()
        link.delete()
        row.delete()
        return shown_as

    def corrected(typed: str) -> tuple[str, str]:
        change.correct_address(by=manager, invitation=kept, recipient_email=typed, recipient_name="Ana")
        kept.refresh_from_db()
        assert Message.objects.latest("pk").to_email == kept.recipient_email
        return kept.recipient_email, kept.links.get().recipient_normal

    def passed_on(typed: str) -> tuple[str, str]:
        Message.objects.all().delete()
        message = change.forward(by=manager, invitation=kept, to_email=typed)
        return message.to_email, message.to_email.lower()

    def passed_on_by_guest(typed: str) -> tuple[str, str]:
        Message.objects.all().delete()
        Invitation.objects.update(
            forwards=0, recipient_email="guest@guest.example", recipient_normal="guest@guest.example"
        )
        GuestToken.objects.all().delete()
        key = find(public_id=kept.public_id, token=factories.make_key(kept))
        answers.forward(by=key, to_email=typed, to_name="Ana")
        message = Message.objects.get(kind="forward")
        return message.to_email, message.to_email.lower()

    return {way.__name__: way for way in (created, corrected, passed_on, passed_on_by_guest)}


@pytest.mark.parametrize("way", ["created", "corrected", "passed_on", "passed_on_by_guest"])
def test_every_service_stores_and_compares_the_one_form(ways, way):
    for typed, address in ROWS:
        assert ways[way](typed) == (address, address.lower()), typed
    for typed, _right in WRONG[::4]:
        with pytest.raises(ValueError, match="no address"):
            ways[way](typed)


# Mails ---------------------------------------------------------------------------------------------


def test_the_envelope_and_the_header_name_the_stored_address(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    asked = write.Asked(
        sender="Marina", sender_email="marina@agency.example", company="Padaria Sol", accent="", links=[("ClickUp", "src")],
        guest="Ana", message="", language="en", expires_in_days=14,
    )  # fmt: skip
    outgoing.outbox = []
    for _typed, address in ROWS:
        write.send(write.invitation(asked, to=address, url="https://portal.example.com/g/x/"))
        message = outgoing.outbox.pop()
        assert message.recipients() == [address]
        parsed = message_from_bytes(message.message().as_bytes(), policy=policy.default)
        [to] = parsed["To"].addresses
        assert (f"<{address}>" in str(message.message()["To"]), to.domain) == (
            True,
            address.rpartition("@")[2],
        )


def test_the_silent_mailbox_knows_the_address_in_every_spelling():
    spelled = [
        (typed, address) for typed, address, _name in RIGHT if re.fullmatch(r"[\w.+-]+@[\w.-]+", typed)
    ]
    assert len(spelled) > 100
    for typed, address in spelled:
        assert links_for(f"To: Ana <{typed}>\n\nhttps://app.kondado.com.br/x".encode(), address), typed
    raw = b"To: bruno@example.com\n\nhttps://app.kondado.com.br/x"
    assert links_for(raw, "ana@example.com") is None
