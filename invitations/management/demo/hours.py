"""Working time in São Paulo, Monday to Friday from nine to six: when people of the demo invite, answer and confirm.

Time is counted as hours worked since a Monday long ago, so that "six working hours later" is a sum.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Sao_Paulo")
FIRST = date(2000, 1, 3)  # a Monday
OPENS, A_DAY = 9, 9  # o'clock, and hours
DAYS_A_WEEK = 5


def worked(moment: datetime) -> float:
    """Hours worked from the first Monday to this moment."""
    local = moment.astimezone(ZONE)
    weeks, weekday = divmod((local.date() - FIRST).days, 7)
    hour = local.hour + local.minute / 60 + local.second / 3600
    today = min(max(hour - OPENS, 0.0), A_DAY) if weekday < DAYS_A_WEEK else 0.0
    return (weeks * DAYS_A_WEEK + min(weekday, DAYS_A_WEEK)) * A_DAY + today


def moment_of(hours: float) -> datetime:
    """The moment at which so many hours were worked; the next morning rather than the evening before."""
    days, rest = divmod(hours, A_DAY)
    weeks, weekday = divmod(int(days), DAYS_A_WEEK)
    day = FIRST + timedelta(weeks=weeks, days=weekday)
    return datetime.combine(day, time(OPENS), ZONE) + timedelta(hours=rest)


def later(moment: datetime, hours: float) -> datetime:
    """So many working hours after a moment; before it where `hours` is negative."""
    return moment_of(worked(moment) + hours)
