"""Stored addresses in the one form that everything uses: the domain in ASCII, nothing that nobody sees.

What an attempt has frozen stays, because it says what was sent. So does an address whose mailbox would count as another
one than before: its open place is held under the former name.
"""

from typing import Any

from django.db import migrations

from invitations.typed.addresses import NotAnAddress, one_form
from invitations.typed.text import fold


def changed(address: str) -> str:
    """The one form where it differs; empty where it does not, or where there is none."""
    try:
        form = one_form(address)
    except NotAnAddress:
        return ""
    return form if form != address else ""


def convert(apps: Any, _schema_editor: Any) -> None:
    """Row by row, and only those that differ."""
    invitations = apps.get_model("invitations", "Invitation").objects
    for row in invitations.only("recipient_email", "recipient_normal", "search_text").iterator():
        form = changed(row.recipient_email)
        if form and form.lower() == row.recipient_normal:
            text = f"{fold(form)} {row.search_text}"
            invitations.filter(pk=row.pk).update(recipient_email=form, search_text=text)
            mails = apps.get_model("invitations", "Message").objects
            mails.filter(invitation=row.pk, to_email=row.recipient_email).update(to_email=form)
    for model, column in (("Message", "to_email"), ("Account", "silent_address")):
        rows = apps.get_model("invitations", model).objects
        for pk, address in rows.exclude(**{column: ""}).values_list("pk", column).iterator():
            if form := changed(address):
                rows.filter(pk=pk).update(**{column: form})


class Migration(migrations.Migration):
    dependencies = [("invitations", "0320_field_keys")]
    operations = [migrations.RunPython(convert, migrations.RunPython.noop)]
