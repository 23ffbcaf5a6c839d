"""What is tried is counted exactly, for each of whom it is counted, and is over in time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from invitations.models import Tally
from invitations.services.base import throttle
from invitations.services.base.bounds import Bound, Per

pytestmark = pytest.mark.django_db
NOW = timezone.now()
THREE = Bound("three", 3, 300, Per.PLACE, "")


def tries(count, *whom, now=NOW):
    return [throttle.take(THREE, *whom, now=now).wait for _ in range(count)]


def test_the_one_after_the_bound_has_to_wait_as_long_as_it_takes():
    assert tries(5, "a") == [0, 0, 0, 300, 300]
    assert tries(1, "a", now=NOW + timedelta(seconds=299)) == [1]
    assert tries(1, "a", now=NOW + timedelta(seconds=300)) == [0]


def test_in_no_stretch_of_time_are_there_more_than_the_bound():
    for seconds in range(0, 3000, 50):
        tries(1, "a", now=NOW + timedelta(seconds=seconds))
        times = throttle.lately(THREE, "a", now=NOW + timedelta(seconds=seconds))
        assert len(times) <= 3


def test_others_have_counts_of_their_own():
    tries(4, "a")

    assert tries(1, "b") == tries(1, "a", "b") == [0]


def test_what_is_given_back_does_not_count():
    tries(3, "a")
    throttle.give_back(THREE, "a", now=NOW)

    assert tries(2, "a") == [0, 300]


def test_the_one_that_reaches_the_bound_is_told():
    assert [throttle.take(THREE, "a", now=NOW).full for _ in range(4)] == [False, False, True, False]


def test_over_the_bound_nothing_is_written(django_assert_num_queries):
    tries(4, "a")

    with django_assert_num_queries(1):
        tries(1, "a")


def test_a_clock_that_was_wrong_for_a_while_keeps_nobody_out():
    tries(4, "a", now=NOW + timedelta(days=1))

    assert tries(1, "a") == [0]


def test_the_table_says_nothing_of_anybody():
    tries(1, "192.0.2.7", "ana@example.com")

    row = str(Tally.objects.values().get())
    assert "192.0.2" not in row
    assert "ana" not in row


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_only_as_many_as_the_bound_get_through():
    def one(_number: int) -> int:
        try:
            return throttle.take(THREE, "a", now=NOW).wait
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(8))).count(0) == 3
