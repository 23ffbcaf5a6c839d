"""What administrators decided about Kondado's words changes what a refusal stops, and nothing else."""

import pytest

from invitations.errors import NotYours, WrongState
from invitations.models import Attempt, AuditEvent, Hold
from invitations.services.base import audit
from invitations.services.holds import refusals
from tests import factories
from tests.services.holds.test_rules import outcomes, rows, send_all, statuses

pytestmark = pytest.mark.django_db


def refused(make_invitation, text="Plan expired") -> Attempt:
    attempt = make_invitation(status="rejected").links.get().current_attempt
    attempt.error_code, attempt.error_text = "", text
    attempt.save()
    return attempt


def test_one_refusal_in_words_that_stop_the_account_holds_it_at_once(make_invitation, admin, account):
    refusals.mark(by=admin, attempt=refused(make_invitation), verdict="account")

    outcomes(make_invitation, "ready", "Plan expired")

    assert rows() == [("account", "rejections", account.pk)]


def test_words_that_concern_one_link_never_hold_anything(make_invitation, admin):
    refusals.mark(by=admin, attempt=refused(make_invitation, "Bad address"), verdict="link")

    outcomes(make_invitation, *["Bad address"] * 6)

    assert rows() == []


def test_words_that_concern_one_link_neither_end_a_row_nor_make_it_longer(make_invitation, admin):
    refusals.mark(by=admin, attempt=refused(make_invitation, "Bad address"), verdict="link")

    outcomes(make_invitation, "ready", "A", "Bad address", "B", "Bad address", "C", "Bad address", "D")
    assert rows() == []

    outcomes(make_invitation, "Bad address", "D")
    assert [row[:2] for row in rows()] == [("credential", "rejections"), ("account", "rejections")]


def test_a_mark_taken_back_leaves_the_old_rule(make_invitation, admin):
    attempt = refused(make_invitation)
    refusals.mark(by=admin, attempt=attempt, verdict="account")
    refusals.mark(by=admin, attempt=attempt, verdict="")

    outcomes(make_invitation, "ready", "Plan expired")

    assert rows() == []
    kinds = AuditEvent.objects.filter(kind="refusal.marked").order_by("number")
    assert [event.data["verdict"] for event in kinds] == ["account", ""]
    assert "Plan expired" not in str(list(AuditEvent.objects.values()))
    assert list(audit.problems()) == []


def test_only_an_administrator_decides_and_only_about_a_refusal(make_invitation, admin, manager, auditor):
    attempt = refused(make_invitation)
    for person in (manager, auditor):
        with pytest.raises(NotYours):
            refusals.mark(by=person, attempt=attempt, verdict="account")
    ready = make_invitation(status="ready").links.get().current_attempt
    with pytest.raises(WrongState):
        refusals.mark(by=admin, attempt=ready, verdict="account")
    assert refusals.mark_on(attempt) is None


def test_seen_refusals_are_counted_by_their_words(
    make_invitation, admin, other_account, django_assert_num_queries
):
    other = factories.make_user("other@example.com", "manager", other_account)
    outcomes(make_invitation, "ready", "A", "ready", "A", "B")
    outcomes(make_invitation, "ready", "A", by=other, account=other_account)
    refusals.mark(by=admin, attempt=Attempt.objects.get(error_text="B"), verdict="link")

    with django_assert_num_queries(2):
        found = {row.error_text: row for row in refusals.seen()}

    assert (found["A"].times, found["A"].accounts, found["A"].mark) == (3, 2, None)
    assert (found["B"].times, found["B"].mark.verdict) == (1, "link")


def test_a_marked_refusal_over_real_http(sandbox, make_invitation, admin, account):
    sandbox.misbehave("refused")
    make_invitation()
    send_all()
    refusals.mark(by=admin, attempt=Attempt.objects.get(), verdict="account")
    make_invitation()
    send_all()

    sandbox.misbehave("refused")
    make_invitation()
    make_invitation()
    send_all()

    assert statuses() == ["rejected", "ready", "rejected", "queued"]
    assert Hold.objects.standing().get().account == account
