"""Routes everything that is not the API: pages for people, JSON for programs; and guards both.

Every answer gets its security headers here; a POST from another site is refused here.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from invitations.kondado.sandbox import control
from invitations.kondado.sandbox.messages import Reply, Request
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
ROUTES: tuple[tuple[str, str, Page], ...] = (
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
        (wanted, page, found) for wanted, path, page in ROUTES if (found := re.fullmatch(path, request.path))
    ]
    if not matches:
        return _plain(404, "There is no such page.")
    for wanted, page, found in matches:
        if wanted == method:
            if method == "POST" and not _same_site(request):
                return _plain(403, "A form on another site sent this.")
            return page(world, request, *found.groups())
    return _plain(405, "This address does not take that method.")


def _same_site(request: Request) -> bool:
    """Browsers name the page a form stands on; programs send neither header."""
    origin = request.headers.get("origin")
    fetch_site = request.headers.get("sec-fetch-site", "same-origin")
    return origin in (None, f"http://{request.headers['host']}") and fetch_site in ("same-origin", "none")


def _plain(status: int, words: str) -> Reply:
    return Reply(status, words.encode(), "text/plain; charset=utf-8")
