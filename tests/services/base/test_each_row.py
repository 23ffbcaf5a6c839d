"""Of many rows the one that fails keeps none of the others."""

import pytest
from django.db import OperationalError

from invitations.services.base import each_row


def test_what_fails_is_passed_by_and_said(caplog):
    def act(key: int) -> bool:
        if key == 2:
            raise ZeroDivisionError
        return key != 3

    assert each_row.each([1, 2, 3, 4], act, failing="it did not work") == 2
    (record,) = caplog.records
    assert (record.message, record.row, record.error) == ("it did not work", 2, "ZeroDivisionError")


def test_a_database_that_is_away_ends_the_round():
    seen = []

    def act(key: int) -> bool:
        seen.append(key)
        raise OperationalError

    with pytest.raises(OperationalError):
        each_row.each([1, 2], act, failing="it did not work")
    assert seen == [1]
