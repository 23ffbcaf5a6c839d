"""Prepared reads give what their QuerySet would, however often they are asked and with whatever values."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invitations.models import AccessLink, Account, AuditEvent, Invitation
from invitations.models.prepared import keep_related, prepared
from invitations.services.base import audit
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(manager, account, connector):
    """Three invitations of one account, the oldest first."""
    return [
        factories.make_invitation(manager, account, connector, recipient_email=f"guest{number}@example.com")
        for number in range(3)
    ]


def test_values_of_each_call_count(three):
    read = prepared(lambda public_id: Invitation.objects.filter(public_id=public_id))
    assert [read(public_id=one.public_id) for one in three] == [[one] for one in three]


def test_a_statement_is_built_once_for_each_shape(three):
    built = []

    @prepared
    def read(**values):
        built.append(sorted(values))
        return Invitation.objects.filter(**{name: value for name, value in values.items() if name != "ids"})

    for one in three:
        read(public_id=one.public_id)
        read(public_id=one.public_id, stage=one.stage)
    assert built == [["public_id"], ["public_id", "stage"]]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_lists_of_any_length(three, count):
    read = prepared(
        lambda ids: Invitation.objects.filter(id__in=ids).order_by("id").values_list("id", "recipient_email")
    )
    wanted = three[:count]
    assert read(ids=[one.pk for one in wanted]) == [(one.pk, one.recipient_email) for one in wanted]


def test_nothing_is_asked_for_an_empty_list(three, django_assert_num_queries):
    read = prepared(lambda ids: Invitation.objects.filter(id__in=ids))
    with django_assert_num_queries(0):
        assert read(ids=[]) == []


def test_times_go_in_and_come_out_in_utc(three):
    now = timezone.now()
    read = prepared(lambda since: Invitation.objects.filter(created_at__gte=since).values_list("created_at"))
    assert read(since=now + timedelta(hours=1)) == []
    assert sorted(read(since=now - timedelta(hours=1))) == sorted(
        Invitation.objects.values_list("created_at")
    )


def test_related_objects_and_deferred_columns_come_along(three, django_assert_num_queries):
    links = AccessLink.objects.select_related("invitation", "current_attempt").only(
        "status", "invitation__recipient_email", "current_attempt__number"
    )
    read = prepared(lambda account: links.filter(account=account).order_by("id"))
    found = read(account=three[0].account_id)
    with django_assert_num_queries(0):
        emails = [link.invitation.recipient_email for link in found]
    assert emails == [one.recipient_email for one in three]
    assert found[0].get_deferred_fields() == links.order_by("id")[0].get_deferred_fields()


def test_a_column_of_json_is_read_as_json(manager):
    audit.record(kind="person.updated", by=manager, about="person:1", data={"a": [1]}, now=timezone.now())
    read = prepared(lambda kind: AuditEvent.objects.filter(kind=kind))
    assert read(kind="person.updated")[0].data == {"a": [1]}


@pytest.mark.parametrize("text", ["50%", "a_c", "c:\\x", "'; --"])
def test_a_text_is_found_by_what_it_says(account, text):
    Account.objects.filter(pk=account.pk).update(name=f"x {text} y")
    read = prepared(lambda text: Account.objects.filter(name__contains=text).values_list("pk"))
    assert read(text=text) == [(account.pk,)]
    assert read(text="5_%") == []


def test_none_is_refused(account):
    read = prepared(lambda brand: Account.objects.filter(brand_name=brand))
    with pytest.raises(TypeError):
        read(brand=None)


def test_kept_rows_are_what_the_manager_gives(three, django_assert_num_queries):
    rows = list(AccessLink.objects.filter(invitation=three[0]))
    one = Invitation.objects.get(pk=three[0].pk)
    keep_related(one, "links", rows)
    with django_assert_num_queries(0):
        assert list(one.links.all()) == rows
        assert rows[0].invitation is one
    assert list(one.links.filter(pk=rows[0].pk)) == rows
