"""Who may do what where: every route, every role, every method. A new route fails until it has a row here."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from invitations.models import GuestToken, Tally
from invitations.models.hold import HoldReason
from invitations.services.base import bounds
from invitations.services.holds import holds
from invitations.services.invitations import copy_link

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "manager", "stranger", "auditor", "admin")
# What GET and POST answer to each of ROLES. The object belongs to an account that the stranger is no member of;
# nobody brings a guest's cookie; POSTs are empty.
PAGE = ("302 200 200 200 200", "302 405 405 405 405")
OF_AN_INVITATION = ("302 200 404 200 200", "302 405 405 405 405")
SHOWN_ONCE = ("302 405 405 405 405", "302 200 404 403 200")
DECISION = ("302 200 404 403 200", "302 200 404 403 200")
FOR_ADMINS = ("302 403 403 403 200", "302 403 403 403 200")
FOR_READERS = ("302 403 403 200 200", "302 405 405 405 405")
OPEN = ("200 200 200 200 200", "405 405 405 405 405")
OPEN_FORM = ("200 200 200 200 200", "200 200 200 200 200")
OWN_FORM = ("302 200 200 200 200", "302 200 200 200 200")
SIGNED_OUT_ONLY = ("200 302 302 302 302", "200 302 302 302 302")
# allauth asks for the password again first, or for a second factor that none of these people has.
ASKS_AGAIN = ("302 302 302 302 302", "302 302 302 302 302")
NO_FACTOR = ("302 404 404 404 404", "302 404 404 404 404")
PRESS = ("405 405 405 405 405", "403 403 403 403 403")
OURS = {
    "overview": PAGE,
    "invitations": PAGE,
    "invitation_new": ("302 200 200 403 200", "302 200 200 403 200"),
    "invitation": OF_AN_INVITATION,
    "invitation_status": OF_AN_INVITATION,
    "invitation_copy": SHOWN_ONCE,
    "invitation_mail": ("302 405 405 405 405", "302 302 404 403 302"),
    "invitation_forward": DECISION,
    "invitation_address": DECISION,
    "invitation_extend": DECISION,
    "invitation_revoke": ("302 200 404 403 200", "302 302 404 403 302"),
    "invitation_erase": ("302 403 403 403 200", "302 403 403 403 302"),
    "link_confirm": ("302 405 405 405 405", "302 302 404 403 302"),
    "link_take_back": ("302 405 405 405 405", "302 302 404 403 302"),
    "link_new": ("302 200 404 403 200", "302 302 404 403 302"),
    "link_cancel": ("302 405 405 405 405", "302 302 404 403 302"),
    "link_reveal": SHOWN_ONCE,
    "link_settle": DECISION,
    "link_send_again": DECISION,
    "history": ("302 403 403 200 200", "302 405 405 405 405"),
    "connectors": PAGE,
    "settle_several": ("302 200 200 403 200", "302 200 200 403 200"),
    "system": FOR_READERS,
    "hold_stop": FOR_ADMINS,
    "hold_release": (FOR_ADMINS[0], "302 403 403 403 302"),
    "pause_end": (FOR_ADMINS[0], "302 403 403 403 302"),
    "clock_put_right": ("302 403 403 403 302", "302 403 403 403 302"),
    "restored": FOR_ADMINS,
    "refusals": FOR_READERS,
    "refusal": FOR_ADMINS,
    "connector_help": ("302 200 200 200 200", "302 403 403 403 302"),
    "connector_logo": ("302 404 404 404 404", "302 405 405 405 405"),
    "preferences": OWN_FORM,
    "guest_token": ("404 404 404 404 404", "405 405 405 405 405"),
    "guest": ("403 403 403 403 403", "405 405 405 405 405"),
    "guest_open": PRESS,
    "guest_continue": PRESS,
    "guest_done": PRESS,
    "guest_undone": PRESS,
    "guest_forward": PRESS,
    "guest_decline": PRESS,
    "guest_resume": PRESS,
    "guest_language": PRESS,
    "guest_ask_again": PRESS,
    "healthz": OPEN,
    "readyz": OPEN,
}
SIGN_IN = {
    "account_login": SIGNED_OUT_ONLY,
    "account_logout": ("302 200 200 200 200", "302 302 302 302 302"),
    "account_signup": SIGNED_OUT_ONLY,
    "account_inactive": OPEN,
    "account_reauthenticate": OWN_FORM,
    "account_change_password": OWN_FORM,
    "account_set_password": ASKS_AGAIN,
    "account_reset_password": OPEN_FORM,
    "account_reset_password_done": OPEN,
    "account_reset_password_from_key": OPEN_FORM,
    "account_reset_password_from_key_done": OPEN,
    "admin_password": ASKS_AGAIN,
    "mfa_index": PAGE,
    "mfa_authenticate": ASKS_AGAIN,
    "mfa_reauthenticate": ASKS_AGAIN,
    "mfa_activate_totp": ASKS_AGAIN,
    "mfa_deactivate_totp": NO_FACTOR,
    "mfa_view_recovery_codes": (NO_FACTOR[0], "302 405 405 405 405"),
    "mfa_generate_recovery_codes": ASKS_AGAIN,
    "mfa_download_recovery_codes": NO_FACTOR,
}
# Nobody signs in there: a signature is asked for, once a secret is set.
MACHINES = {"mail_hook": ("405 405 405 405 405", "404 404 404 404 404")}
ROUTES = OURS | SIGN_IN | MACHINES
GUESTS = {name for name, row in OURS.items() if row == PRESS}
# Cells whose POST writes something: a guest link, and an event for each look at Kondado's link.
ACTING = (
    "invitation_copy",
    "link_reveal",
    "invitation_mail",
    "invitation_revoke",
    "link_confirm",
    "link_take_back",
    "link_new",
)
WRITES = {(name, role) for name in ACTING for role in ("manager", "admin")}
WRITES |= {("hold_release", "admin"), ("invitation_erase", "admin")}
WRITES |= {("account_logout", role) for role in ROLES[1:]}
COUNTERS = {GuestToken: {"fetches", "fetched_at"}}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
)
INLINE = re.compile(r"<[a-z][^>]*\s(?:style|on[a-z]+)\s*=|<style|<script(?![^>]*\ssrc=)|javascript:", re.I)


def walk(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from walk(entry, (*spaces, entry.namespace) if entry.namespace else spaces)
        else:
            yield ":".join([*spaces, entry.name or "?"]), entry


ALL = dict(walk(get_resolver()))
ADMIN = sorted(name for name in ALL if name.startswith("admin:invitations_"))


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table but sessions, tallies and the cache, without counters."""
    models = [model for model in apps.get_models() if model not in {Session, Tally}]
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in COUNTERS.get(model, ())}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in models
    }


