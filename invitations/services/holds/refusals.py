"""What Kondado's own words of refusal mean, as administrators decided. Stops nothing itself: services.holds.rules asks here.

Words are told apart by the SHA-256 of code and text together, because a text may be long.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from invitations.errors import NotYours, WrongState
from invitations.models import Attempt, EventKind, RefusalMark, User
from invitations.models.attempt import Outcome
from invitations.models.refusal import RefusalVerdict
from invitations.services.base import audit

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """One refusal in these words: how often, for how many accounts, and what it was decided to mean."""

    attempt_id: int
    error_code: str
    error_text: str
    times: int
    accounts: int
    last: datetime
    mark: RefusalMark | None


def words_key(code: str, text: str) -> str:
    """What a mark is found by."""
    return hashlib.sha256(f"{code}\0{text}".encode()).hexdigest()


def mark_on(attempt: Attempt) -> RefusalMark | None:
    """The decision about the words of a refused attempt, if there is one."""
    key = words_key(attempt.error_code, attempt.error_text)
    return RefusalMark.objects.select_related("marked_by").filter(words=key).first()


def counted(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """Without the refusals that concern one link only: they neither count in a row of refusals nor end it."""
    alone = RefusalMark.objects.filter(
        verdict=RefusalVerdict.LINK_ONLY,
        error_code=OuterRef("error_code"),
        error_text=OuterRef("error_text"),
    )
    return attempts.exclude(Exists(alone), outcome=Outcome.REJECTED)


@transaction.atomic
def mark(*, by: User, attempt: Attempt, verdict: str, now: datetime | None = None) -> None:
    """Decides what the words of a refused attempt mean from now on; an empty verdict takes the decision back.

    What stands or was counted already stays as it is. Raises NotYours, WrongState (it was not refused).
    """
    now = now or timezone.now()
    if not by.is_admin:
        raise NotYours
    if attempt.outcome != Outcome.REJECTED:
        raise WrongState
    words = {"error_code": attempt.error_code, "error_text": attempt.error_text}
    key = words_key(attempt.error_code, attempt.error_text)
    if verdict:
        decided = {"verdict": RefusalVerdict(verdict), "marked_by": by, "marked_at": now}
        RefusalMark.objects.update_or_create(words=key, defaults=words | decided)
    else:
        RefusalMark.objects.filter(words=key).delete()
    audit.record(
        kind=EventKind.REFUSAL_MARKED, by=by, about=f"refusal:{key[:32]}", data={"verdict": verdict}, now=now
    )


def seen() -> list[Seen]:
    """Every refusal that was met, the latest first, with its mark. Two queries."""
    marks = {row.words: row for row in RefusalMark.objects.select_related("marked_by")}
    refused = Attempt.objects.refused().values("error_code", "error_text")
    rows = refused.annotate(
        attempt_id=Max("id"),
        times=Count("id"),
        accounts=Count("access_link__account", distinct=True),
        last=Max("finished_at"),
    ).order_by("-last")
    return [
        Seen(**row, mark=marks.get(words_key(row["error_code"], row["error_text"])))
        for row in rows[:MOST_SHOWN]
    ]
