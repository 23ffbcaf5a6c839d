"""Logos over real sockets: only from vetted addresses, without any credential, in bounds, never elsewhere."""

import pytest

from invitations.kondado.errors import Ambiguous, KondadoError, Misconfigured, Unreachable
from invitations.kondado.links import vetted_picture_url
from invitations.kondado.pictures import BODY_CAP, Pictures
from invitations.kondado.types import Config

from .servers import KEY, SHORT, TOKEN, UNUSED_CONTEXT, Server, Visit, answering, at_most, http

PICTURE = b"\x89PNG picture"
STAND_IN = "http://127.0.0.1:8900"
EVIL = [
    "",
    "http://kondado.com.br/x.png",
    "http://127.0.0.1:{port}/x.png",
    "https://127.0.0.1:{port}/x.png",
    "https://localhost:{port}/x.png",
    "https://kondado.com.br@127.0.0.1:{port}/x.png",
    "https://kondado.com.br:{port}/x.png",
    "https://kondado.com.br.evil.example/x.png",
    "https://evilkondado.com.br/x.png",
    "https://kondado.com.br\\@127.0.0.1:{port}/x.png",
    "https://kondado.com.br/../x.png",
    "//127.0.0.1:{port}/x.png",
    "file:///etc/passwd",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "https://kondado.com.br/x.png\r\nHost: evil",
    "https://[::1]:{port}/x.png",
    "https://169.254.169.254/latest/meta-data/",
]


def pictures(server: Server, *, deadline: float = 5.0, sandbox: bool = True) -> Pictures:
    config = Config(
        base_url=f"http://127.0.0.1:{server.port}" if sandbox else "https://k2.kondado.com.br",
        link_hosts=("app.kondado.com.br",),
        deadline_seconds=deadline,
        sandbox=sandbox,
    )
    return Pictures(config, ssl_context=UNUSED_CONTEXT, resolve=lambda _host, _port: ["127.0.0.1"])


def address(server: Server, path: str = "/assets/images/conectores_x.png") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


def test_a_picture_comes_without_anything_secret() -> None:
    with Server(answering(http(PICTURE, "200 OK", "Content-Type: image/png", "Set-Cookie: a=b"))) as server:
        fetcher = pictures(server)
        assert fetcher.fetch(address(server, "/a.png?v=2")) == PICTURE
        assert fetcher.fetch(address(server)) == PICTURE

    lines = server.received.decode().split("\r\n")
    assert "GET /a.png?v=2 HTTP/1.1" in lines
    assert "GET /assets/images/conectores_x.png HTTP/1.1" in lines
    for secret in (KEY, TOKEN, "key=", "token=", "Cookie", "Authorization", "Referer"):
        assert secret not in server.received.decode()


@pytest.mark.parametrize("sandbox", [True, False], ids=["sandbox", "real"])
@pytest.mark.parametrize("url", EVIL)
def test_an_evil_address_gets_no_request(url: str, sandbox: bool) -> None:
    with Server(answering(http(PICTURE))) as other, Server(answering(http(PICTURE))) as server:
        fetcher = pictures(server, sandbox=sandbox)
        with pytest.raises(Misconfigured):
            fetcher.fetch(url.replace("{port}", str(other.port)))

    assert other.visits == server.visits == []


def test_outside_the_sandbox_a_public_name_that_leads_into_this_machine_gets_no_request() -> None:
    with Server(answering(http(PICTURE))) as server, pytest.raises(Unreachable) as caught:
        pictures(server, sandbox=False).fetch("https://kondado.com.br/x.png")

    assert caught.value.fault == "address_forbidden"
    assert server.visits == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect"])
def test_a_redirect_is_not_followed(status: str) -> None:
    with Server(answering(http(PICTURE))) as other:
        elsewhere = f"Location: http://127.0.0.1:{other.port}/x.png"
        with Server(answering(http(PICTURE, status, elsewhere))) as server, pytest.raises(Ambiguous):
            pictures(server).fetch(address(server))

    assert other.visits == []
    assert len(server.visits) == 1


@pytest.mark.parametrize(
    "answer",
    [
        http(PICTURE, "404 Not Found"),
        http(PICTURE, "500 Oops"),
        http(b""),
        http(b"x" * (BODY_CAP + 1)),
        http(PICTURE, length=len(PICTURE) + 10),
        http(PICTURE, "200 OK", "Content-Encoding: gzip"),
    ],
    ids=["missing", "broken", "empty", "too large", "cut short", "packed"],
)
def test_only_a_whole_picture_of_bearable_size_counts(answer: bytes) -> None:
    with Server(answering(answer)) as server, pytest.raises(Ambiguous):
        pictures(server).fetch(address(server))


def test_a_drip_ends_at_the_deadline() -> None:
    def behave(visit: Visit) -> None:
        visit.read_request()
        visit.drip(http(b"x" * 10_000))

    with Server(behave) as server, pytest.raises(KondadoError), at_most(SHORT + 2):
        pictures(server, deadline=SHORT).fetch(address(server))


@pytest.mark.parametrize(
    ("url", "stand_in", "sound"),
    [
        ("https://kondado.com.br/assets/images/conectores_x.png", "", True),
        ("https://cdn.kondado.io/x.webp", "", True),
        (f"{STAND_IN}/x.png", "", False),
        (f"{STAND_IN}/x.png", STAND_IN, True),
        (f"{STAND_IN}/../x.png", STAND_IN, False),
        (f"{STAND_IN}.evil.example/x.png", STAND_IN, False),
        (f"{STAND_IN}@evil.example/x.png", STAND_IN, False),
        (None, STAND_IN, False),
    ],
)
def test_addresses(url: object, stand_in: str, sound: bool) -> None:
    assert vetted_picture_url(url, stand_in) == (url if sound else "")
