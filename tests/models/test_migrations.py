"""Migrations run with data in place, on the database at hand."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from invitations.models import Attempt, Hold, guards
from invitations.services.base import audit

NOW = timezone.now()


def tables_at(name: str):
    """Brings the database to a migration; its tables as they were then."""
    call_command("migrate", "invitations", name, verbosity=0)
    loader = MigrationExecutor(connection).loader
    return loader.project_state(("invitations", name)).apps


def settled_attempt(old) -> int:
    """One unknown outcome that somebody has settled, and all that it stands on, as plain rows."""

    def make(table: str, **fields):
        return old.get_model("invitations", table).objects.create(**fields)

    user = make("User", email="manager@example.com", password="!")
    account = make("Account", name="Padaria Sol", client_id="12345", created_at=NOW)
    connector = make(
        "Connector", kondado_id=92, direction="src", name="ClickUp", first_seen_at=NOW, last_seen_at=NOW
    )
    invitation = make(
        "Invitation", account=account, created_by=user, created_at=NOW, delivery="kondado", form_nonce="n"
    )
    link = make(
        "AccessLink",
        invitation=invitation,
        account=account,
        connector=connector,
        kondado_id=92,
        direction="src",
        queued_at=NOW,
    )
    settled = {"settled_by": user, "settled_at": NOW, "outcome": "unknown", "finished_at": NOW}
    return make("Attempt", access_link=link, approved_by=user, approved_at=NOW, **settled).pk


@pytest.mark.django_db(transaction=True)
def test_equal_holds_become_one_and_old_decisions_were_peoples():
    old = tables_at("0002_cache_table")
    try:
        attempt = settled_attempt(old)
        holds = old.get_model("invitations", "Hold").objects
        for reason in ("storm", "storm", "person"):
            holds.create(scope="everything", reason=reason, since=NOW)
    finally:
        call_command("migrate", verbosity=0)

    assert list(Hold.objects.standing().order_by("id").values_list("reason", flat=True)) == [
        "storm",
        "person",
    ]
    assert Attempt.objects.get(pk=attempt).settled_how == "person"
    assert guards.missing(connection) == []
    assert next(audit.problems(), None) is None
