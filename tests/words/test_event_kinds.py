"""Every kind of event is recorded somewhere and has its row of words, and none is recorded that has none."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from invitations.models import AuditEvent, EventKind
from invitations.services.base import audit
from invitations.words.event_kinds import EVENTS, event_words, kind_groups

SOURCES = Path(__file__).parents[2] / "invitations"
READERS = ("words", "models", "services/reads", "migrations")


def writers():
    """Modules that may record something."""
    for path in sorted(SOURCES.rglob("*.py")):
        if not any(path.is_relative_to(SOURCES / room) for room in READERS):
            yield ast.parse(path.read_text())


def test_every_kind_has_its_words():
    assert set(EVENTS) == set(EventKind)


def test_every_kind_is_recorded_by_somebody():
    named = {
        node.attr
        for tree in writers()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "EventKind"
    }
    assert named == set(EventKind.__members__)


def test_no_kind_is_written_as_text():
    """Put together from pieces it would escape this test; `record` takes nothing but an EventKind."""
    kinds = set(EventKind)
    texts = {node.value for tree in writers() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {text for text in texts if isinstance(text, str) and text in kinds} == set()


@pytest.mark.django_db
def test_a_kind_that_the_table_lacks_is_not_recorded():
    with pytest.raises(ValueError, match=r"link\.tomorrow"):
        audit.note(kind="link.tomorrow", by=audit.SYSTEM, about="calls:kondado")
    assert not AuditEvent.objects.exists()


def test_every_kind_can_be_chosen_once_and_under_one_heading():
    groups = kind_groups()
    headings = Counter(str(heading) for heading, _kinds in groups)
    offered = [kind for _heading, kinds in groups for kind, _label in kinds]
    assert max(headings.values()) == 1
    assert sorted(offered) == sorted(EventKind)


def test_a_kind_of_an_older_release_breaks_no_page():
    assert event_words("person.waved").label == "person.waved"
