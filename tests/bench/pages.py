"""Pages against the floor, in one interleaved run, called as gunicorn calls them."""

from __future__ import annotations

import io
import math
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.urls import reverse

from invitations.models import Connector, Invitation, User
from invitations.services.invitations import copy_link
from invitations.views.guest import cookie_name
from tests import factories
from tests.bench.data import People

CSRF = "b" * 32
numbers = count(1)


@dataclass
class Case:
    """One page: what it answers with, its times in ms, and its goals as multiples of the floor's median.

    `goal` is for the median, `late_goal` for the time that 95 of 100 calls stay under. `busy` is what this process
    computed, without what it waited for: all there is to go by on a machine that others use as well.
    """

    name: str
    goal: float
    call: Callable[[], int]
    status: int = 200
    late_goal: float = math.inf
    times: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Calls the page once and keeps the time. Raises RuntimeError when it answers wrongly."""
        started, began = time.perf_counter(), time.process_time()
        status = self.call()
        self.times.append((time.perf_counter() - started) * 1000)
        self.busy.append((time.process_time() - began) * 1000)
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


def cases(people: People, connectors: list[Connector]) -> list[Case]:
    """The floor first."""
    user, account = people.of_one, people.accounts[0]
    staff = staff_browser(user)
    invitation = factories.make_invitation(user, account, connectors[0], status="ready", delivery="link")
    key = copy_link.copy(by=user, invitation=invitation).rstrip("/").rpartition("/")[2]
    guest = Browser({cookie_name(invitation.public_id): key})

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
        Case("new invitation, 150 connectors", 8, lambda: staff.call(reverse("invitation_new"))),
        *lists("one account", staff),
        *lists("five accounts", staff_browser(people.of_five)),
        *lists("all accounts", staff_browser(people.of_all)),
        Case("invitation", 8, lambda: staff.call(reverse("invitation", args=[invitation.public_id]))),
        Case("guest page", 3.5, lambda: guest.call(reverse("guest", args=[invitation.public_id]))),
        Case("create", 9, create, status=303),
    ]


def lists(whose: str, browser: Browser) -> Iterator[Case]:
    """The pages that show many invitations, to a person of so many accounts."""
    address = reverse("invitations")
    middle = Invitation.objects.count() // 2
    for name, query in (("first 50", ""), ("by stage", "?stage=waiting"), ("deep", f"?before={middle}")):
        path = address + query
        yield Case(f"list of {whose}, {name}", 6.5, partial(browser.call, path), late_goal=12)
    yield Case(f"overview of {whose}", 20, partial(browser.call, reverse("overview")))


def measure(found: list[Case], *, rounds: int) -> None:
    """Every case once a round, in random order, so that a busy machine is busy for all of them."""
    for _ in range(5):
        for case in found:
            case.run()
    for case in found:
        case.times.clear()
        case.busy.clear()
    for _ in range(rounds):
        for case in random.sample(found, len(found)):
            case.run()


def table(found: list[Case]) -> tuple[str, bool]:
    """The result as text, and whether every goal was met."""
    floor, least = statistics.median(found[0].times), statistics.median(found[0].busy)
    lines = [f"{'page':<34}{'goal':>8}{'p50':>9}{'p95':>9}{'p50 ms':>10}{'busy':>9}"]
    met = True
    for case in found:
        middle = statistics.median(case.times)
        ratio, late = middle / floor, case.percentile(95) / floor
        is_met = ratio <= case.goal and late <= case.late_goal
        met &= is_met
        busy = statistics.median(case.busy) / least
        verdict = "" if is_met else "  over"
        goal = f"{case.goal:g}×"
        lines.append(
            f"{case.name:<34}{goal:>8}{ratio:>8.2f}×{late:>8.2f}×{middle:>10.2f}{busy:>8.2f}×{verdict}"
        )
    return "\n".join(lines), met
