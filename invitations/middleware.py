"""What every staff request goes through: session limits, preferences, sign-in, second factor."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import ResolverMatch, reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from invitations.kept_input import keep_input

Handler = Callable[[HttpRequest], HttpResponse]
SIGNED_IN, LAST_USED = "signed_in_at", "last_used_at"
WRITE_EVERY = timedelta(minutes=5)  # a write at each request would queue up on SQLite
KEPT_PAGES = frozenset({"invitation_new"})
POLLS = frozenset({"invitation_status"})  # a page left open asks by itself: that is nobody's activity


class SessionLimitsMiddleware:
    """Ends a session that was not used for a while, or that is too old whatever its use."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now()
            if self._is_over(request, now):
                request.ended_for = request.user.pk  # type: ignore[attr-defined]
                logout(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        """Notes the use of a session, unless it is a page asking by itself."""
        match = request.resolver_match
        if not request.user.is_authenticated or (match and match.url_name in POLLS):
            return
        now = timezone.now()
        last = self._moment(request, LAST_USED)
        if last is None or now - last > WRITE_EVERY:
            request.session.setdefault(SIGNED_IN, now.timestamp())
            request.session[LAST_USED] = now.timestamp()

    def _is_over(self, request: HttpRequest, now: datetime) -> bool:
        idle = settings.SESSION_IDLE_ADMIN if request.user.is_admin else settings.SESSION_IDLE  # type: ignore[union-attr]
        if settings.KONDADO_SANDBOX:
            idle = settings.SESSION_IDLE
        used, began = self._moment(request, LAST_USED), self._moment(request, SIGNED_IN)
        too_idle = used is not None and now - used > idle + WRITE_EVERY
        too_old = began is not None and now - began > timedelta(seconds=settings.SESSION_COOKIE_AGE)
        return too_idle or too_old

    @staticmethod
    def _moment(request: HttpRequest, name: str) -> datetime | None:
        stamp = request.session.get(name)
        return (
            datetime.fromtimestamp(stamp, tz=zoneinfo.ZoneInfo("UTC"))
            if isinstance(stamp, int | float)
            else None
        )


class PreferencesMiddleware:
    """Shows times in the person's zone and texts in the person's language."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        language = request.user.language if translation.check_for_language(request.user.language) else None
        try:
            zone = zoneinfo.ZoneInfo(request.user.time_zone or settings.TIME_ZONE)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            zone = zoneinfo.ZoneInfo(settings.TIME_ZONE)
        with timezone.override(zone), translation.override(language or translation.get_language()):
            response = self.get_response(request)
            # LocaleMiddleware would name the language of the browser, which this page is not written in.
            response.headers.setdefault("Content-Language", translation.get_language())
        return response


def page_of_button(match: ResolverMatch | None) -> str:
    """The page on which the button stands whose address this is; the overview where that is not known."""
    public_id = match.kwargs.get("public_id") if match else None
    if match is None or not public_id:
        return "/"
    name = "guest" if str(match.url_name).startswith("guest_") else "invitation"
    return reverse(name, args=[public_id])


class SignInMiddleware(LoginRequiredMiddleware):
    """Closed by default. A form posted after its session ended is kept, to be shown again after sign-in."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseRedirect:
        """To the sign-in page, remembering what was typed."""
        match = request.resolver_match
        if request.method == "POST" and match and match.url_name in KEPT_PAGES:
            keep_input(request)
        answer = super().handle_no_permission(request, view_func)
        if request.method == "POST" and match and match.url_name not in KEPT_PAGES:
            # Whatever was pressed is gone; after sign-in comes the page that it stood on.
            answer = redirect_to_login(page_of_button(match), resolve_url(settings.LOGIN_URL))
        if "HX-Request" in request.headers:
            # A part of a page asked by itself: the whole page has to go to sign-in, not the part.
            answer["HX-Redirect"] = (
                f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': self._page(request)})}"
            )
            answer.status_code = 204
            del answer["Location"]
        return answer

    @staticmethod
    def _page(request: HttpRequest) -> str:
        """The path of the page that the part stands in, as the browser says; the overview otherwise."""
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        return page.path if url_has_allowed_host_and_scheme(page.path, None) else "/"


class SecondFactorMiddleware:
    """Administrators reach nothing but its enrolment until they have a second factor."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponseBase | None:
        """Sends an administrator without one to the page that sets it up."""
        user = request.user
        if not settings.SECOND_FACTOR_FORCED or not user.is_authenticated or not user.is_admin:
            return None
        name = request.resolver_match.url_name if request.resolver_match else ""
        free = name is not None and (
            name.startswith("mfa_") or name in {"account_logout", "account_reauthenticate"}
        )
        if free or is_mfa_enabled(user):
            return None
        return redirect("mfa_activate_totp")
