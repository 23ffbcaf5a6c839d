"""The guest's pages to look at. A key in a mail's address becomes a cookie; looking changes nothing.

Must not call Kondado, and must not show whether an invitation exists to anybody without its key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from invitations.errors import InvitationExpired, LinkUnsafe, OpensNothing, PortalError
from invitations.forms.guest import offered_languages
from invitations.models import Delivery, GuestToken
from invitations.place import place_of
from invitations.services.base import slots
from invitations.services.guest import answers, press, wrong_keys
from invitations.services.reads import help_texts
from invitations.views.bounds import too_many
from invitations.words.guest import brand, cards, day, language_of, masked, refusals, thanks, what_is_asked

View = Callable[..., HttpResponse]
FOUND, TOO_LATE = 302, 410
KEY = "key"  # the field that holds it where a browser keeps no cookies: alone, or in the link from the mail
TOKEN = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])", re.ASCII)
MOST_COOKIES = 40  # in one browser, 3 kB of a request: servers take 8 kB of headers
# Where the sentence of an error speaks to staff.
FOR_GUESTS: dict[type[PortalError], Any] = {
    LinkUnsafe: _("This link is withheld for safety. Please write to the person who invited you."),
}


def for_guest(view: View) -> View:
    """The view gets the key that the guest's cookie holds, in the guest's language; every refusal is a page.

    A browser that keeps no cookies sends the key with each press: nobody who lacks it could have made that form.
    """

    def opened(request: HttpRequest, token: str, public_id: str, **kwargs: Any) -> HttpResponse:
        if not token:
            return no_cookie(request, public_id)
        key = press.find(public_id=public_id, token=token)
        response = _answer(view, request, key, **kwargs) if key else opens_nothing(request)
        if request.method == "POST" and response.status_code in {404, TOO_LATE}:
            press.note_blocked(public_id=public_id, token=token)
        return response

    @csrf_protect
    def by_cookie(request: HttpRequest, public_id: str, **kwargs: Any) -> HttpResponse:
        return opened(request, request.COOKIES.get(cookie_name(public_id), ""), public_id, **kwargs)

    def by_key(request: HttpRequest, public_id: str, **kwargs: Any) -> HttpResponse:
        found = TOKEN.search(request.POST[KEY])
        if found is None:
            return no_cookie(request, public_id, wrong=True)
        request.guest_key = found[0]  # type: ignore[attr-defined]  # for the forms of the page that follows
        response = opened(request, found[0], public_id, **kwargs)
        # A page that is led to would be asked for without the key.
        key = press.find(public_id=public_id, token=found[0]) if response.status_code == FOUND else None
        return _answer(look, request, key) if key else response

    @login_not_required
    @csrf_exempt  # by_cookie is protected; a key in the form does more than its token could
    @wraps(view)
    def wrapped(request: HttpRequest, public_id: str, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and KEY in request.POST:
            return by_key(request, public_id, **kwargs)
        return by_cookie(request, public_id, **kwargs)

    return wrapped


def no_cookie(request: HttpRequest, public_id: str, *, wrong: bool = False) -> HttpResponse:
    """403 without a key: open the link again, or paste it into a form. Says the same of every invitation and of none."""
    here = request.path.removeprefix(reverse("guest", args=[public_id]))
    # By a path from here: the page bears no trace of the invitation that was asked for.
    context = {"opening": "../" * here.count("/") + "open/", "wrong": wrong}
    return render(request, "guest/no_cookie.html", context, status=403)


def _answer(view: View, request: HttpRequest, key: GuestToken, **kwargs: Any) -> HttpResponse:
    try:
        with translation.override(language_of(key.invitation)):
            response = _kind_answer(view, request, key, **kwargs)
            response.headers["Content-Language"] = translation.get_language()
            return response
    except OpensNothing:
        return opens_nothing(request)


def _kind_answer(view: View, request: HttpRequest, key: GuestToken, **kwargs: Any) -> HttpResponse:
    try:
        return view(request, key, **kwargs)
    except OpensNothing:
        raise
    except InvitationExpired:
        return expired(request, key)
    except PortalError as error:
        key.invitation.refresh_from_db()
        return show(request, key, problem=str(FOR_GUESTS.get(type(error), error.sentence)), status=409)


@login_not_required
@require_safe
def token(request: HttpRequest, token: str) -> HttpResponse:
    """The address in the mail: keeps the key in a cookie and leads to a page whose address is no secret."""
    invitation = press.exchange(token=token)
    if invitation is None:
        return opens_nothing(request)
    response = HttpResponse(status=303, headers={"Location": reverse("guest", args=[invitation.public_id])})
    _drop_oldest(request, response, besides=cookie_name(invitation.public_id))
    response.set_cookie(
        cookie_name(invitation.public_id), token, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )
    return response


def _drop_oldest(request: HttpRequest, response: HttpResponse, *, besides: str) -> None:
    """Takes away the cookies of the invitations opened longest ago: browsers send all of them, the oldest first."""
    kept = [name for name in request.COOKIES if name.startswith(cookie_name("")) and name != besides]
    for name in kept[: max(0, len(kept) + 1 - MOST_COOKIES)]:
        response.delete_cookie(name, samesite="Lax")


@require_safe
@gzip_page
@for_guest
def page(request: HttpRequest, key: GuestToken) -> HttpResponse:
    """The invitation's page."""
    return look(request, key)


