"""A status changes only as the table says, whichever way it is written."""

from datetime import timedelta
from itertools import product

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from invitations.models import AccessLink, Status
from invitations.models.link import IN_HAND, TRANSITIONS, WrongTransition

pytestmark = pytest.mark.django_db
PAIRS = sorted(product(Status.values, Status.values))


@pytest.fixture
def link(make_invitation) -> AccessLink:
    return make_invitation().links.get()


def stored(link: AccessLink, status: str) -> AccessLink:
    """The row as if the status had always been this one."""
    lease = timezone.now() + timedelta(minutes=1) if status in IN_HAND else None
    QuerySet(AccessLink).filter(pk=link.pk).update(status=status, lease_until=lease)
    return AccessLink.objects.get(pk=link.pk)


def test_the_table_names_every_status_and_the_ends_have_no_way_out():
    assert set(TRANSITIONS) == set(Status.values)
    assert TRANSITIONS[Status.CANCELLED] == frozenset()
    assert Status.QUEUED not in TRANSITIONS[Status.QUEUED]


@pytest.mark.parametrize(("source", "to"), PAIRS)
def test_saving_keeps_to_the_table(link, source, to):
    row = stored(link, source)
    row.status, row.lease_until = to, timezone.now() if to in IN_HAND else None

    if to == source or to in TRANSITIONS[source]:
        row.save()
        assert AccessLink.objects.get(pk=link.pk).status == to
    else:
        with pytest.raises(WrongTransition):
            row.save()
        assert AccessLink.objects.get(pk=link.pk).status == source


@pytest.mark.parametrize(("source", "to"), PAIRS)
def test_a_move_keeps_to_the_table_and_to_what_the_row_is(link, source, to):
    stored(link, source)
    rows = AccessLink.objects.filter(pk=link.pk)
    lease = timezone.now() if to in IN_HAND else None

    if to not in TRANSITIONS[source]:
        with pytest.raises(WrongTransition):
            rows.move(source, to, lease_until=lease)
    else:
        assert rows.move(source, to, lease_until=lease) == 1
        assert rows.move(source, to, lease_until=lease) == 0


def test_an_update_cannot_slip_a_status_in(link):
    with pytest.raises(WrongTransition):
        AccessLink.objects.filter(pk=link.pk).update(status=Status.READY)
    with pytest.raises(WrongTransition):
        AccessLink.objects.bulk_update([link], ["status"])
