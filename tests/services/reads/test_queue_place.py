"""Who is next: interactive before bulk, accounts in turns; and the place that a page tells is the true one."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from invitations.models import AccessLink, Account, Status, User
from invitations.models.hold import HoldReason
from invitations.services.holds import holds
from invitations.services.reads import queue_place
from invitations.services.sending import beats, dispatch
from tests import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def accounts() -> list[Account]:
    return [factories.make_account(name) for name in ("Sol", "Lua", "Mar", "Rio")]


@pytest.fixture
def queue_up(accounts, admin, connector) -> Any:
    """Queues links, each a second after the one before: the number of an account, and whether it is bulk."""

    def make(*wanted: tuple[int, bool]) -> list[AccessLink]:
        links = []
        for second, (number, bulk) in enumerate(wanted):
            moment = NOON + timedelta(seconds=second)
            invitation = factories.make_invitation(admin, accounts[number], connector, now=moment)
            invitation.priority = "bulk" if bulk else "interactive"
            invitation.save()
            links.append(invitation.links.get())
        return links

    return make


def served_in_order() -> list[int]:
    """Claims one after the other, as workers do, and gives each up again as refused."""
    order = []
    while isinstance(claimed := dispatch.claim(), dispatch.Claim):
        order.append(claimed.link.pk)
    return order


def test_accounts_take_turns_and_within_one_who_came_first_is_first(sandbox, queue_up):
    a1, a2, a3, b1, c1, b2 = queue_up((0, False), (0, False), (0, False), (1, False), (2, False), (1, False))

    assert served_in_order() == [link.pk for link in (a1, b1, c1, a2, b2, a3)]


def test_interactive_ones_go_before_bulk_ones_of_any_account(sandbox, queue_up):
    bulk = queue_up((0, True), (0, True), (1, True))
    interactive = queue_up((0, False), (1, False))

    assert served_in_order()[:2] == [link.pk for link in interactive]
    assert len(bulk) == 3


def test_an_account_served_a_moment_ago_waits_for_the_others(sandbox, queue_up, accounts):
    a, b = queue_up((0, False), (1, False))
    Account.objects.filter(pk=accounts[0].pk).update(served_at=NOON)

    assert served_in_order() == [b.pk, a.pk]


@pytest.mark.parametrize("seed", range(12))
def test_the_place_told_is_the_place_taken(sandbox, queue_up, accounts, seed):
    chance = random.Random(seed)
    wanted = [(chance.randrange(4), chance.random() < 0.5) for _ in range(chance.randrange(5, 25))]
    links = queue_up(*wanted)
    for account in chance.sample(accounts, 2):
        served = NOON - timedelta(seconds=chance.randrange(1, 1000))
        Account.objects.filter(pk=account.pk).update(served_at=served)
    if chance.random() < 0.5:
        holds.stop(reason=HoldReason.PERSON, account=accounts[3])

    told = {link.pk: queue_place.place(link=link, now=timezone.now()) for link in links}
    taken = served_in_order()

    assert [told[pk].ahead for pk in taken] == list(range(len(taken)))
    assert all(told[link.pk].hold for link in links if link.pk not in taken)


def test_no_time_is_promised_while_nobody_can_say(sandbox, queue_up, accounts):
    (link,) = queue_up((0, False))
    assert queue_place.place(link=link).expected_at is None, "no worker runs"

    beats.beat(name="one")
    assert queue_place.place(link=link).expected_at is not None

    holds.stop(reason=HoldReason.STORM)
    assert queue_place.place(link=link).expected_at is None


def test_a_link_that_left_has_no_place(sandbox, queue_up):
    (link,) = queue_up((0, False))
    dispatch.claim()
    link.refresh_from_db()

    assert link.status == Status.CONNECTING
    assert queue_place.place(link=link) is None


def test_the_place_costs_the_same_in_a_long_queue(sandbox, queue_up, django_assert_num_queries, admin: User):
    links = queue_up(*[(number % 4, number % 3 == 0) for number in range(30)])

    link = AccessLink.objects.select_related("account", "invitation").get(pk=links[-1].pk)
    with django_assert_num_queries(5):
        queue_place.place(link=link)
