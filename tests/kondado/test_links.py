"""Which links may be handed to a guest, and which addresses of the catalogue may be kept."""

import hashlib

import pytest

from invitations.kondado.errors import LinkWithheld
from invitations.kondado.links import (
    check_link,
    fingerprint,
    host_for_log,
    known_fingerprints,
    link_problem,
    vetted_public_url,
)
from invitations.kondado.types import Config

HOSTS = ("app.kondado.com.br",)
BASE = "https://app.kondado.com.br/collection_guest/"

GOOD = [
    BASE + "abc123",
    BASE + "6f1c2e0a-77aa-4e0e-9d41-0c5f9f0f8d11",
    BASE + "eyJhbGciOi.J9.x_y-z~",
    BASE + "abc/src/130",
    BASE + "abc%3D%2B",
    BASE + "abc?lang=pt-BR",
    BASE + "abc/",
    "HTTPS://APP.kondado.com.br/collection_guest/abc",
    (BASE + "x" * 2_048)[:2_048],
]
BAD: list[tuple[object, str]] = [
    (None, "not_text"),
    (7, "not_text"),
    (b"https://app.kondado.com.br/collection_guest/abc", "not_text"),
    ([BASE + "abc"], "not_text"),
    ("", "not_absolute"),
    ("/collection_guest/abc", "not_absolute"),
    ("//app.kondado.com.br/collection_guest/abc", "not_absolute"),
    ("app.kondado.com.br/collection_guest/abc", "not_absolute"),
    ("https:app.kondado.com.br/collection_guest/abc", "not_absolute"),
    ("https:/app.kondado.com.br/collection_guest/abc", "not_absolute"),
    ("https:///app.kondado.com.br/collection_guest/abc", "host"),
    ("http://app.kondado.com.br/collection_guest/abc", "scheme"),
    ("ftp://app.kondado.com.br/collection_guest/abc", "scheme"),
    ("javascript:alert(1)//app.kondado.com.br/collection_guest/abc", "not_absolute"),
    ("javascript://app.kondado.com.br/collection_guest/%0aalert(1)", "scheme"),
    ("data:text/html,https://app.kondado.com.br/collection_guest/abc", "not_absolute"),
    ("https://evil.com/collection_guest/abc", "host"),
    ("https://app.kondado.com.br.evil.com/collection_guest/abc", "host"),
    ("https://xapp.kondado.com.br/collection_guest/abc", "host"),
    ("https://app-kondado.com.br/collection_guest/abc", "host"),
    ("https://x.app.kondado.com.br/collection_guest/abc", "host"),
    ("https://kondado.com.br/collection_guest/abc", "host"),
    ("https://app.kondado.com.br./collection_guest/abc", "host"),
    ("https://app.kondado.com.br%2eevil.com/collection_guest/abc", "host"),
    ("https://app%2ekondado.com.br/collection_guest/abc", "host"),
    ("https://app.kondado.com.br,evil.com/collection_guest/abc", "host"),
    ("https://[::1]/collection_guest/abc", "host"),
    ("https://xn--pp-7ia.kondado.com.br/collection_guest/abc", "host"),
    ("https://\u0430pp.kondado.com.br/collection_guest/abc", "characters"),
    ("https://app.kondado\u3002com.br/collection_guest/abc", "characters"),
    ("https://app.kondado.com.br\uff0fcollection_guest/abc", "characters"),
    ("https://app.kondado.com.br@evil.com/collection_guest/abc", "userinfo"),
    ("https://user:pw@app.kondado.com.br/collection_guest/abc", "userinfo"),
    ("https://@app.kondado.com.br/collection_guest/abc", "userinfo"),
    ("https://app.kondado.com.br:443/collection_guest/abc", "port"),
    ("https://app.kondado.com.br:8443/collection_guest/abc", "port"),
    ("https://app.kondado.com.br:/collection_guest/abc", "host"),
    ("https://evil.com\\@app.kondado.com.br/collection_guest/abc", "characters"),
    ("https:\\\\app.kondado.com.br/collection_guest/abc", "characters"),
    (BASE + "a\\..\\b", "characters"),
    (" " + BASE + "abc", "characters"),
    (BASE + "abc ", "characters"),
    (BASE + "abc\n", "characters"),
    (BASE + "a\tbc", "characters"),
    (BASE + "a\x00bc", "characters"),
    (BASE + "a\x7fbc", "characters"),
    (BASE + "abc\ud800", "characters"),
    (BASE + 'abc"onclick=x', "characters"),
    (BASE + "<abc>", "characters"),
    ("https://app.kondado.com.br", "path"),
    ("https://app.kondado.com.br/", "path"),
    ("https://app.kondado.com.br/collection_guest", "path"),
    (BASE, "path"),
    (BASE + "/", "path"),
    (BASE + "/abc", "path"),
    (BASE + "..", "path"),
    (BASE + "../logout", "path"),
    (BASE + "abc/../../logout", "path"),
    (BASE + "abc/./d", "path"),
    (BASE + "%2e%2e/logout", "path"),
    (BASE + "abc%2f..", "path"),
    (BASE + "abc%5c..", "path"),
    (BASE + "abc%00", "path"),
    (BASE + "abc%0d%0aSet-Cookie", "path"),
    (BASE + "abc%252e", "path"),
    (BASE + "abc%", "path"),
    (BASE + "abc%zz", "path"),
    ("https://app.kondado.com.br/Collection_Guest/abc", "path"),
    ("https://app.kondado.com.br/login/collection_guest/abc", "path"),
    ("https://app.kondado.com.br//collection_guest/abc", "path"),
    ("https://app.kondado.com.br?/collection_guest/abc", "path"),
    ("https://app.kondado.com.br#/collection_guest/abc", "path"),
    ("https://evil.com?@app.kondado.com.br/collection_guest/abc", "host"),
    ("https://evil.com#@app.kondado.com.br/collection_guest/abc", "host"),
    (BASE + "abc?next=https://evil.com", "query"),
    (BASE + "abc?@evil.com", "query"),
    (BASE + "abc?", "query"),
    (BASE + "abc#@evil.com", "fragment"),
    (BASE + "abc#", "fragment"),
    ((BASE + "x" * 2_049)[:2_049], "too_long"),
]


