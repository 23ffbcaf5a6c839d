"""Pages against the floor, in one interleaved run, called as gunicorn calls them."""

from __future__ import annotations

import io
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import Client
from django.urls import reverse

from invitations.models import Account, Connector, User
from invitations.services.invitations import copy_link
from invitations.views.guest import cookie_name
from tests import factories

CSRF = "b" * 32
numbers = count(1)


@dataclass
class Case:
    """One page: what it answers with, its goal as a multiple of the floor's median, and its times in ms."""

    name: str
    goal: float
    call: Callable[[], int]
    status: int = 200
    times: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Calls the page once and keeps the time. Raises RuntimeError when it answers wrongly."""
        started = time.perf_counter()
        status = self.call()
        self.times.append((time.perf_counter() - started) * 1000)
        if status != self.status:
            raise RuntimeError(f"{self.name} answered {status}")

    def percentile(self, part: int) -> float:
        """The time that `part` percent of the calls stayed under."""
        return statistics.quantiles(self.times, n=100)[part - 1]


class Browser:
    """Calls the portal's WSGI application, without a test client's own cost."""

    def __init__(self, cookies: dict[str, str]) -> None:
        self.application = WSGIHandler()
        self.cookies = "; ".join(f"{name}={value}" for name, value in cookies.items())

    def call(self, path: str, fields: dict[str, Any] | None = None) -> int:
        """GETs, or POSTs `fields`; the status."""
        path, _, query = path.partition("?")
        body = urlencode({"csrfmiddlewaretoken": CSRF, **fields}).encode() if fields else b""
        environ = {
            "REQUEST_METHOD": "POST" if fields else "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost:8000",
            "HTTP_COOKIE": self.cookies,
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        answered: list[str] = []
        response = self.application(environ, lambda status, _headers, *_rest: answered.append(status))
        b"".join(response)
        response.close()
        return int(answered[0].split()[0])


def staff_browser(user: User) -> Browser:
    """Signed in, with a session in the database."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return Browser({settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: CSRF})


def cases(user: User, account: Account, connectors: list[Connector]) -> list[Case]:
    """The floor first."""
    staff = staff_browser(user)
    invitation = factories.make_invitation(user, account, connectors[0], status="ready", delivery="link")
    key = copy_link.copy(by=user, invitation=invitation).rstrip("/").rpartition("/")[2]
    guest = Browser({cookie_name(invitation.public_id): key})
    create_goal = 2.5 if connection.vendor == "sqlite" else 3.5

    def create() -> int:
        number = next(numbers)
        fields = {
            "account": account.pk,
            "connector": connectors[1].pk,
            "recipient_email": f"bench{number}@example.com",
            "delivery": "kondado",
            "language": "pt-br",
            "expires_in_days": 14,
            "form_nonce": f"bench-nonce-{number}",
        }
        return staff.call(reverse("invitation_new"), fields)

    return [
        Case("floor", 1, lambda: staff.call("/floor/")),
        Case("new invitation, 150 connectors", 1.5, lambda: staff.call(reverse("invitation_new"))),
        Case("list, first 50", 2.5, lambda: staff.call(reverse("invitations"))),
        Case("list, by stage", 2.5, lambda: staff.call(reverse("invitations") + "?stage=waiting")),
        Case("invitation", 4, lambda: staff.call(reverse("invitation", args=[invitation.public_id]))),
        Case("guest page", 1.3, lambda: guest.call(reverse("guest", args=[invitation.public_id]))),
        Case("create", create_goal, create, status=303),
    ]


def measure(found: list[Case], *, rounds: int) -> None:
    """Every case once a round, in random order, so that a busy machine is busy for all of them."""
    for _ in range(5):
        for case in found:
            case.run()
    for case in found:
        case.times.clear()
    for _ in range(rounds):
        for case in random.sample(found, len(found)):
            case.run()


def table(found: list[Case]) -> tuple[str, bool]:
    """The result as text, and whether every goal was met."""
    floor = statistics.median(found[0].times)
    lines = [f"{'page':<32}{'goal':>8}{'p50':>9}{'p95':>9}{'p50 ms':>10}"]
    met = True
    for case in found:
        middle = statistics.median(case.times)
        ratio = middle / floor
        met &= ratio <= case.goal
        verdict = "" if ratio <= case.goal else "  over"
        goal = f"{case.goal:g}×"
        lines.append(
            f"{case.name:<32}{goal:>8}{ratio:>8.2f}×{case.percentile(95) / floor:>8.2f}×{middle:>10.2f}{verdict}"
        )
    return "\n".join(lines), met