def look(request: HttpRequest, key: GuestToken) -> HttpResponse:
    """What is asked, by whom, why it is safe, and one button for each connector."""
    if key.invitation.is_expired(timezone.now()):
        raise InvitationExpired
    return show(request, key)


def cookie_name(public_id: str) -> str:
    """One cookie for each invitation, so that two open at once do not shut each other out."""
    return f"{settings.COOKIE_PREFIX}guest_{public_id}"


def show(
    request: HttpRequest, key: GuestToken, *, problem: str = "", status: int = 200, **typed: Any
) -> HttpResponse:
    """The page of an invitation that is open, or was declined. `typed` brings a form back with its errors."""
    invitation = key.invitation
    context = {**_frame(key), "problem": problem, **typed}
    if invitation.declined_at:
        context |= {"thanks": thanks(invitation)}
        return render(request, "guest/declined.html", context, status=status)
    links = press.links(invitation)
    helps = help_texts.for_guest([link.connector_id for link in links], invitation.language)
    shown = cards(links, helps, slots.taken_over(links, timezone.now()))
    counted = [card for card in shown if card.state != "replaced"]
    if not counted:
        return render(request, "guest/nothing.html", context | {"replaced": bool(shown)}, status=status)
    passed_on = answers.forwarded(invitation) if invitation.forwards else []
    context |= {
        "cards": shown,
        "asked": what_is_asked(
            company=invitation.account.shown_brand, asked=[(card.name, card.is_source) for card in counted]
        ),
        "count": len(counted),
        "finished": sum(card.is_over for card in counted),
        "open_until": day(invitation.expires_at),
        "may_forward": invitation.delivery != Delivery.KONDADO
        and invitation.forwards < answers.MOST_FORWARDS,
        "refusals": refusals(),
        "passed_on": [masked(message.to_email) for message in passed_on],
    }
    return render(request, "guest/page.html", context, status=status)


def expired(request: HttpRequest, key: GuestToken) -> HttpResponse:
    """410: too late, with one button that asks for more time."""
    context = {**_frame(key), "asked": key.invitation.was_asked_again}
    return render(request, "guest/expired.html", context, status=TOO_LATE)


def opens_nothing(request: HttpRequest) -> HttpResponse:
    """404 for every key that opens nothing, whatever the reason; 429 once too many came from one address."""
    wait = wrong_keys.wrong_key(place=place_of(request))
    if wait:
        return too_many(request, wait)
    return render(request, "guest/not_found.html", status=404)


def lead_back(
    request: HttpRequest,
    name: str,
    *,
    status: int,
    public_id: str,
    typed: dict[str, Any] | None = None,
    **_more: Any,
) -> HttpResponse:
    """A page that says why a press was none, and leads back; with a key, in its guest's language and colours.

    `typed` is what came with the press, to be sent once more.
    """
    key = press.find(public_id=public_id, token=request.COOKIES.get(cookie_name(public_id), ""))
    language = language_of(key.invitation) if key else translation.get_language()
    with translation.override(language):
        context = {
            "page": reverse("guest", args=[public_id]),
            **((typed or {}) | brand(key.invitation) if key else {}),
        }
        answer = render(request, name, context, status=status)
        answer.headers["Content-Language"] = translation.get_language()
        return answer


def _frame(key: GuestToken) -> dict[str, Any]:
    """What every page of a known invitation shows."""
    who = press.holder(key)
    languages = offered_languages()
    return {
        **brand(key.invitation),
        "guest_name": who.name,
        "guest_address": masked(who.email),
        "languages": languages if len(languages) > 1 else [],
    }
