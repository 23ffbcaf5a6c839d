"""What the first page shows: what waits for a person, what was sent last, a few numbers. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Count, Q
from django.db.models.functions import TruncWeek
from django.utils import timezone

from invitations.models import AccessLink, Invitation, Stage, User
from invitations.services.reads.invitations import Row, rows_of

CAP = 1_000
STUCK_AFTER = timedelta(hours=48)
NEEDS_SOMEBODY = (Stage.NEEDS_ATTENTION, Stage.DECLINED, Stage.TO_VERIFY, Stage.TO_APPROVE)
STILL_WITH_GUEST = (Stage.WAITING, Stage.OPENED, Stage.PARTLY_CONNECTED)
NOT_SENT = (Stage.SENDING, Stage.CANCELLED, Stage.TO_APPROVE, Stage.NEEDS_ATTENTION)


@dataclass(frozen=True, slots=True)
class Numbers:
    """`sent` and `connected` stop counting above CAP. `median` is empty when nobody has connected."""

    sent: int
    connected: int
    median: timedelta | None


def needs_me(*, user: User, now: datetime, limit: int = 10) -> list[Row]:
    """What waits for a person: trouble, answers to look at, and guests silent for too long."""
    silent = Q(stage__in=STILL_WITH_GUEST, created_at__lt=now - STUCK_AFTER)
    asks_again = Q(stage=Stage.EXPIRED, asked_again_at__isnull=False)
    rows = Invitation.objects.visible_to(user).filter(Q(stage__in=NEEDS_SOMEBODY) | silent | asks_again)
    return rows_of(rows.newest_first()[:limit])


def unknown_count(user: User) -> int:
    """How many outcomes wait for this person's word; stops counting above CAP."""
    links = AccessLink.objects.unknown_of(user).filter(invitation__stage=Stage.NEEDS_ATTENTION)
    return links.order_by()[: CAP + 1].count()


def weekly(*, user: User, now: datetime, weeks: int = 12) -> list[tuple[datetime, int]]:
    """Monday of each of the last weeks, oldest first, and how many invitations were made in it."""
    monday = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=monday.weekday())
    starts = [monday - timedelta(weeks=back) for back in reversed(range(weeks))]
    rows = Invitation.objects.visible_to(user).filter(created_at__gte=starts[0])
    counted = dict(
        rows.annotate(week=TruncWeek("created_at"))
        .values_list("week")
        .annotate(count=Count("id"))
        .order_by("week")
    )
    found = {week.date(): count for week, count in counted.items()}
    return [(start, found.get(start.date(), 0)) for start in starts]


def latest(*, user: User, limit: int = 8) -> list[Row]:
    """What this person sent last; whatever was sent last, for somebody who never sends."""
    rows = Invitation.objects.visible_to(user)
    if not user.reads_everything or user.is_admin:
        own = rows_of(rows.filter(created_by=user).newest_first()[:limit])
        if own or not user.is_admin:
            return own
    return rows_of(rows.newest_first()[:limit])


def numbers(*, user: User) -> Numbers:
    """The three numbers of the overview, over everything that `user` may see."""
    rows = Invitation.objects.visible_to(user)
    sent = rows.exclude(stage__in=NOT_SENT)[: CAP + 1].count()
    connected = rows.filter(stage=Stage.CONNECTED)
    times = AccessLink.objects.filter(invitation__in=connected, confirmed_at__isnull=False).order_by(
        "-invitation_id"
    )
    taken = [
        (end - start).total_seconds()
        for start, end in times.values_list("invitation__created_at", "confirmed_at")[:CAP]
        if end
    ]
    return Numbers(sent, connected[: CAP + 1].count(), timedelta(seconds=median(taken)) if taken else None)
