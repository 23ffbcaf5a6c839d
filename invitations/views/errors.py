"""Answers to requests that were refused before any view saw them. Changes nothing."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render, resolve_url
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from invitations.middleware import page_of_button
from invitations.models import User
from invitations.nonces import may_read
from invitations.permissions import StaffRequest
from invitations.views import guest, trouble
from invitations.views.new_invitation import again

GUEST = ("/g/", "/guest/")
TOKEN = "csrfmiddlewaretoken"  # noqa: S105  (names a field)
SECRET = ("password", "code")  # words in the names of fields whose content is shown to nobody


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a page that this person's role does not have."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page, or an object that is not theirs."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when it is the database; without the request's context: whatever broke may break that too."""
    if request.path.startswith(GUEST):
        return HttpResponse(render_to_string("guest/failed.html"), status=500)
    return trouble.page_now(request) or HttpResponse(render_to_string("500.html"), status=500)


class ButtonAddressMiddleware:
    """405 as a page, where a browser comes back to the address of a button by reload, Back or a restored window."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        looked = request.method in {"GET", "HEAD"} and request.accepts("text/html")
        match = request.resolver_match
        if not (
            looked and match and "public_id" in match.kwargs and isinstance(answer, HttpResponseNotAllowed)
        ):
            return answer
        if request.path.startswith(GUEST):
            shown = guest.lead_back(request, "guest/button.html", status=405, **match.kwargs)
        else:
            shown = render(request, "405.html", {"page": page_of_button(match)}, status=answer.status_code)
        shown.headers["Allow"] = answer.headers["Allow"]
        return shown


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a page that was opened before the last sign-in, or came from elsewhere; what was typed comes back.

    Nothing is kept where the request may come from a foreign page, and of nobody who is not signed in.
    """
    found = getattr(request, "user", None)
    user = found if isinstance(found, User) else None
    is_form = request.path == reverse("invitation_new")
    if is_form and user and user.can_change and may_read(user, request.POST):
        return _form_again(request)  # type: ignore[arg-type]
    typed = _typed(request)
    if request.path.startswith(GUEST) and request.resolver_match:
        kwargs = request.resolver_match.kwargs
        return guest.lead_back(request, "guest/press_again.html", status=403, typed=typed, **kwargs)
    if user and request.path == resolve_url(settings.LOGIN_URL):
        return redirect("overview")  # signed in meanwhile, in another tab
    context = typed if user else {}
    return render(request, "403_csrf.html", context, status=403)


def _typed(request: HttpRequest) -> dict[str, Any]:
    """What came with a press, to be sent once more; nothing of a foreign page, and nothing where a secret is typed."""
    fields = [(name, value) for name in request.POST if name != TOKEN for value in request.POST.getlist(name)]
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    if not ours or any(word in name for name, _value in fields for word in SECRET):
        return {}
    lengthy = [value for name, value in fields if " " in value.strip() or "@" in value]
    return {"typed": fields or [("again", "1")], "shown": lengthy}


def _form_again(request: StaffRequest) -> HttpResponse:
    notice = _(
        "This page was opened before you last signed in, perhaps in another tab, or it came from elsewhere, so nothing was sent. What you typed is here: look it over and send it again."
    )
    return again(request, request.POST, notice, status=403)
