"""What somebody typed while their session ended: kept for that person alone, for an hour, to be shown once.

Only for the form of a new invitation: elsewhere people type passwords, and a session is no place for those. Only for
somebody who was signed in, which the form or the ended session shows: for nobody, nothing is stored.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from invitations.nonces import NOBODY, typist
from invitations.place import place_of
from invitations.services.base import throttle
from invitations.services.base.bounds import KEPT_INPUT

KEPT = "kept_input"
KEPT_BYTES = 32_768
KEPT_SECONDS = 3_600


def keep_input(request: HttpRequest) -> None:
    """Puts the posted fields into the session, unless nobody was signed in or no person typed so much."""
    fields = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
    by = typist(request.POST)
    whose = None if by == NOBODY else by or getattr(request, "ended_for", None)
    if whose is None or sum(len(value) for values in fields.values() for value in values) > KEPT_BYTES:
        return
    if throttle.take(KEPT_INPUT, place_of(request)).wait:
        return
    request.session.set_expiry(KEPT_SECONDS)  # signing in sets its own
    request.session[KEPT] = {
        "path": request.path,
        "fields": fields,
        "at": timezone.now().timestamp(),
        "for": whose,
    }


def take_kept_input(request: HttpRequest) -> dict[str, list[str]] | None:
    """What this very person typed on this page before the session ended; taken once, gone after an hour."""
    kept = request.session.get(KEPT)
    if not isinstance(kept, dict) or kept.get("path") != request.path:
        return None
    del request.session[KEPT]
    fresh = timezone.now().timestamp() - kept["at"] < KEPT_SECONDS
    same = kept.get("for") == request.user.pk
    return kept["fields"] if fresh and same else None
