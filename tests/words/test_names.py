"""Every enum of models and services has one home for its words, which knows all of its members.

To a new enum: give it a table in words/names.py, or say here who else names its members, or that nobody reads them.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path

import pytest
from django.db.models import TextChoices
from django.template import Context, Template

import invitations.models
import invitations.services
from invitations.errors import OVER
from invitations.models import EventKind, Priority, Stage, Status
from invitations.models.attempt import Approval, Outcome
from invitations.models.call import CallKind
from invitations.models.invitation import Over
from invitations.models.link import LinkAbsent
from invitations.models.message import MessageKind, MessageStatus
from invitations.services.base.bounds import Per
from invitations.services.invitations.allowed import Action, LinkAction
from invitations.services.mail.bounces import Report
from invitations.services.mail.manager_notices import News
from invitations.words.buttons import BUTTONS
from invitations.words.event_kinds import EVENTS
from invitations.words.names import ICONS, LEVELS, MESSAGE_STATUSES, STAGES, STATUSES, TABLES, Name, choices

ROOT = Path(__file__).parents[2]
# The buttons of one link stand in its template.
OFFERED = re.findall(r'"(\w+)" in card\.can', (ROOT / "templates/invitations/_link.html").read_text())
# Named elsewhere, by a table that knows all of them.
MAILS = {path.name for path in (ROOT / "templates/emails").iterdir() if path.is_dir()}
TOLD = {news: "a mail" for news in News if news.value in MAILS}
ELSEWHERE: dict[type[Enum], Mapping] = {
    EventKind: EVENTS,
    Action: BUTTONS,
    News: TOLD,
    Over: OVER,
    LinkAction: dict.fromkeys(OFFERED, "a button"),
}
# No page and no mail names a member of these; Django's admin shows the values. A new member: is that so of it, too?
UNSAID: dict[type[Enum], set[str]] = {
    Approval: {"created", "released", "edited", "new_link", "settled_absent"},
    CallKind: {"invitation", "catalogue"},
    LinkAbsent: {"settled_without", "erased"},
    MessageKind: {"sign_in", "invitation", "forward", "notice", "alert"},
    Outcome: {"ready", "rejected", "unknown", "cancelled"},
    Per: {
        "place",
        "place and address",
        "place and person",
        "address",
        "person",
        "invitation",
        "portal",
    },
    Priority: {"interactive", "bulk"},
    Report: {"bounced", "complained"},
}
PARTS = [field for field in Name.__dataclass_fields__ if field != "label"]
DEPENDING = {Stage: {"sentence", "to_do"}}  # on more than the value: see words/standing, and its tests


def enums() -> Iterator[type[Enum]]:
    """Every enum that a module of models or services defines."""
    for package in (invitations.models, invitations.services):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for _name, found in inspect.getmembers(importlib.import_module(info.name), inspect.isclass):
                if issubclass(found, Enum) and found.__module__ == info.name:
                    yield found


ENUMS = sorted(set(enums()), key=lambda enum: enum.__name__)


def test_the_enums_are_found():
    assert {Status, Stage, News, Action, EventKind} <= set(ENUMS)


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_every_enum_has_one_home_for_its_words(enum):
    assert [enum in TABLES, enum in ELSEWHERE, enum in UNSAID].count(True) == 1


@pytest.mark.parametrize("enum", [*TABLES, *ELSEWHERE], ids=lambda enum: enum.__name__)
def test_its_table_knows_every_member_and_nothing_else(enum):
    table = TABLES.get(enum) or ELSEWHERE[enum]
    assert list(map(str, table)) == list(dict.fromkeys(map(str, table)))
    assert set(table) == set(enum)


@pytest.mark.parametrize("enum", UNSAID, ids=lambda enum: enum.__name__)
def test_of_those_that_nobody_names_every_member_was_thought_of(enum):
    assert {str(member.value) for member in enum} == UNSAID[enum]


@pytest.mark.parametrize("enum", TABLES, ids=lambda enum: enum.__name__)
def test_what_one_member_has_to_say_all_of_them_have(enum):
    for part in PARTS:
        said = {member: bool(str(getattr(name, part))) for member, name in TABLES[enum].items()}
        if part not in DEPENDING.get(enum, ()):
            assert len(set(said.values())) == 1, (part, said)
    assert all(str(name.label) for name in TABLES[enum].values())


@pytest.mark.parametrize("value", ICONS)
def test_every_badge_has_an_icon_that_exists_and_one_look(value):
    tables = [
        table[member]
        for table in (STATUSES, STAGES, MESSAGE_STATUSES, LEVELS)
        for member in table
        if member == value
    ]
    assert len({name.icon for name in tables}) == 1
    assert "<svg" in Template("{% load portal_ui %}{% icon value|status_icon %}").render(
        Context({"value": value})
    )


# Grey, as whatever is over or has not begun.
QUIET = {"queued", "cancelled", "revoked", "expired", "waiting"}


def test_every_badge_has_a_tone_or_is_quiet_on_purpose():
    style = (ROOT / "static/css/components.css").read_text()
    toned = set(re.findall(r"\.status--(\w+)", style))
    assert set(ICONS) - toned - QUIET == set()
    assert toned & QUIET == set()


def test_models_hold_values_and_no_words():
    """Where a member has a label of its own, Django makes it from the name: what the admin shows."""
    for enum in ENUMS:
        if issubclass(enum, TextChoices):
            for member in enum:
                assert str(member.label) == member.name.replace("_", " ").title()


@pytest.mark.parametrize("folder", ["templates", "invitations"])
def test_nobody_asks_the_models_for_words(folder):
    asked = re.compile(r"get_\w+_display|\b[A-Z]\w+(?:\([\w.]+\))?(?:\.[A-Z_]+)?\.(?:label|choices|labels)\b")
    for path in sorted((ROOT / folder).rglob("*.*")):
        if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts:
            assert asked.findall(path.read_text()) == [], path


def test_choices_come_in_the_order_of_the_enum():
    assert [value for value, _label in choices(Stage)] == Stage.values
    assert dict(choices(MessageStatus))["sent"] == "Sent"
