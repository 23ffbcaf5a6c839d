"""Every status, stage and fault has words, and none of them claims what is not known."""

from datetime import UTC, datetime

import pytest

from invitations.models import AccessLink, Attempt, Invitation, Message, Stage, Status, WaitReason
from invitations.words.standing import UNKNOWN_FAULTS, link_words, standing

NOON = datetime(2026, 3, 5, 15, 0, tzinfo=UTC)


def invitation(stage, delivery="kondado", **fields):
    return Invitation(
        stage=stage, delivery=delivery, recipient_name="100% Ana", recipient_email="ana@example.com", **fields
    )


@pytest.mark.parametrize("stage", Stage.values)
def test_every_stage_is_a_sentence(stage):
    words = standing(invitation(stage, opened_at=NOON), [AccessLink(status="queued")], None)
    assert words.happened.endswith(".")
    for sentence in (words.happened, words.to_do):
        assert "%(" not in sentence


@pytest.mark.parametrize("status", Status.values)
def test_every_status_is_a_sentence(status):
    assert link_words(AccessLink(status=status)).happened


@pytest.mark.parametrize("fault", [*UNKNOWN_FAULTS, "a_fault_of_tomorrow", ""])
def test_an_unknown_outcome_never_invites_a_repeat(fault):
    words = link_words(AccessLink(status="unknown", current_attempt=Attempt(fault=fault)))
    assert words.alarming
    assert "may exist" in words.not_done
    assert "before you invite again" in words.to_do


@pytest.mark.parametrize("reason", WaitReason.values)
def test_waiting_says_that_nothing_was_made_and_when_it_goes_on(reason):
    words = link_words(AccessLink(status="queued", wait_reason=reason, not_before=NOON))
    assert "othing was" in words.happened or "before anything was sent" in words.happened
    assert "12:00" in words.not_done  # noon in São Paulo


@pytest.mark.parametrize(("how", "says"), [("person", "Somebody here"), ("mailbox", "silent mailbox")])
def test_what_was_settled_says_how_it_is_known(how, says):
    words = link_words(AccessLink(status="ready", current_attempt=Attempt(outcome="ready", settled_how=how)))
    assert says in words.happened
    assert not words.alarming


def test_a_guest_who_went_on_is_not_called_connected():
    words = standing(
        invitation("opened", opened_at=NOON), [AccessLink(status="ready", continued_at=NOON)], None
    )
    assert "went on to Kondado on 5 Mar, 12:00 and has not said it is done" in words.happened


@pytest.mark.parametrize(
    ("status", "says", "alarming"),
    [
        ("sent", "The portal mailed", False),
        ("queued", "has not left yet", False),
        ("failed", "may not have been sent", True),
        ("unknown", "may not have been sent", True),
    ],
)
def test_the_mail_of_the_portal(status, says, alarming):
    words = standing(invitation("waiting", "portal"), [AccessLink(status="ready")], Message(status=status))
    assert says in words.happened
    assert words.alarming is alarming


def test_a_mail_that_came_back():
    words = standing(
        invitation("needs_attention", "portal"), [AccessLink(status="ready")], Message(status="bounced")
    )
    assert "came back" in words.happened


def test_a_queue_that_stands_still_promises_nothing():
    words = standing(invitation("sending"), [AccessLink(status="queued")], None, stopped=True)
    assert "stands still" in words.happened
    assert "by itself" not in words.to_do
