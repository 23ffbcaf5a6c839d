"""A length of time in words."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import ngettext


def spoken(length: timedelta | None, *, days_from_hours: int = 48) -> str:
    """A length in minutes, from an hour on in hours, from so many hours on in days; empty when it is not known."""
    if length is None:
        return ""
    minutes = max(1, round(length.total_seconds() / 60))
    if minutes < 60:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = round(minutes / 60)
    if hours < days_from_hours:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    days = round(hours / 24)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
