"""Addresses that were stored before there was one form come into it, where nothing rests on the former one."""

import pytest
from django.core.management import call_command

from invitations.models import Account, Invitation, Message
from tests.models.test_migrations import NOW, settled_attempt, tables_at


@pytest.mark.django_db(transaction=True)
def test_stored_addresses_come_into_the_one_form():
    old = tables_at("0320_field_keys")
    try:
        settled_attempt(old)
        rows = old.get_model("invitations", "Invitation").objects
        [row] = rows.all()
        was = {
            "recipient_email": "Zed@Straße.example.com\u200b",
            "recipient_normal": "zed@xn--strae-oqa.example.com",
        }
        rows.update(search_text="zed@strasse.example.com", **was)
        others = {
            "created_by": row.created_by,
            "account": row.account,
            "created_at": NOW,
            "delivery": "kondado",
        }
        rows.create(
            recipient_email='"zed"@Example.com',
            recipient_normal='"zed"@example.com',
            form_nonce="a",
            **others,
        )
        rows.create(form_nonce="b", **others)
        mails = old.get_model("invitations", "Message").objects
        mails.create(kind="invitation", invitation=row, to_email=was["recipient_email"], created_at=NOW)
        old.get_model("invitations", "Account").objects.update(silent_address="in@Agência.com.br")
    finally:
        call_command("migrate", verbosity=0)

    form = "Zed@xn--strae-oqa.example.com"
    assert list(Invitation.objects.order_by("pk").values_list("recipient_email", flat=True)) == [
        form,
        '"zed"@Example.com',
        "",
    ]
    assert (
        Invitation.objects.earliest("pk").search_text
        == "zed@xn--strae-oqa.example.com zed@strasse.example.com"
    )
    assert Message.objects.get().to_email == form
    assert Account.objects.get().silent_address == "in@xn--agncia-jva.com.br"
