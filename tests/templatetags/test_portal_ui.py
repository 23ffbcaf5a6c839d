"""Times in words, monograms, and icons for every status and stage."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from invitations.templatetags import portal_ui

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=-10), "just now"),
        (timedelta(seconds=10), "in a moment"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(minutes=-59, seconds=-50), "1 hour ago"),
        (timedelta(hours=3), "in 3 hours"),
        (timedelta(days=-2), "2 days ago"),
        (timedelta(days=-20), "February 18"),
        (timedelta(days=-200), "Aug. 22, 2025"),
    ],
)
def test_time_in_words(away: timedelta, words: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert f">{words}</time>" in portal_ui.relative(NOW + away)


def test_time_gives_the_exact_moment_in_the_readers_zone() -> None:
    with timezone.override("America/Sao_Paulo"):
        shown = portal_ui.relative(NOW)

    assert 'datetime="2026-03-10T12:00:00-03:00"' in shown
    assert "noon -03" in shown


def test_no_time_shows_nothing() -> None:
    assert portal_ui.relative(None) == ""


@pytest.mark.parametrize(
    ("name", "letters"), [("Ana de Souza", "AS"), ("ana.lima@example.com", "AL"), ("Ana", "A"), ("", "?")]
)
def test_initials(name: str, letters: str) -> None:
    assert portal_ui.initials(name) == letters


@pytest.mark.parametrize(("name", "letters"), [("Google Ads", "GA"), ("Pipedrive", "Pi"), ("(!)", "?")])
def test_monogram(name: str, letters: str) -> None:
    assert portal_ui.monogram(name) == letters


def test_a_connector_keeps_its_colour() -> None:
    assert portal_ui.tile_class("ClickUp") == portal_ui.tile_class("ClickUp")
    assert portal_ui.tile_class("ClickUp").startswith("tile--")


def test_style_sheets_come_as_one_file_or_as_their_sources(settings: settings) -> None:
    settings.DEBUG = False
    assert portal_ui.stylesheet("guest").count("<link") == 1
    settings.DEBUG = True
    assert portal_ui.stylesheet("guest").count("<link") == 3
