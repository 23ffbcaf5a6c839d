"""Wrong keys are counted for each network address, and what is written about them has an end."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from invitations.models import AuditEvent
from invitations.services.base import throttle
from invitations.services.guest import wrong_keys

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(wrong_keys, "MOST_WRONG_KEYS", 3)
    cache.clear()


def tries(address, count, now=NOW):
    return [wrong_keys.wrong_key(address=address, now=now) for _ in range(count)]


def test_the_one_after_the_limit_has_to_wait():
    waits = tries("192.0.2.1", 5)

    assert waits[:3] == [0, 0, 0]
    assert all(0 < wait <= throttle.WINDOW_SECONDS + 1 for wait in waits[3:])


def test_another_address_does_not_wait():
    tries("192.0.2.1", 5)

    assert tries("192.0.2.2", 1) == [0]


def test_a_providers_customer_has_one_bucket():
    tries("2001:db8:1:1::1", 4)

    assert tries("2001:db8:1:1:ffff::2", 1) != [0]
    assert tries("2001:db8:1:2::1", 1) == [0]


def test_the_count_starts_again_after_a_while():
    tries("192.0.2.1", 5)

    assert tries("192.0.2.1", 1, NOW + timedelta(seconds=throttle.WINDOW_SECONDS)) == [0]


def test_the_record_hears_of_it_once_however_many_try():
    for number in range(4):
        tries(f"192.0.2.{number}", 6)

    (event,) = AuditEvent.objects.filter(kind="guest.keys_tried")
    assert "192.0.2" not in str(event.data)


def test_over_the_limit_nothing_is_written(django_assert_num_queries):
    tries("192.0.2.1", 5)

    with django_assert_num_queries(1):
        tries("192.0.2.1", 1)
