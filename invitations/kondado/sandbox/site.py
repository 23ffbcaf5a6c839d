"""Routes everything that is not the API: pages for people, JSON for programs; and guards both.

Every answer gets its security headers here; a POST from another site is refused here.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from invitations.kondado.sandbox import control
from invitations.kondado.sandbox.messages import Reply, Request
from invitations.kondado.sandbox.pages import inbox, logo, setup
from invitations.kondado.sandbox.pages.front import front
from invitations.kondado.sandbox.pages.layout import page, style
from invitations.kondado.sandbox.world import World

Page = Callable[..., Reply]
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Robots-Tag", "noindex"),
    # Not no-referrer: with that, browsers send "Origin: null" with a form and the check below fails.
    ("Referrer-Policy", "same-origin"),
)
LOGO_PATH = "/assets/images/conectores_"
GUEST_PAGE = r"/collection_guest/([\w-]{1,200})"
ROUTES: tuple[tuple[str, str, Page], ...] = (
    ("GET", r"/", front),
    ("GET", r"/style\.css", lambda _world, _request: style()),
    ("GET", LOGO_PATH + r"([a-z0-9_]{1,200})\.png", lambda _world, _request, name: logo.logo(name)),
    ("GET", r"/mails/", inbox.inbox),
    ("GET", r"/mails/([\w-]{1,64})/", inbox.read),
    ("GET", r"/mails/([\w-]{1,64})/html", inbox.read_html),
    ("GET", GUEST_PAGE, setup.setup),
    ("POST", GUEST_PAGE, setup.allow),
    ("GET", GUEST_PAGE + "/finished", setup.finished),
    ("GET", r"/sandbox/ledger\.json", control.show_ledger),
    ("GET", r"/sandbox/calls\.json", control.show_calls),
    ("POST", r"/sandbox/faults", control.ask_fault),
    ("POST", r"/sandbox/reset", control.reset),
)


def visit(world: World, request: Request) -> Reply:
    """The answer to a page's address, with its security headers."""
    reply = _find(world, request)
    policy = () if any(name == "Content-Security-Policy" for name, _value in reply.headers) else (
        ("Content-Security-Policy", POLICY),
    )  # fmt: skip
    return replace(reply, headers=(*reply.headers, *HEADERS, *policy))


def _find(world: World, request: Request) -> Reply:
    method = "GET" if request.method == "HEAD" else request.method
    matches = [
        (wanted, show, found) for wanted, path, show in ROUTES if (found := re.fullmatch(path, request.path))
    ]
    if not matches:
        return page("No such page", "<h1>There is no such page</h1>", portal_url=world.portal_url, status=404)
    for wanted, show, found in matches:
        if wanted == method:
            if method == "POST" and not _same_site(request):
                return _plain(403, "A form on another site sent this.")
            return show(world, request, *found.groups())
    return _plain(405, "This address does not take that method.")


def _same_site(request: Request) -> bool:
    """Browsers name the page a form stands on; programs send neither header."""
    origin = request.headers.get("origin")
    fetch_site = request.headers.get("sec-fetch-site", "same-origin")
    return origin in (None, f"http://{request.headers['host']}") and fetch_site in ("same-origin", "none")


def _plain(status: int, words: str) -> Reply:
    return Reply(status, words.encode(), "text/plain; charset=utf-8")
