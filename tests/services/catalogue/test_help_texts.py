"""What guests read about a connector: seeded once, changed by administrators, read in one query."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from invitations.kondado.types import Connector as Listed
from invitations.kondado.types import Direction
from invitations.models import AuditEvent, Connector, ConnectorHelp, GuestLanguage
from invitations.services.catalogue import help_texts, sync
from invitations.services.catalogue.help_seeds import SEEDS, SKIP
from invitations.services.reads.help_texts import Help, for_guest
from invitations.typed.text import fold
from tests import factories

pytestmark = pytest.mark.django_db


def list_connectors(*names: str, direction: Direction = Direction.SRC) -> None:
    listed = [Listed(900_001 + place, direction, name) for place, name in enumerate(names)]
    sync.store(credential="default", listed=listed)


def test_every_seed_speaks_three_languages_and_is_found_by_its_folded_name():
    for seed in SEEDS:
        assert set(seed.needs) == set(SKIP[seed.direction]) == set(GuestLanguage.values)
        assert all(name == fold(name) for name in seed.names)


def test_a_catalogue_brings_help_for_what_is_known_and_no_minutes():
    list_connectors("PIPEDRIVE ", "Unheard of")

    assert set(ConnectorHelp.objects.values_list("connector__name", "language", "minutes")) == {
        ("PIPEDRIVE ", code, None) for code in GuestLanguage.values
    }


def test_the_direction_counts():
    list_connectors("Google Sheets", direction=Direction.SRC)
    assert not ConnectorHelp.objects.exists()

    list_connectors("Google Sheets", direction=Direction.DEST)
    assert ConnectorHelp.objects.count() == 3


def test_a_seed_never_comes_back_over_what_a_person_wrote(admin):
    list_connectors("VTEX")
    connector = Connector.objects.get()
    empty = {code: Help(code) for code in GuestLanguage.values}
    help_texts.change(by=admin, connector=connector, texts=empty)

    list_connectors("VTEX")

    assert for_guest([connector.pk], "en") == {}


def test_a_guest_gets_the_own_language_or_the_next_best_in_one_query(admin, django_assert_num_queries):
    both, spanish, neither = (factories.make_connector(name) for name in ("A", "B", "C"))
    texts = {"en": Help("en", "A key\n\n A role "), "pt-br": Help("pt-br", "Uma chave", minutes=5)}
    help_texts.change(by=admin, connector=both, texts=texts)
    help_texts.change(by=admin, connector=spanish, texts={"es": Help("es", "Una clave"), "en": Help("en")})

    with django_assert_num_queries(1):
        found = for_guest([both.pk, spanish.pk, neither.pk], "en")

    assert set(found) == {both.pk, spanish.pk}
    assert found[both.pk].need_lines == ["A key", "A role"]
    assert (found[spanish.pk].language, found[spanish.pk].needs) == ("es", "Una clave")
    assert for_guest([both.pk], "es")[both.pk].minutes == 5


def test_a_change_is_recorded_once_and_only_when_there_is_one(admin, connector):
    text = Help("es", "Una clave", "Nada", 4)
    assert help_texts.change(by=admin, connector=connector, texts={"es": text}) == ["es"]
    assert help_texts.change(by=admin, connector=connector, texts={"es": text}) == []
    later = timezone.now() + timedelta(minutes=1)
    help_texts.change(by=admin, connector=connector, texts={"es": replace(text, minutes=None)}, now=later)

    events = AuditEvent.objects.filter(kind="connector_help.changed")
    assert [event.data for event in events] == [{"connector": "ClickUp", "languages": ["es"]}] * 2
    row = ConnectorHelp.objects.get()
    assert (row.minutes, row.changed_by, row.changed_at) == (None, admin, later)


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_only_administrators_change_it(request, role, connector):
    with pytest.raises(PermissionDenied):
        help_texts.change(
            by=request.getfixturevalue(role), connector=connector, texts={"en": Help("en", "x")}
        )
    assert not ConnectorHelp.objects.exists()
