"""Every address asked over the wire, of a gunicorn as it is shipped, by everybody: each answer is protected."""

import re
import socket

import pytest

from invitations.models.hold import HoldReason
from invitations.services.holds import holds
from invitations.services.invitations import copy_link
from tests.processes import Answer, Web, web
from tests.test_urls import ADMIN, HEADERS, POLICY, ROUTES, Site

pytestmark = [pytest.mark.scan, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
STATIC = (
    "/static/favicon.svg",
    "/static/css/base.css",
    "/static/js/copy.js",
    "/static/no-such-file.css",
    "/static/",
)
ODD = (
    "/no-such-page/",
    "/.git/config",
    "/.env",
    "/invitations/%00/",
    "/guest/x/y/",
    "/../etc/passwd",
    "//",
    "/g/x",
)
TELLS = re.compile(r"gunicorn/|python/|django/|traceback|/site-packages/", re.I)


@pytest.fixture
def portal(sandbox, tmp_path, transactional_db):
    with web(sandbox, log=tmp_path / "log") as process:
        yield process


@pytest.fixture
def site(manager, admin, client_for, make_invitation) -> tuple[Site, str]:
    """Addresses of one invitation, with the session of each, and its guest's key."""
    invitation = make_invitation(status="ready", delivery="link")
    key = copy_link.copy(by=manager, invitation=invitation).rstrip("/").rpartition("/")[2]
    refused = make_invitation(status="rejected")
    hold = holds.stop(reason=HoldReason.STORM)
    people = {"nobody": None, "manager": manager, "admin": admin}
    return Site(people, client_for, invitation, refused, hold), key


def problems(path: str, answer: Answer) -> list[str]:
    """What is wrong with the headers of an answer."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    wanted = [name for name, value in HEADERS.items() if headers.get(name.lower()) != value]
    policy = headers.get("content-security-policy", "")
    wanted += [part for part in POLICY if part not in policy]
    wanted += ["unsafe in the policy"] if "unsafe" in policy else []
    wanted += [
        name for name in ("cache-control", "permissions-policy", "x-request-id") if name not in headers
    ]
    referrer = {"no-referrer"} if path.startswith("/g/") else {"same-origin", "no-referrer"}
    wanted += ["referrer-policy"] if headers.get("referrer-policy") not in referrer else []
    text = headers.get("content-type", "")
    wanted += (
        ["charset"]
        if text.startswith("text/") and "charset=utf-8" not in text.lower().replace('"', "")
        else []
    )
    wanted += ["cors"] if "access-control-allow-origin" in headers else []
    cookies = headers.get("set-cookie", "")
    wanted += ["cookie"] if cookies and not ("HttpOnly" in cookies and "SameSite=Lax" in cookies) else []
    wanted += (
        ["tells too much"] if TELLS.search(" ".join(headers.values())) or TELLS.search(answer.text) else []
    )
    return wanted


def test_s22_every_answer_over_the_wire_is_protected(portal: Web, site) -> None:
    """S21, S22, S25, S31, S57, S61: every route, by four kinds of visitors."""
    pages, key = site
    cookies = {"nobody": ""}
    for role, client in pages.clients.items():
        if "sessionid" in client.cookies:
            cookies[role] = f"sessionid={client.cookies['sessionid'].value}"
    shown = portal.ask("GET", f"/g/{key}/")
    cookies["guest"] = shown.headers["Set-Cookie"].partition(";")[0]
    paths = [pages.path(name) for name in (*ROUTES, *ADMIN, "admin:index") if "logout" not in name]
    paths += [f"/g/{key}/", *STATIC, *ODD]
    found, statuses = [], set()
    for who, cookie in cookies.items():
        for path in paths:
            answer = portal.ask("GET", path, cookie)
            statuses.add(answer.status)
            found += [f"{who} {path} {answer.status}: {one}" for one in problems(path, answer)]

    assert found == []
    assert len(paths) > 80
    assert {200, 302, 303, 403, 404, 405} <= statuses
    assert 500 not in statuses


@pytest.mark.parametrize(
    "asked",
    [
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\na=b&c",
    ],
    ids=["another host", "no token"],
)
def test_s57_a_refused_request_is_protected_and_tells_nothing(portal: Web, asked: bytes) -> None:
    answer = raw(portal, asked)
    assert answer.status in {400, 403}
    assert problems("/", answer) == []


def raw(portal: Web, asked: bytes) -> Answer:
    """What comes back for these very bytes."""
    with socket.create_connection(("localhost", portal.port), timeout=20) as link:
        link.sendall(asked)
        link.shutdown(socket.SHUT_WR)
        data = b""
        while chunk := link.recv(65536):
            data += chunk
    head, _, body = data.decode("latin-1").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    return Answer(int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body)
