"""What an operator types, with what it prints, stores and refuses."""

import io
import re
import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from invitations.mail import smtp
from invitations.management.commands import run_worker
from invitations.models import (
    Account,
    AuditEvent,
    AuditHead,
    Connector,
    Hold,
    Membership,
    Status,
    User,
    VendorCall,
    WorkerBeat,
    guards,
)
from invitations.models.hold import HoldReason
from invitations.services.holds import holds
from invitations.services.sending import dispatch
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def says(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command prints."""
    call_command(*words)
    return capsys.readouterr().out


def refusal(*words: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command(*words)
    return str(caught.value)


# create_account ------------------------------------------------------------------------------------


def test_an_account_keeps_the_part_of_its_id_that_kondado_reads(capsys):
    says(capsys, "create_account", "Padaria Sol", "12345-6", "--silent-address", "invites@example.com")

    account = Account.objects.get()
    assert (account.name, account.client_id, account.silent_address) == (
        "Padaria Sol",
        "12345",
        "invites@example.com",
    )
    assert AuditEvent.objects.get().kind == "account.created"


@pytest.mark.parametrize("client_id", ["", "abc", "12 345", "1234567890123", "12345-", "12345-67890", "١٢٣"])
def test_an_account_with_a_bad_id_is_refused(client_id):
    assert "client id" in refusal("create_account", "Padaria Sol", client_id).lower()
    assert not Account.objects.exists()


def test_an_account_is_made_once(account):
    refusal("create_account", "Another name", account.client_id)
    assert Account.objects.count() == 1


@pytest.mark.parametrize("address", ["nobody", "a b@example.com", "a@b\nBcc: x@y.zz"])
def test_an_account_with_a_bad_silent_address_is_refused(address):
    refusal("create_account", "Padaria Sol", "12345", "--silent-address", address)
    assert not Account.objects.exists()


# create_member -------------------------------------------------------------------------------------


def sign_in(email: str, password: str) -> bool:
    client = Client()
    client.post("/login/", {"login": email, "password": password})
    return "_auth_user_id" in client.session


def test_a_member_signs_in_with_the_password_from_standard_input(capsys, monkeypatch, account):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))

    printed = says(
        capsys,
        *("create_member", "Marina@Example.com", "--role", "manager", "--name", "Marina"),
        *("--account", account.client_id, "--password-stdin"),
    )

    user = User.objects.get()
    assert (user.email, user.role, user.full_name) == ("marina@example.com", "manager", "Marina")
    assert Membership.objects.get().account == account
    assert PASSWORD not in printed
    assert sign_in("marina@example.com", PASSWORD)
    assert not sign_in("marina@example.com", PASSWORD + "x")


@pytest.mark.parametrize("password", ["short", "password1234", "kondado-convite-2026", ""])
def test_a_weak_password_is_refused(monkeypatch, password):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))

    refusal("create_member", "marina@example.com", "--role", "admin", "--password-stdin")
    assert not User.objects.exists()


def test_a_member_of_an_account_that_does_not_exist_is_refused_whole(capsys):
    assert "404404" in refusal("create_member", "a@example.com", "--role", "manager", "--account", "404404")
    assert not User.objects.exists()


def test_s07_the_one_time_link_lets_a_new_member_choose_a_password_once(capsys, settings):
    printed = says(capsys, "create_member", "auditor@example.com", "--role", "auditor")
    link = re.search(rf"{settings.PORTAL_URL}(/\S+)", printed)[1]

    form = Client()
    opened = form.get(link, follow=True)
    assert opened.status_code == 200
    form.post(opened.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    assert sign_in("auditor@example.com", PASSWORD)

    again = Client()
    opened = again.get(link, follow=True)
    again.post(
        opened.request["PATH_INFO"], {"password1": "stolen " + PASSWORD, "password2": "stolen " + PASSWORD}
    )
    assert not sign_in("auditor@example.com", "stolen " + PASSWORD)


# sync_connectors -----------------------------------------------------------------------------------


def test_the_catalogue_is_stored_as_kondado_lists_it(capsys, sandbox):
    sandbox.offer(777_001, "src", "<script>alert(1)</script> {{ 7*7 }}")

    printed = says(capsys, "sync_connectors")

    listed = {(item["id"], "src") for item in sandbox.catalogue("src")}
    listed |= {(item["id"], "dest") for item in sandbox.catalogue("dest")}
    stored = set(Connector.objects.values_list("kondado_id", "direction"))
    assert stored <= listed
    assert f"{len(stored)} connectors, {len(stored)} new" in printed
    assert Connector.objects.get(kondado_id=777_001).name == "<script>alert(1)</script> {{ 7*7 }}"
    assert list(VendorCall.objects.values_list("kind", "outcome")) == [("catalogue", "listed")] * 2


def test_a_withdrawn_connector_is_kept_but_no_longer_offered(capsys, sandbox):
    sandbox.offer(777_001, "src", "Passing Fancy")
    says(capsys, "sync_connectors")
    sandbox.withdraw(777_001, "src")

    assert "0 new, 1 withdrawn" in says(capsys, "sync_connectors")

    connector = Connector.objects.get(kondado_id=777_001)
    assert not connector.is_active
    assert connector not in Connector.objects.granted_to("default")


def test_a_failed_sync_changes_nothing(capsys, sandbox):
    says(capsys, "sync_connectors")
    before = list(Connector.objects.order_by("pk").values())
    sandbox.misbehave("cut_json", method="GET")

    assert "was not updated" in refusal("sync_connectors")
    assert list(Connector.objects.order_by("pk").values()) == before


def test_the_catalogue_does_not_wait_for_the_end_of_a_long_pause(sandbox, make_invitation):
    sandbox.misbehave("http_429_retry_date")
    make_invitation()
    dispatch.step()
    assert "no turn" in refusal("sync_connectors")


# holds ---------------------------------------------------------------------------------------------


def test_holds_are_listed_and_released_in_the_name_of_an_administrator(capsys, admin, manager, account):
    first = holds.stop(reason=HoldReason.CREDENTIAL, credential="default", detail="INVALID_TOKEN")
    second = holds.stop(reason=HoldReason.PERSON, account=account)
    printed = says(capsys, "holds")
    assert "credential default  credential  INVALID_TOKEN" in printed
    assert f"account {account.client_id} (Padaria Sol)  person" in printed

    assert "administrator" in refusal("holds", "--release", "all", "--by", manager.email)
    assert "administrator" in refusal("holds", "--release", "all")
    assert "no such" in refusal("holds", "--release", "999", "--by", admin.email)
    assert Hold.objects.standing().count() == 2

    printed = says(capsys, "holds", "--release", str(first.pk), "--by", admin.email)
    assert "INVALID_TOKEN" not in printed
    assert list(Hold.objects.standing()) == [second]
    assert "Nothing is held" in says(capsys, "holds", "--release", "all", "--by", admin.email)
    assert set(Hold.objects.values_list("released_by", flat=True)) == {admin.pk}
    assert AuditEvent.objects.filter(kind="hold.released", actor=f"user:{admin.pk}").count() == 2


def test_all_is_without_the_hold_of_a_restore(capsys, admin, account):
    restored = holds.stop(reason=HoldReason.RESTORED)
    holds.stop(reason=HoldReason.PERSON, account=account)

    printed = says(capsys, "holds", "--release", "all", "--by", admin.email)

    assert list(Hold.objects.standing()) == [restored]
    assert "compare what waits" in printed
    assert "compare what waits" not in says(
        capsys, "holds", "--release", str(restored.pk), "--by", admin.email
    )
    assert not Hold.objects.standing().exists()


# verify_audit --------------------------------------------------------------------------------------


def test_a_sound_record_prints_a_head_that_is_good_for_later(capsys, make_invitation):
    make_invitation()
    printed = says(capsys, "verify_audit")
    head = re.search(r"[0-9]+:[0-9a-f]{64}", printed)[0]
    make_invitation()

    assert "is sound" in says(capsys, "verify_audit", "--head", head)
    assert "noted head" in refusal("verify_audit", "--head", head[:-1] + ("0" if head[-1] != "0" else "1"))
    assert "64 hex digits" in refusal("verify_audit", "--head", "1:abc")


def change_event() -> str:
    AuditEvent.objects.filter(number=2).update(actor="user:999")
    return "event 2 was changed"


def rehash_event() -> str:
    """A forger who makes the row's own hash fit again is betrayed by the next row."""
    AuditEvent.objects.filter(number=2).update(hash="f" * 64)
    return "event 2 was changed"


def drop_event() -> str:
    AuditEvent.objects.filter(number=2).delete()
    return "event 2 is missing"


def cut_tail() -> str:
    last = AuditEvent.objects.latest("number")
    AuditEvent.objects.filter(pk=last.pk).delete()
    return f"the end of the record is missing after event {last.number - 1}"


def change_detail() -> str:
    event = AuditEvent.objects.filter(details__isnull=False).earliest("number")
    event.details.update(detail={"name": "Somebody else"})
    return f"event {event.number} has a changed detail"


@pytest.mark.parametrize("tamper", [change_event, rehash_event, drop_event, cut_tail, change_detail])
def test_s52_tampering_is_found_even_by_an_owner_who_took_the_triggers_away(make_invitation, tamper):
    make_invitation()
    make_invitation()
    guards.remove(connection)
    said = tamper()
    guards.install(connection)

    assert said in refusal("verify_audit")


def test_s52_a_tail_cut_with_its_head_is_found_by_a_noted_head(make_invitation):
    make_invitation()
    guards.remove(connection)
    last, before = AuditEvent.objects.order_by("-number")[:2]
    AuditEvent.objects.filter(pk=last.pk).delete()
    AuditHead.objects.update(number=before.number, hash=before.hash)
    guards.install(connection)
    call_command("verify_audit")

    assert "noted head" in refusal("verify_audit", "--head", f"{last.number}:{last.hash}")


def test_a_lost_trigger_is_found():
    guards.remove(connection)

    assert "is missing" in refusal("verify_audit")


# run_worker ----------------------------------------------------------------------------------------


def statuses(invitations: list[Any]) -> list[str]:
    return [invitation.links.get().status for invitation in invitations]


def test_the_worker_empties_the_queue_and_returns(sandbox, make_invitation):
    invitations = [make_invitation() for _ in range(3)]

    call_command("run_worker", "--until-idle")

    assert statuses(invitations) == [Status.READY] * 3
    assert len(sandbox.ledger) == 3
    assert not WorkerBeat.objects.exists()


def test_one_step_is_one_invitation(sandbox, make_invitation):
    invitations = [make_invitation() for _ in range(2)]

    call_command("run_worker", "--once")

    assert sorted(statuses(invitations)) == [Status.QUEUED, Status.READY]


def test_the_worker_does_not_wait_for_what_is_held(sandbox, make_invitation, account):
    held = make_invitation()
    holds.stop(reason=HoldReason.PERSON, account=account)

    started = time.monotonic()
    call_command("run_worker", "--until-idle")

    assert time.monotonic() - started < 10
    assert statuses([held]) == [Status.QUEUED]
    assert sandbox.calls == []


def test_a_worker_told_to_stop_waits_for_as_long_as_a_mail_may_take():
    assert run_worker.END_OF_MAIL > smtp.TOTAL_SECONDS
