"""A new member of an enum is thought of by every service that tells members apart: it fails here until it is."""

import pytest

from invitations.models import Stage, Status
from invitations.models.attempt import Outcome
from invitations.models.link import IN_HAND, MOVING
from invitations.services.base import cancelling, slots, stages
from invitations.services.holds import rules
from invitations.services.invitations import expire
from invitations.services.sending import late_answers

# What each service treats by itself, and what it leaves alone on purpose.
STATUSES = {
    "stages": ([stages.TROUBLE, stages.UNDER_WAY, {Status.DRAFT, Status.CANCELLED}], {Status.READY}),
    "slots": ([slots.NO_SLOT], {Status.DRAFT, *MOVING, Status.READY, Status.UNKNOWN}),
    "cancelling": (
        [cancelling.WAITING],
        {*IN_HAND, Status.READY, Status.REJECTED, Status.UNKNOWN, Status.CANCELLED},
    ),
    "late answers": ([late_answers.MAY_STILL_LEAVE, late_answers.MAY_HAVE_LEFT], {Status.CANCELLED}),
}


@pytest.mark.parametrize("service", STATUSES)
def test_every_status_is_treated_or_left_alone_on_purpose(service):
    treated, left_alone = STATUSES[service]
    assert set().union(*treated) | left_alone == set(Status)
    assert not set().union(*treated) & left_alone


def test_every_end_of_an_attempt_counts_in_a_row_or_does_not_on_purpose():
    assert {*rules.SETTLED, Outcome.CANCELLED} == set(Outcome)


def test_whatever_comes_after_expired_may_expire():
    """In the order of stages, which is that of the enum."""
    order = list(Stage)
    assert list(expire.MAY_EXPIRE) == order[order.index(Stage.EXPIRED) + 1 :]
