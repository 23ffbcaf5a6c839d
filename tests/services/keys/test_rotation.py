"""Moving everything sealed to another key: nothing is lost, nothing overwritten, nothing left behind."""

import threading
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction

from invitations.models import Attempt, Message, PseudonymKey, sealed
from invitations.models.message import MessageStatus
from invitations.services.base import pseudonyms, spool
from invitations.services.keys import resealing, rotation
from invitations.services.mail import outbox
from invitations.services.reads import sealed_values, system
from invitations.services.sending import spool_replay
from invitations.words import system as words
from tests import factories
from tests.spools import send_with_the_database_away, the_link

pytestmark = pytest.mark.django_db
OLD, NEW = b"t" * 32, b"n" * 32
OLD_NAME, NEW_NAME = sealed.key_name(OLD), sealed.key_name(NEW)
# Bytes of ours that are pictures, for everybody to see.
NOT_SEALED = {
    ("invitations_account", "brand_logo"),
    ("invitations_connector", "logo"),
    ("invitations_user", "photo"),
}


@pytest.fixture
def everywhere(make_invitation, manager, place, sandbox, monkeypatch):
    """A sealed value in each place; the link's text."""
    sandbox.misbehave("link_other_host")
    ready = make_invitation(status="ready").links.get().current_attempt
    withheld = make_invitation().links.get().current_attempt
    withheld.quarantined_link = withheld.seal("https://evil.example/x", field="quarantined_link")
    withheld.save()
    TOTP.activate(manager, generate_totp_secret())
    RecoveryCodes.activate(manager)
    factories.queue_mail(to="ana@example.com")
    spool.set_room_aside()
    spool.let_go(spool.keep(attempt_id=ready.pk, call_id=1, text="an answer"))
    return ready.open_kondado_link()


def held() -> dict[str, set[bytes]]:
    return {str(each): set(each.names()) for each in sealed_values.PLACES}


def test_every_sealed_place_is_looked_after():
    """A new column joins sealed.PLACES, or sealing refuses, and sealed_values.PLACES, or this fails."""
    assert {(each.table, each.field) for each in sealed_values.PLACES} == sealed.PLACES
    assert {type(each) for each in sealed_values.PLACES} == set(resealing.HOW)
    columns = {
        (model._meta.db_table, field.name)
        for model in apps.get_app_config("invitations").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.BinaryField)
    }
    assert columns - NOT_SEALED <= sealed.PLACES
    with pytest.raises(ValueError, match="not among the places"):
        sealed.seal("x", table="invitations_connector", field="logo", row=1)


def test_all_of_it_moves_and_the_old_key_can_go(everywhere, settings, manager, capsys):
    name = pseudonyms.person("ana@example.com")
    settings.FIELD_KEYS = [NEW, OLD]
    assert set().union(*held().values()) == {OLD_NAME}
    assert all(held().values())

    call_command("rotate_field_keys")

    assert set(map(frozenset, held().values())) == {frozenset({NEW_NAME})}
    settings.FIELD_KEYS = [NEW]
    assert Attempt.objects.exclude(kondado_link=None).get().open_kondado_link() == everywhere
    assert "subject" in Message.objects.get(to_email="ana@example.com").open_content()
    assert pseudonyms.person("ana@example.com") == name
    assert len(RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()) == 10
    (kept,) = spool.waiting()
    assert spool.read(kept) == "an answer"
    spool.drop(kept)
    said = capsys.readouterr().out
    assert f"key {OLD_NAME.hex()}: an older key, holds 0" in said
    assert everywhere not in said


def test_an_answer_sealed_anew_is_settled(sandbox, make_invitation, place, monkeypatch, settings):
    make_invitation()
    send_with_the_database_away(monkeypatch)
    settings.FIELD_KEYS = [NEW, OLD]
    call_command("rotate_field_keys")
    settings.FIELD_KEYS = [NEW]

    assert spool_replay.settle_waiting() == 1
    assert the_link().current_attempt.open_kondado_link() == sandbox.ledger[0].link


def test_a_file_that_a_worker_has_in_hand_is_left_to_it(everywhere, settings, monkeypatch):
    settings.FIELD_KEYS = [NEW, OLD]
    monkeypatch.setattr(rotation, "BETWEEN", 0.0)
    (kept,) = spool.waiting()
    with pytest.raises(CommandError, match="in use"):
        call_command("rotate_field_keys")
    spool.let_go(kept)
    call_command("rotate_field_keys")
    assert set(spool.key_names()) == {NEW_NAME}


def test_used_codes_stay_used(manager, settings):
    TOTP.activate(manager, generate_totp_secret())
    codes = RecoveryCodes.activate(manager)
    first = codes.get_unused_codes()[0]
    assert codes.validate_code(first)
    settings.FIELD_KEYS = [NEW, OLD]

    call_command("rotate_field_keys")

    moved = RecoveryCodes(Authenticator.objects.get(type="recovery_codes"))
    assert first not in moved.get_unused_codes()
    assert len(moved.get_unused_codes()) == 9


def test_a_value_that_changed_meanwhile_is_not_overwritten(settings, monkeypatch):
    """Somebody writes between reading and writing, on a database that has no locks on rows."""
    message = factories.queue_mail(to="ana@example.com")
    settings.FIELD_KEYS = [NEW, OLD]
    anew = resealing.anew

    def slow(place, pk, old):
        done = anew(place, pk, old)
        if place.table == message._meta.db_table:
            Message.objects.filter(pk=pk).update(content=message.seal("meanwhile"))
        return done

    monkeypatch.setattr(resealing, "anew", slow)
    rotation.move()

    message.refresh_from_db()
    assert message.open_content() == "meanwhile"


