"""429: counts requests at the doors that have a bound, and says to whoever is over one how long to wait."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import ResolverMatch

from invitations.errors import TooManyTries
from invitations.place import place_of
from invitations.services.base import bounds, throttle

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
GUEST = ("/g/", "/guest/")


class BoundsMiddleware:
    """Takes from the bounds of services/base/bounds.py before a view runs; turns TooManyTries into its page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Counts one request, if its address counts them."""
        if request.method in SAFE:
            return None
        for bound in bounds.at_the_door(_name(request.resolver_match)):
            whom = str(request.user.pk) if bound.per == bounds.Per.PERSON else place_of(request)
            taken = throttle.take(bound, whom)
            if taken.wait:
                return too_many(request, taken.wait)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Whatever service counted."""
        return too_many(request, exception.wait) if isinstance(exception, TooManyTries) else None


def too_many(request: HttpRequest, wait: int) -> HttpResponse:
    """The page, and the seconds for machines."""
    name = "guest/too_many.html" if request.path.startswith(GUEST) else "429.html"
    answer = render(request, name, {"minutes": math.ceil(wait / 60)}, status=429)
    answer.headers["Retry-After"] = str(wait)
    return answer


def _name(match: ResolverMatch | None) -> str:
    return match.view_name if match else ""
