"""What every answer gets, whoever asks: a request id, one log line, the security headers."""

import logging
import time
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.logging import refused_because, request_id

log = logging.getLogger("portal.request")
Handler = Callable[[HttpRequest], HttpResponse]
QUIET = frozenset({"/healthz", "/readyz"})
GUEST = ("/g/", "/guest/")


class RequestLogMiddleware:
    """Gives the request an id, answers it in `X-Request-ID`, and logs method, path, status and time in one line."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        marker = request_id.set(uuid4().hex)
        refused_because.set("")
        started = time.monotonic()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            if request.path not in QUIET and not request.path.startswith("/static/"):
                self._log(request, response, round((time.monotonic() - started) * 1000))
            return response
        finally:
            request_id.reset(marker)

    def _log(self, request: HttpRequest, response: HttpResponse, milliseconds: int) -> None:
        refused = 400 <= response.status_code < 500
        extra: dict[str, object] = {"milliseconds": milliseconds}
        if refused and (why := refused_because.get()):
            extra["why"] = why
        level = logging.WARNING if refused else logging.INFO
        log.log(level, "%s %s %s", request.method, request.path, response.status_code, extra=extra)


class ProxyMiddleware:
    """Reads the scheme that a proxy names in whatever case it writes it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if scheme := request.META.get("HTTP_X_FORWARDED_PROTO"):
            request.META["HTTP_X_FORWARDED_PROTO"] = scheme.lower()
        return self.get_response(request)


class Utf8Middleware:
    """Refuses forms in another encoding than UTF-8: browsers send none, and some would bring lone halves of characters."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (request.encoding or "utf-8").lower() != "utf-8":
            raise BadRequest("a form in another encoding than UTF-8")
        return self.get_response(request)


class ResponseHeadersMiddleware:
    """Headers that Django has no setting for. A view that set one itself keeps its own."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
        )
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.path.startswith("/g/"):
            # Every answer, errors and redirects too: the token stands in the address.
            # Not on the guest's other pages: with it, browsers send `Origin: null` with a form.
            response.headers["Referrer-Policy"] = "no-referrer"
        if request.path.startswith(GUEST):
            response.headers["X-Robots-Tag"] = "noindex"
            response.headers["Cache-Control"] = "no-store"
        response.headers.setdefault(
            "Cache-Control", "no-store"
        )  # a static file says itself how long it lasts
        return response


class BodySizeMiddleware:
    """413 for a body above DATA_UPLOAD_MAX_MEMORY_SIZE, before anything reads it: Django leaves files out of that."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length[:20]) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return render(request, "413.html", status=413)
        return self.get_response(request)