class Site:
    """Everybody's browser, and the addresses of one invitation that is ready."""

    def __init__(
        self, people: dict[str, Any], client_for: Any, invitation: Any, refused: Any, hold: Any
    ) -> None:
        self.clients = {role: client_for(person) if person else Client() for role, person in people.items()}
        self.values = {
            "public_id": invitation.public_id,
            "link_id": invitation.links.get().pk,
            "attempt_id": refused.links.get().current_attempt_id,
            "hold_id": hold.pk,
            "connector_id": invitation.links.get().connector_id,
            "token": "no-such-token",
            "uidb36": "1",
            "key": "abc-def",
        }
        self.row = invitation.pk

    def path(self, name: str) -> str:
        if name.startswith("admin:"):
            given = [self.row] if "object_id" in str(ALL[name].pattern) else []
            return reverse(name, args=given)
        pattern = ALL[name].pattern
        wanted = {*pattern.converters, *pattern.regex.groupindex}
        return reverse(name, kwargs={key: value for key, value in self.values.items() if key in wanted})

    def ask(self, role: str, method: str, name: str) -> Any:
        return self.clients[role].generic(method, self.path(name))


@pytest.fixture
def site(manager, stranger, auditor, admin, client_for, make_invitation) -> Site:
    invitation = make_invitation(status="ready", delivery="link")
    copy_link.copy(by=manager, invitation=invitation)
    people = dict(zip(ROLES, (None, manager, stranger, auditor, admin), strict=True))
    refused = make_invitation(status="rejected")
    hold = holds.stop(reason=HoldReason.STORM)
    return Site(people, client_for, invitation, refused, hold)


def test_every_route_has_a_row():
    known = {name for name in ALL if not name.startswith("admin:")}

    assert known == set(ROUTES)


