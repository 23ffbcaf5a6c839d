"""Small marks beside words: icons, times, monograms, and the colours of tiles. Reads no table."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zlib import crc32

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

from invitations.words.lengths import spoken

TILES = 12
SEVEN_DAYS = 7 * 24 * 3600


@lru_cache(maxsize=256)
def icon(name: str, classes: str = "icon") -> SafeString:
    """An icon of the lucide set, hidden from screen readers: a word always stands beside it."""
    return SafeString(  # nosec B703  # drawn by a package from names in our templates
        lucide(name, size=16, **{"class": classes, "aria-hidden": "true", "focusable": "false"})
    )


def time_tag(moment: datetime, now: datetime) -> SafeString:
    """What `relative` gives, for whoever knows what time it is for the reader."""
    local = moment.astimezone(now.tzinfo)
    minute = local.replace(second=0, microsecond=0).isoformat()
    exact = f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"
    return format_html('<time datetime="{}" title="{}">{}</time>', minute, exact, _in_words(local, now))


def _in_words(moment: datetime, now: datetime) -> str:
    distance = (now - moment).total_seconds()
    if abs(distance) < 45:
        return _("in a moment") if distance < 0 else _("just now")
    if abs(distance) >= SEVEN_DAYS:
        return date_format(moment, "MONTH_DAY_FORMAT" if moment.year == now.year else "DATE_FORMAT")
    length = spoken(timedelta(seconds=abs(distance)), days_from_hours=24)
    return (_("in %(length)s") if distance < 0 else _("%(length)s ago")) % {"length": length}


def initials(name: str) -> str:
    """Up to two letters that stand for a person or a company: "Ana de Souza" gives "AS"."""
    words = [word for word in name.split("@")[0].replace(".", " ").split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper() or "?"


def monogram(name: str) -> str:
    """One or two letters for a connector's tile: "Google Ads" gives "GA", "Pipedrive" gives "Pi"."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + words[1][0]).upper() if len(words) > 1 else words[0][:2].capitalize()


def tile_class(name: str) -> str:
    """The same colour for the same name on every page: `tile--1` to `tile--12`."""
    return f"tile--{crc32(name.encode()) % TILES + 1}"
