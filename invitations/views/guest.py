"""The guest's pages. A key in a mail's address becomes a cookie; looking changes nothing; only Continue acts.

Must not call Kondado, and must not show whether an invitation exists to anybody without its key.
"""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from invitations.errors import PortalError
from invitations.models import ACCENTS, AccessLink, Invitation, Status
from invitations.services import guests

View = Callable[..., HttpResponse]


def _guest_headers(referrer_policy: str) -> Callable[[View], View]:
    """Headers of every answer to a guest: stored nowhere, found by no search engine."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
            response = view(request, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            response["Referrer-Policy"] = referrer_policy
            response["X-Robots-Tag"] = "noindex"
            return response

        return wrapped

    return decorate


@login_not_required
@_guest_headers("no-referrer")
@require_safe
def token(request: HttpRequest, token: str) -> HttpResponse:
    """The address in the mail: keeps the key in a cookie and leads to a page whose address is no secret."""
    invitation = guests.exchange(token=token)
    if invitation is None:
        return render(request, "guest/not_found.html", status=404)
    response = HttpResponse(status=303, headers={"Location": reverse("guest", args=[invitation.public_id])})
    response.set_cookie(
        cookie_name(invitation.public_id), token, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )
    return response


# Not `no-referrer`: with it, browsers send `Origin: null` with a form, which the CSRF check refuses.
@login_not_required
@_guest_headers("same-origin")
@require_safe
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    """What is asked, by whom, and one button for each connector."""
    invitation = _opened(request, public_id)
    return invitation if isinstance(invitation, HttpResponse) else _show(request, invitation)


@login_not_required
@_guest_headers("same-origin")
@require_POST
def go_on(request: HttpRequest, public_id: str, link_id: int) -> HttpResponse:
    """Leads to Kondado by a page of its own: a redirect would break `form-action 'self'`."""
    invitation = _opened(request, public_id)
    if isinstance(invitation, HttpResponse):
        return invitation
    link = next((link for link in _links(invitation) if link.pk == link_id), None)
    if link is None:
        return render(request, "guest/not_found.html", status=404)
    try:
        address = guests.go_on(invitation=invitation, link=link)
    except PortalError as error:
        return _show(request, invitation, problem=str(error.sentence), status=409)
    return render(request, "guest/go_on.html", {**_brand(invitation), "link": link, "address": address})


def cookie_name(public_id: str) -> str:
    """One cookie for each invitation, so that two open at once do not shut each other out."""
    return f"{settings.COOKIE_PREFIX}guest_{public_id}"


def _opened(request: HttpRequest, public_id: str) -> Invitation | HttpResponse:
    """The invitation that the guest's cookie opens, or the page that says why there is none."""
    token = request.COOKIES.get(cookie_name(public_id), "")
    if not token:
        return render(request, "guest/no_cookie.html", status=403)
    invitation = guests.find(public_id=public_id, token=token)
    if invitation is None:
        return render(request, "guest/not_found.html", status=404)
    if guests.is_expired(invitation):
        return render(request, "guest/expired.html", _brand(invitation), status=410)
    return invitation


def _show(
    request: HttpRequest, invitation: Invitation, *, problem: str = "", status: int = 200
) -> HttpResponse:
    links = [link for link in _links(invitation) if link.status != Status.CANCELLED]
    context = {**_brand(invitation), "links": links, "problem": problem}
    return render(request, "guest/page.html", context, status=status)


def _links(invitation: Invitation) -> list[AccessLink]:
    return list(invitation.links.select_related("connector"))


def _brand(invitation: Invitation) -> dict[str, object]:
    accent = invitation.account.brand_accent or settings.PORTAL_ACCENT
    return {
        "invitation": invitation,
        "company": invitation.account.shown_brand,
        "sender": str(invitation.created_by),
        "accent": accent if accent in ACCENTS else ACCENTS[0],
    }