def test_s44_every_address_that_a_stranger_may_ask_has_its_bounds_or_costs_nothing():
    open_to_all = {name for name, entry in ALL.items() if not getattr(entry.callback, "login_required", True)}

    assert open_to_all == set(bounds.ANONYMOUS)
    assert set(bounds.OTHERS) <= set(ALL)


@pytest.mark.parametrize("name", ROUTES)
def test_s14_every_role_gets_what_the_matrix_says_and_looking_changes_nothing(site, name):
    get, post = ROUTES[name]
    writers = [role for role in ROLES if (name, role) in WRITES]
    before = snapshot()
    for method, expected in (("GET", get), ("HEAD", get), ("POST", post)):
        for role, status in zip(ROLES, expected.split(), strict=True):
            if method != "POST" or role not in writers:
                answer = site.ask(role, method, name)
                assert (method, role, answer.status_code) == (method, role, int(status))
    assert snapshot() == before
    for role in writers:
        assert site.ask(role, "POST", name).status_code == int(post.split()[ROLES.index(role)])


@pytest.mark.parametrize("name", OURS | MACHINES)
def test_s61_methods_that_nobody_needs_are_refused(site, name):
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        assert (method, site.ask("admin", method, name).status_code) == (method, 405)


@pytest.mark.parametrize("name", [name for name, row in OURS.items() if "405" in row[0]])
def test_coming_back_to_the_address_of_a_button_leads_on(site, name):
    home = reverse("guest" if name in GUESTS else "invitation", args=[site.values["public_id"]])
    shown = site.ask("manager", "GET", name)
    asked = site.clients["manager"].get(site.path(name), headers={"Accept": "application/json"})

    assert (shown.status_code, shown.headers["Allow"]) == (405, "POST")
    assert "Nothing was done" in shown.content.decode()
    assert re.findall('<a class="button[^"]*" href="([^"]+)"', shown.content.decode()) == [home]
    assert (asked.status_code, asked.content) == (405, b"")


@pytest.mark.parametrize("name", [name for name, row in OURS.items() if row[0].startswith("302")])
def test_who_is_not_signed_in_is_led_to_the_sign_in_page(site, name):
    answer = site.ask("anonymous", "GET", name)

    assert answer.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ADMIN)
def test_djangos_admin_shows_rows_to_administrators_and_changes_none(site, name):
    before = snapshot()
    for role in ROLES[:-1]:
        assert (site.ask(role, "GET", name).status_code, site.ask(role, "POST", name).status_code) == (
            302,
            302,
        )
    allowed = {403} if name.endswith(("_add", "_delete")) else {200, 302}  # 302: there is no such row
    assert site.ask("admin", "GET", name).status_code in allowed
    site.ask("admin", "POST", name)
    assert snapshot() == before


def check_headers(answer: Any, kept: str = "no-store") -> None:
    for header, value in HEADERS.items():
        assert answer.headers.get(header) == value, header
    for part in POLICY:
        assert part in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert kept in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert answer.headers["Permissions-Policy"]
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


@pytest.mark.parametrize("name", ROUTES)
def test_s21_every_answer_is_protected_and_holds_nothing_inline(site, name):
    for role, method in product(("anonymous", "manager", "auditor"), ("GET", "POST")):
        answer = site.ask(role, method, name)
        check_headers(answer)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            assert "charset=utf-8" in answer.headers["Content-Type"]
            assert not INLINE.search(answer.content.decode())


@pytest.mark.parametrize("path", ["/static/favicon.svg", "/static/css/base.css"])
def test_a_file_bears_the_headers_of_a_page(client, path):
    answer = client.get(path)

    assert b"".join(answer.streaming_content)
    answer.close()
    check_headers(answer, kept="max-age")
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/no-such-page/", "/guest/x/y/", "/.git/config", "/.env"])
def test_s61_an_unknown_address_is_not_found_and_protected_too(client, path):
    answer = client.get(path)

    assert answer.status_code == 404
    check_headers(answer)


@pytest.mark.parametrize("name", [name for name, row in OURS.items() if not row[1].endswith("405")])
def test_s19_a_post_without_the_forms_token_is_refused(site, name, manager):
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    before = snapshot()

    assert client.post(site.path(name)).status_code == 403
    assert snapshot() == before
