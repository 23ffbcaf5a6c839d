"""What people read when the database is full, busy or away: what was not done, and their input back.

Must not need the database, nor anything that does: no session, no person, no page around it.
"""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse

from invitations.services.base.trouble import Trouble, trouble_of

AGAIN_SECONDS: dict[Trouble, int] = {"full": 600, "busy": 30, "away": 60}
SHOWN = ("recipient_name", "recipient_email", "assigned_collection_name", "message", "insist_reason")


def page_now(request: HttpRequest) -> HttpResponse | None:
    """The page for the failure that is being handled; None where nobody can say that nothing was done."""
    trouble = trouble_of(sys.exc_info()[1])
    is_form = request.path == reverse("invitation_new") and request.method == "POST"
    if trouble is None or getattr(request, "was_saved", False):
        return None
    if request.method not in {"GET", "HEAD"} and not is_form:
        return None
    context = {"trouble": trouble, "is_form": is_form, **(_input(request) if is_form else {})}
    answer = HttpResponse(render_to_string("503.html", context), status=503)
    answer.headers["Retry-After"] = str(AGAIN_SECONDS[trouble])
    return answer


def _input(request: HttpRequest) -> dict[str, object]:
    """What was typed, to be looked at and sent again as the same form: it is made once, however often it is sent.

    Only to the portal's own page: from a foreign one it would become a form of ours.
    """
    if request.headers.get("Origin") != f"{request.scheme}://{request.get_host()}":
        return {}
    typed = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
    return {
        "fields": [(name, value) for name, values in typed.items() for value in values],
        "shown": [value for name in SHOWN for value in typed.get(name, []) if value.strip()],
        "token": get_token(request),
    }