def test_what_no_key_reads_is_counted_and_stops_nothing(everywhere, settings, capsys):
    attempt = Attempt.objects.exclude(kondado_link=None).get()
    Attempt.objects.filter(pk=attempt.pk).update(kondado_link=OLD_NAME + b"damaged" * 9)
    settings.FIELD_KEYS = [NEW, OLD]

    call_command("rotate_field_keys")

    assert f"Some values of {OLD_NAME.hex()} cannot be read" in capsys.readouterr().out
    assert held()["invitations_message.content"] == {NEW_NAME}


def test_it_stops_between_batches_and_goes_on(settings, monkeypatch):
    for number in range(5):
        factories.queue_mail(to=f"a{number}@example.com")
    settings.FIELD_KEYS = [NEW, OLD]
    monkeypatch.setattr(resealing, "BATCH", 2)
    stops = iter([False, False, True])
    moved = rotation.move(stop=lambda: next(stops))
    assert moved.stopped
    assert held()["invitations_message.content"] == {OLD_NAME, NEW_NAME}

    assert not rotation.move().left
    assert held()["invitations_message.content"] == {NEW_NAME}


# Removing a key too soon -----------------------------------------------------------------------------


def complaints() -> list[str]:
    return [str(one.msg) for one in run_checks(tags=["keys"])]


def test_removing_a_key_that_something_needs_is_refused_by_name(everywhere, settings):
    assert complaints() == []
    settings.FIELD_KEYS = [NEW]
    (said,) = complaints()
    assert OLD_NAME.hex() in said
    assert all(str(each) in said for each in sealed_values.PLACES)


def test_a_key_that_is_lost_for_good_can_be_written_off(everywhere, settings):
    settings.FIELD_KEYS, settings.FIELD_KEYS_LOST = [NEW], [OLD_NAME.hex()]
    assert ["invitations_pseudonymkey.secret" in said for said in complaints()] == [True]

    call_command("rotate_field_keys", "--new-names")

    assert complaints() == []
    assert PseudonymKey.objects.get().open()


def test_the_check_costs_the_same_whatever_has_piled_up(settings, django_assert_num_queries):
    def cost() -> int:
        with connection.execute_wrapper(lambda execute, *words: counted.append(1) or execute(*words)):
            counted: list[int] = []
            assert sealed_values.missing() == {}
        return len(counted)

    factories.queue_mail(to="ana@example.com")
    before = cost()
    for _ in range(20):
        factories.queue_mail(to="ana@example.com")
    assert cost() == before


@pytest.mark.parametrize(
    "place", [each for each in sealed_values.PLACES if isinstance(each, sealed_values.Column)], ids=str
)
def test_names_and_counts_are_read_from_an_index(place):
    if place.model is PseudonymKey:
        return  # one row
    rows = place.rows().filter(key_name=OLD_NAME)[:10]
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            plan = rows.explain()
    else:
        plan = rows.explain()
    assert "_key" in plan
    assert "SCAN" not in plan.replace("Index Scan", "").replace("Bitmap", "")


# The system page -------------------------------------------------------------------------------------


def key_line() -> words.Line:
    return next(line for line in words.lines(system.state()) if line.title == "Field keys")


def test_the_system_page_counts_what_each_key_holds(everywhere, settings, monkeypatch):
    assert key_line().level == words.GOOD
    settings.FIELD_KEYS = [NEW, OLD]
    line = key_line()
    assert (line.level, "rotate_field_keys" in line.to_do) == (words.LATE, True)
    assert f"{NEW_NAME.hex()} holds 0 values. It seals what is new." in line.text
    call_command("rotate_field_keys")
    assert "Remove the older keys" in key_line().to_do
    monkeypatch.setattr(sealed_values, "MANY", 3)
    assert f"{NEW_NAME.hex()} holds more than 2 values." in key_line().text
    settings.FIELD_KEYS = [OLD]
    assert (key_line().level, "not in FIELD_KEYS" in key_line().text) == (words.BAD, True)


# Under traffic ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_s28_under_traffic_nothing_is_lost(settings, transactional_db):
    """One thread keeps writing mails, with the old settings first, and delivering them, while another moves all."""
    for number in range(60):
        factories.queue_mail(to=f"a{number}@example.com")
    settings.FIELD_KEYS = [NEW, OLD]
    ended, failures = threading.Event(), []

    def traffic() -> None:
        number = 100
        try:
            while not ended.is_set():
                factories.queue_mail(to=f"a{number}@example.com")
                outbox.step()
                number += 1
                time.sleep(0)
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connection.close()

    busy = threading.Thread(target=traffic)
    busy.start()
    try:
        moved = rotation.move(wait=lambda _seconds: None)
    finally:
        ended.set()
        busy.join()

    assert (failures, moved.left, moved.unreadable.total()) == ([], False, 0)
    settings.FIELD_KEYS = [NEW]
    for message in Message.objects.all():
        assert "subject" in message.open_content()
    assert set(Message.objects.values_list("status", flat=True)) <= {MessageStatus.QUEUED, MessageStatus.SENT}