@pytest.mark.parametrize("url", GOOD)
def test_a_sound_link_breaks_no_rule(url: str) -> None:
    assert link_problem(url, HOSTS, False) is None
    assert check_link(url, Config("https://k2.kondado.com.br", HOSTS)) == url


@pytest.mark.parametrize(("url", "rule"), BAD)
def test_s32_an_unsafe_link_is_named_by_its_rule(url: object, rule: str) -> None:
    assert link_problem(url, HOSTS, False) == rule


@pytest.mark.parametrize("url", [url for url, _ in BAD if isinstance(url, str)])
def test_an_unsafe_link_stays_unsafe_in_the_sandbox(url: str) -> None:
    with pytest.raises(LinkWithheld) as caught:
        check_link(url, Config("http://localhost:8900", (*HOSTS, "localhost:8900"), sandbox=True))

    assert caught.value.withheld == url


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://localhost:8900/collection_guest/abc", None),
        ("https://localhost:8900/collection_guest/abc", None),
        ("http://127.0.0.1:8900/collection_guest/abc", None),
        ("http://localhost:8901/collection_guest/abc", "host"),
        ("http://localhost/collection_guest/abc", "host"),
        ("http://192.168.0.9:8900/collection_guest/abc", "scheme"),
        ("https://192.168.0.9:8900/collection_guest/abc", "port"),
        ("http://localhost:8900@evil.com/collection_guest/abc", "userinfo"),
        ("http://localhost.evil.com:8900/collection_guest/abc", "scheme"),
    ],
)
def test_the_sandbox_allows_its_own_loopback_hosts_alone(url: str, rule: str | None) -> None:
    hosts = ("localhost:8900", "127.0.0.1:8900", "192.168.0.9:8900")

    assert link_problem(url, hosts, True) == rule
    assert link_problem(url, hosts, False) is not None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://evil.com/x", "evil.com"),
        ("https://evil.com\\@app.kondado.com.br/x", "evil.com"),
        ("https://user:pw@evil.com:8443/x", "evil.com"),
        ("https://\u0430pp.kondado.com.br/x", "xn--pp-6kc.kondado.com.br"),
        ("https://ev\nil.com/x", "ev?il.com"),
        ("https://" + "x" * 300 + "/", "?"),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_the_log_gets_the_host_a_browser_would_open(url: str, host: str) -> None:
    assert host_for_log(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "https://kondado.com.br/assets/images/conectores_x.png",
        "https://kondado.io/wiki/en/a/bigquery",
        "https://cdn.kondado.com.br/a.png?v=2",
    ],
)
def test_public_addresses_of_kondado_are_kept(url: str) -> None:
    assert vetted_public_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "",
        "kondado.io/x",
        "http://kondado.io/x",
        "javascript://kondado.io/%0aalert(1)",
        "https://evil.com/x.png",
        "https://evilkondado.io/x.png",
        "https://kondado.io.evil.com/x.png",
        "https://kondado.io@evil.com/x.png",
        "https://u@kondado.io/x.png",
        "https://kondado.io:8443/x.png",
        "https://evil.com\\.kondado.io/x.png",
        "https://evil.com?.kondado.io/x.png",
        "https://kondado.io/a/../b",
        'https://kondado.io/"onerror=x',
        "https://kondado.io/x\n",
        "https://.kondado.io/x",
        "https://kondado.io/" + "x" * 2_048,
    ],
)
def test_other_addresses_are_dropped(url: object) -> None:
    assert vetted_public_url(url) == ""


@pytest.mark.parametrize(
    "twin",
    [
        BASE + "aB%3D1/",
        BASE + "aB=1?lang=pt-BR",
        BASE + "aB%3d1",
        BASE + "%61B=1",
        "HTTPS://APP.Kondado.com.br/collection_guest/aB=1",
    ],
)
def test_spellings_of_one_link_are_known_as_one(twin: str) -> None:
    assert link_problem(twin, HOSTS, sandbox=False) is None
    assert fingerprint(twin) == fingerprint(BASE + "aB=1")


@pytest.mark.parametrize("other", [BASE + "ab=1", BASE + "aB=12", BASE + "aB=1/x", BASE + "aB1"])
def test_other_links_are_not(other: str) -> None:
    assert fingerprint(other) != fingerprint(BASE + "aB=1")


def test_what_an_earlier_version_stored_is_still_known() -> None:
    """A plain link keeps its hash; one in another spelling is found by the text as it came."""
    plain, slashed = BASE + "6f1c2e0a-77aa", BASE + "6f1c2e0a-77aa/"
    assert fingerprint(plain) == hashlib.sha256(plain.encode()).hexdigest()
    assert hashlib.sha256(slashed.encode()).hexdigest() in known_fingerprints(slashed)
    assert fingerprint(plain) in known_fingerprints(slashed)
