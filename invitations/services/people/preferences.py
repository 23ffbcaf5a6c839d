"""What a person changes about themselves: name, language, time zone."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from invitations.models import EventKind, User
from invitations.services.base import audit


@transaction.atomic
def change(
    *, by: User, full_name: str, language: str, time_zone: str, now: datetime | None = None
) -> list[str]:
    """Stores the preferences of `by`; the names of those that changed. Raises ValidationError.

    The record says which ones, never their values: a name is personal.
    """
    now = now or timezone.now()
    wanted = {"full_name": full_name.strip(), "language": language, "time_zone": time_zone}
    changed = [name for name, value in wanted.items() if getattr(by, name) != value]
    if not changed:
        return []
    for name in changed:
        setattr(by, name, wanted[name])
    by.full_clean(exclude=["password"])
    by.save(update_fields=changed)
    audit.record(kind=EventKind.PERSON_UPDATED, by=by, about=by, data={"fields": changed}, now=now)
    return changed
