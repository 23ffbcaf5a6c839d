"""Sending stops by itself, and what waits behind the stop is unharmed."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from invitations.models import AccessLink, Account, Attempt, Hold, Status, VendorCall
from invitations.models.attempt import Outcome
from invitations.models.hold import HoldReason
from invitations.services.holds import holds, rules
from invitations.services.sending import dispatch
from tests import factories

pytestmark = pytest.mark.django_db


def statuses() -> list[str]:
    return list(AccessLink.objects.order_by("id").values_list("status", flat=True))


def send_all() -> None:
    while dispatch.step() == 0.0:
        pass


def outcomes(make_invitation, *ends: str, now=None, **fields) -> None:
    """Settles new attempts one after the other: an outcome, or the words of a refusal."""
    for end in ends:
        link = make_invitation(**fields).links.get()
        at = now or timezone.now()
        is_outcome = end in Outcome.values
        attempt = link.current_attempt
        attempt.outcome = end if is_outcome else Outcome.REJECTED
        attempt.error_text = "" if is_outcome else end
        attempt.credential, attempt.finished_at = link.account.credential, at
        attempt.save()
        rules.after_settle(attempt=attempt, now=at)


def rows() -> list[tuple]:
    return list(Hold.objects.standing().order_by("id").values_list("scope", "reason", "account"))


def test_three_unknown_in_a_row_stop_everything_until_a_catalogue_call_is_sound(sandbox, make_invitation):
    sandbox.misbehave("reset_after_request_created", times=3)
    for _ in range(5):
        make_invitation()

    send_all()

    assert statuses() == ["unknown"] * 3 + ["queued"] * 2
    storm = Hold.objects.standing().get()
    assert (storm.scope, storm.reason) == ("everything", "storm")
    rules.recover()
    assert Hold.objects.standing().exists(), "not before a minute has passed"

    sandbox.misbehave("http_502_html", method="GET")
    rules.recover(now=timezone.now() + timedelta(seconds=61))
    assert Hold.objects.standing().exists(), "the catalogue call failed"
    rules.recover(now=timezone.now() + timedelta(seconds=125))
    assert not Hold.objects.standing().exists()
    send_all()
    assert statuses() == ["unknown"] * 3 + ["ready"] * 2


def test_a_ready_outcome_ends_the_row(sandbox, make_invitation):
    for fault in ["reset_after_request", "reset_after_request", None, "reset_after_request"]:
        if fault:
            sandbox.misbehave(fault)
        make_invitation()
        dispatch.step()

    assert statuses() == ["unknown", "unknown", "ready", "unknown"]
    assert not Hold.objects.standing().exists()


def test_the_same_refusal_twice_holds_the_account(sandbox, make_invitation, account):
    sandbox.misbehave("refused", times=2)
    for _ in range(3):
        make_invitation()

    send_all()

    assert statuses() == ["rejected", "rejected", "queued"]
    assert Hold.objects.standing().get().account == account


def test_the_same_refusal_for_two_accounts_holds_the_credential(
    sandbox, make_invitation, other_account, connector
):
    other = factories.make_user("other@example.com", "manager", other_account)
    sandbox.misbehave("refused", times=2)
    make_invitation()
    make_invitation(by=other, account=other_account)

    send_all()

    hold = Hold.objects.standing().get()
    assert (hold.scope, hold.credential) == ("credential", "default")


@pytest.mark.parametrize("fault", ["http_401_envelope", "http_403_html"])
def test_a_refused_credential_is_held_at_once(sandbox, make_invitation, admin, fault):
    sandbox.misbehave(fault)
    make_invitation()
    make_invitation()

    send_all()

    assert statuses()[1] == "queued"
    hold = Hold.objects.standing().get()
    assert hold.reason == "credential"
    holds.release(by=admin, hold=hold)
    send_all()
    assert statuses()[1] == "ready"


def test_a_mended_setting_releases_its_hold(sandbox, settings, make_invitation):
    key, settings.KONDADO_KEY = settings.KONDADO_KEY, ""
    make_invitation()
    dispatch.step()
    assert Hold.objects.standing().exists()

    settings.KONDADO_KEY = key
    rules.recover()
    send_all()

    assert AccessLink.objects.get().status == Status.READY


def test_a_release_starts_the_count_again(sandbox, make_invitation, admin):
    sandbox.misbehave("refused", times=3)
    for _ in range(4):
        make_invitation()
    send_all()
    holds.release(by=admin, hold=Hold.objects.standing().get())

    send_all()

    assert statuses() == ["rejected", "rejected", "rejected", "ready"]
    assert not Hold.objects.standing().exists()


# Rows, however they came about ---------------------------------------------------------------------


def test_a_refusal_ends_a_row_of_unknown(make_invitation):
    outcomes(make_invitation, "unknown", "unknown", "refused somehow", "unknown", "unknown")
    assert rows() == []
    outcomes(make_invitation, "unknown")
    assert rows() == [("everything", "storm", None)]


def test_a_call_that_never_left_neither_counts_nor_ends_a_row(sandbox, settings, make_invitation):
    good = settings.KONDADO_API_URL
    for fault in ("reset_after_request", None, "reset_after_request", None, "reset_after_request"):
        settings.KONDADO_API_URL = good if fault else "http://127.0.0.1:9"
        if fault:
            sandbox.misbehave(fault)
        make_invitation()
        AccessLink.objects.filter(status="queued").exclude(not_before=None).update(
            not_before=timezone.now() + timedelta(hours=1)
        )
        dispatch.step()

    assert sorted(statuses()) == ["queued"] * 2 + ["unknown"] * 3
    assert rows() == [("everything", "storm", None)]


def test_other_words_or_an_unknown_between_end_a_row_of_refusals(make_invitation):
    outcomes(make_invitation, "A", "B", "A", "unknown", "A", "ready", "A")
    assert rows() == []


def test_the_same_words_for_two_accounts_need_not_be_next_to_each_other_in_one_account(
    make_invitation, other_account, account
):
    other = factories.make_user("other@example.com", "manager", other_account)
    outcomes(make_invitation, "A")
    outcomes(make_invitation, "ready", by=other, account=other_account)
    outcomes(make_invitation, "A")

    assert rows() == [("account", "rejections", account.pk)]


def test_five_refusals_in_a_row_hold_the_credential_whatever_they_say(make_invitation):
    outcomes(make_invitation, "A", "B", "C", "D")
    assert rows() == []
    outcomes(make_invitation, "E")
    assert rows() == [("credential", "rejections", None)]


def test_another_credential_has_rows_of_its_own(make_invitation, admin):
    away = factories.make_account("Away", credential="second")
    connector = factories.make_connector("Sheets", credential="second")
    elsewhere = {"by": admin, "account": away, "connector": connector}
    outcomes(make_invitation, "A")
    outcomes(make_invitation, "A", **elsewhere)
    assert rows() == []
    outcomes(make_invitation, "B", "C", "D")
    assert rows() == []


def test_who_released_one_account_looked_at_that_account_alone(make_invitation, other_account, admin):
    other = factories.make_user("other@example.com", "manager", other_account)
    elsewhere = {"by": other, "account": other_account}
    outcomes(make_invitation, "B", **elsewhere)
    outcomes(make_invitation, "ready", "A", "A")
    holds.release(by=admin, hold=Hold.objects.standing().get())

    outcomes(make_invitation, "A")
    assert rows() == []
    outcomes(make_invitation, "B", **elsewhere)
    assert rows() == [("account", "rejections", other_account.pk)]


@pytest.mark.parametrize("backwards", [False, True])
def test_ends_of_the_same_microsecond_are_told_in_the_order_in_which_they_were_settled(
    make_invitation, backwards
):
    """Rows that were made later may well be settled earlier."""
    now = timezone.now()
    attempts = [make_invitation().links.get().current_attempt for _ in range(4)]
    for attempt, end in zip(
        reversed(attempts) if backwards else attempts, ["ready", "unknown", "unknown", "unknown"], strict=True
    ):
        assert rows() == []
        attempt.outcome, attempt.finished_at = end, now
        attempt.save()
        rules.after_settle(attempt=attempt, now=now)

    assert rows() == [("everything", "storm", None)]
    assert len(set(Attempt.objects.values_list("finished_at", flat=True))) == 4


@pytest.mark.django_db(transaction=True)
def test_three_workers_that_settle_at_once_find_the_storm(sandbox, make_invitation):
    sandbox.misbehave("reset_after_request", times=3)
    for _ in range(3):
        make_invitation()
    claims = [dispatch.claim() for _ in range(3)]

    def work(claim) -> None:
        dispatch.send(claim)
        connection.close()

    workers = [threading.Thread(target=work, args=(claim,)) for claim in claims]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert statuses() == ["unknown"] * 3
    assert rows() == [("everything", "storm", None)]


def test_a_rate_limit_refusal_never_holds(sandbox, make_invitation):
    sandbox.misbehave("rate_limit", times=6)
    make_invitation()
    for _ in range(6):
        dispatch.step()
        AccessLink.objects.update(not_before=None)
        VendorCall.objects.update(pause_until=None)

    assert rows() == []
    assert statuses() == ["queued"]


def test_two_workers_ask_for_the_catalogue_once_a_minute(sandbox):
    holds.stop(reason=HoldReason.STORM, now=timezone.now() - timedelta(seconds=61))
    sandbox.misbehave("http_502_html", method="GET", times=9)
    for _ in range(3):
        rules.recover()

    assert VendorCall.objects.filter(kind="catalogue").count() == 1


def test_a_credential_that_is_stopped_is_not_asked_whether_the_storm_is_over(sandbox, settings, tmp_path):
    path = tmp_path / "credentials.json"
    second = {"key": settings.KONDADO_KEY, "token": settings.KONDADO_TOKEN}
    path.write_text(json.dumps({"second": second}))
    settings.KONDADO_CREDENTIALS_FILE = str(path)
    Account.objects.update(credential="second")
    holds.stop(reason=HoldReason.CREDENTIAL, credential="default")
    holds.stop(reason=HoldReason.STORM)

    rules.recover(now=timezone.now() + timedelta(seconds=61))

    assert VendorCall.objects.get().credential == "second"
    assert not Hold.objects.standing().filter(reason="storm").exists()
