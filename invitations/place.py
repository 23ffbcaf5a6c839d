"""From where a request comes, as the bounds count it: its network, and whether its browser is known. Counts nothing."""

from __future__ import annotations

import ipaddress

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse

from invitations.services.people import known_browsers
from invitations.services.people.guesses import Source

KNOWN_COOKIE = f"{settings.COOKIE_PREFIX}known"


def place_of(request: HttpRequest) -> str:
    """The IPv4 address, or the /64 that one customer of a provider has; of the nearest that is no proxy of ours."""
    try:
        found = ipaddress.ip_address(get_adapter(request).get_client_ip(request))
    except (ImproperlyConfigured, PermissionDenied, ValueError):
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def source_of(request: HttpRequest, address: str) -> Source:
    """Who tries to sign in with this address: a place, or a browser or session of that very person."""
    place, user = place_of(request), request.user
    if user.is_authenticated and user.email.lower() == address.strip().lower():
        return Source(place, known=f"signed in as {user.pk} at {place}")
    mark = request.COOKIES.get(KNOWN_COOKIE, "")
    return Source(place, known=known_browsers.known_as(mark=mark, address=address))


def remember_browser(response: HttpResponse, *, address: str) -> None:
    """Leaves the mark of a sign-in in the browser."""
    response.set_cookie(
        KNOWN_COOKIE,
        known_browsers.new_mark(address=address),
        max_age=known_browsers.KEPT,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
