"""Wrong keys are counted for each network address, and what is written about them has an end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import AuditEvent
from invitations.services.base.bounds import WRONG_GUEST_KEYS
from invitations.services.guest import wrong_keys

pytestmark = pytest.mark.django_db
NOW = timezone.now()


MOST = WRONG_GUEST_KEYS.most


def tries(place, count, now=NOW):
    return [wrong_keys.wrong_key(place=place, now=now) for _ in range(count)]


def test_s44_the_one_after_the_limit_has_to_wait():
    waits = tries("192.0.2.1", MOST + 2)

    assert waits[:MOST] == [0] * MOST
    assert waits[MOST:] == [WRONG_GUEST_KEYS.seconds] * 2


def test_another_address_does_not_wait():
    tries("192.0.2.1", MOST + 2)

    assert tries("192.0.2.2", 1) == [0]


def test_the_count_starts_again_after_a_while():
    tries("192.0.2.1", MOST + 2)

    assert tries("192.0.2.1", 1, NOW + timedelta(seconds=WRONG_GUEST_KEYS.seconds)) == [0]


def test_the_record_hears_of_it_once_however_many_try():
    for number in range(4):
        tries(f"192.0.2.{number}", MOST + 1)

    (event,) = AuditEvent.objects.filter(kind="guest.keys_tried")
    assert "192.0.2" not in str(event.data)


def test_over_the_limit_nothing_is_written(django_assert_num_queries):
    tries("192.0.2.1", MOST + 2)

    with django_assert_num_queries(1):
        tries("192.0.2.1", 1)
