"""Creating an invitation: once per form, once per guest and connector, recorded or not at all."""

from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from django.db import connection

from invitations import errors
from invitations.models import AccessLink, AuditDetail, AuditEvent, Invitation
from invitations.models.hold import HoldReason
from invitations.services.base import audit
from invitations.services.holds import holds
from invitations.services.invitations import create, links, names
from invitations.services.invitations.names import Wanted
from tests import factories

pytestmark = pytest.mark.django_db


SAME = {"form_nonce": "one", "recipient_email": "ana@example.com", "assigned_collection_name": "Ana"}


def test_the_same_form_twice_is_one_invitation(make_invitation):
    first = make_invitation(**SAME)
    second = make_invitation(**SAME | {"recipient_email": "ANA@Example.com "})

    assert first == second
    assert AccessLink.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "made", "asked"),
    [
        ("recipient_email", "bruno@example.com", "ana@example.com", "bruno@example.com"),
        ("recipient_name", "Bia", "Ana Souza", "Bia"),
        ("assigned_collection_name", "Bia", "Ana", "Bia"),
        ("message", "Please", "", "Please"),
        ("delivery", "portal", "kondado", "portal"),
        ("language", "es", "pt-br", "es"),
        ("expires_in_days", 7, "14", "7"),
        ("account", "another", "Padaria Sol", "Mercado Lua"),
        ("connector", "another", "ClickUp", "BigQuery"),
    ],
)
def test_the_same_form_with_something_else_in_it_makes_nothing_and_says_what_differs(
    make_invitation, manager, other_account, dest_connector, field, value, made, asked
):
    factories.add_member(manager, other_account)
    first = make_invitation(**SAME)
    value = {"account": other_account, "connector": dest_connector}.get(field, value)
    with pytest.raises(errors.SentOtherwise) as caught:
        make_invitation(**SAME | {field: value})

    [difference] = caught.value.differences
    assert (difference.made, difference.asked) == (made, asked)
    assert (caught.value.first, Invitation.objects.count()) == (first, 1)


def test_a_name_that_was_made_is_no_difference(manager, account, connector, make_invitation):
    first = make_invitation(**SAME | {"assigned_collection_name": "ClickUp · Ana"})
    fields = {
        name: getattr(first, name) for name in ("recipient_email", "recipient_name", "delivery", "language")
    }

    def again(name: str, *, made: bool) -> Invitation:
        wanted = [Wanted(connector, name, made=made)]
        return create.create_invitation(
            by=manager, account=account, wanted=wanted, form_nonce="one", expires_in_days=14, **fields
        )

    assert again("ClickUp · Ana (2)", made=True) == first
    with pytest.raises(errors.SentOtherwise):
        again("ClickUp · Ana (2)", made=False)


def test_the_same_guest_and_connector_needs_a_reason(make_invitation, colleague):
    make_invitation(recipient_email="Ana@Example.com")
    with pytest.raises(errors.SameOpenInvitation) as caught:
        make_invitation(by=colleague, recipient_email="ana@example.COM")
    assert caught.value.existing[0].invitation.created_by.email == "manager@example.com"

    second = make_invitation(by=colleague, recipient_email="ana@example.com", insist_reason="another shop")

    assert list(AccessLink.objects.order_by("id").values_list("holds_open_slot", flat=True)) == [True, False]
    assert second.links.get().insist_reason == "another shop"


def test_a_second_one_is_noticed_too_when_the_first_holds_no_slot(make_invitation):
    make_invitation(recipient_email="ana@example.com", status="rejected")
    make_invitation(recipient_email="ana@example.com")
    with pytest.raises(errors.SameOpenInvitation):
        make_invitation(recipient_email="ana@example.com")


def test_s60_each_refusal_changes_nothing(make_invitation, stranger, auditor, account, connector):
    withdrawn = factories.make_connector("Gone", credential="another")
    mute = factories.make_account("Mute", silent_address="")
    cases = [
        (errors.NotYours, {"by": stranger}),
        (errors.NotYours, {"by": auditor}),
        (errors.ConnectorNotOffered, {"connector": withdrawn}),
        (
            errors.NoSilentAddress,
            {"account": mute, "by": factories.make_user("m@x.example", "manager", mute), "delivery": "link"},
        ),
    ]
    for error, fields in cases:
        with pytest.raises(error):
            make_invitation(**fields)
    holds.stop(reason=HoldReason.PERSON, account=account)
    with pytest.raises(errors.AccountHeld):
        make_invitation()
    assert not Invitation.objects.exists()


def test_s50_a_record_that_cannot_be_written_undoes_the_invitation(make_invitation):
    with mock.patch.object(audit, "record", side_effect=RuntimeError), pytest.raises(RuntimeError):
        make_invitation()
    assert not Invitation.objects.exists()


def test_events_name_nobody_and_details_do(make_invitation):
    make_invitation(recipient_email="ana@example.com", recipient_name="Ana Souza")

    event = AuditEvent.objects.get(kind="invitation.created")
    text = f"{event.data}{event.people}{event.actor}{event.object}"
    assert "ana" not in text.lower()
    assert {row.detail["email"] for row in AuditDetail.objects.filter(event=event)} == {
        "ana@example.com",
        "manager@example.com",
    }


def test_a_queued_link_can_be_cancelled_and_the_guest_asked_again(make_invitation, manager, stranger):
    invitation = make_invitation(recipient_email="ana@example.com")
    with pytest.raises(errors.NotYours):
        links.cancel(by=stranger, link=invitation.links.get())

    links.cancel(by=manager, link=invitation.links.get())

    invitation.refresh_from_db()
    assert invitation.stage == "cancelled"
    make_invitation(recipient_email="ana@example.com")
    with pytest.raises(errors.WrongState):
        links.cancel(by=manager, link=invitation.links.get())


def test_only_the_owner_or_an_admin_sees_kondados_link_and_it_is_recorded(
    make_invitation, manager, colleague, admin, auditor
):
    link = make_invitation(status="ready").links.get()
    for person in (colleague, auditor):
        with pytest.raises(errors.NotYours):
            links.reveal_kondado_link(by=person, link=link)
    for person in (manager, admin):
        assert "/collection_guest/" in links.reveal_kondado_link(by=person, link=link)
    assert AuditEvent.objects.filter(kind="kondado_link.revealed").count() == 2


def test_a_suggested_name_is_free_and_fits(make_invitation, account):
    name = names.suggest(account=account, connector_name="ClickUp", guest="Ana")
    second = names.suggest(account=account, connector_name="ClickUp", guest="Ana", besides=[name])
    assert second == f"{name} (2)"
    make_invitation(assigned_collection_name=name)
    assert names.suggest(account=account, connector_name="ClickUp", guest="Ana") == f"{name} (2)"
    assert len(names.suggest(account=account, connector_name="C" * 200, guest="Ana")) <= 100


@pytest.mark.django_db(transaction=True)
def test_many_submits_at_once_are_one_invitation(manager, account, connector):
    def submit(number: int) -> int:
        try:
            return factories.make_invitation(manager, account, connector, **SAME).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(submit, range(24)))

    assert len(found) == 1
    assert AccessLink.objects.count() == 1
    assert next(audit.problems(), None) is None
