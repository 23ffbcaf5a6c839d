"""The configuration names its own problems, and no value shows a secret."""

from dataclasses import replace

import pytest

from invitations.kondado.types import Config, Credential, Exchange, GuestLink

SOUND = Config("https://k2.kondado.com.br", ("app.kondado.com.br",))
SANDBOX = Config("http://localhost:8900", ("localhost:8900",), sandbox=True)


@pytest.mark.parametrize(
    "config",
    [
        SOUND,
        SANDBOX,
        replace(SOUND, base_url="https://k2.kondado.com.br/"),
        replace(SOUND, sandbox=True),
        replace(
            SANDBOX, base_url="http://127.0.0.1:8900", link_hosts=("127.0.0.1:8900", "app.kondado.com.br")
        ),
        replace(SANDBOX, base_url="http://[::1]:8900", link_hosts=("[::1]:8900",)),
        replace(SANDBOX, base_url="http://sandbox:8900"),
    ],
)
def test_a_sound_config_has_no_problem(config: Config) -> None:
    assert config.problems() == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "k2.kondado.com.br",
        "http://k2.kondado.com.br",
        "ftp://k2.kondado.com.br",
        "https://",
        "https://k2.kondado.com.br/v1",
        "https://k2.kondado.com.br//",
        "https://k2.kondado.com.br?x=1",
        "https://k2.kondado.com.br?",
        "https://k2.kondado.com.br#x",
        "https://u:p@k2.kondado.com.br",
        "https://@k2.kondado.com.br",
        "https://k2.kondado.com.br:8443",
        "https://k2.kondado.com.br:port",
        "https://k2.kondado.com.br.",
        "https://k2..kondado.com.br",
        "https://k2.kondado.com.br\n",
        "https://k2.kondado\t.com.br",
        "https://k2.kondado.com.br\\@evil.com",
        "https://k2_kondado.com.br",
        "https://k2.kond\u0430do.com.br",
        "https://kondado",
        "https://localhost",
        "https://x.localhost",
        "https://127.0.0.1",
        "https://127.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://0177.0.0.1",
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://8.8.8.8",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://[fe80::1",
    ],
)
def test_s34_an_unsafe_api_address_is_a_problem(url: str) -> None:
    assert replace(SOUND, base_url=url).problems() != []


@pytest.mark.parametrize(
    "url", ["ftp://localhost:8900", "http://u@localhost:8900", "http://localhost:8900/x", "http://"]
)
def test_the_sandbox_does_not_lift_the_other_rules(url: str) -> None:
    assert replace(SANDBOX, base_url=url).problems() != []


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        ("",),
        ("*",),
        ("*.kondado.com.br",),
        ("https://app.kondado.com.br",),
        ("app.kondado.com.br/",),
        ("app.kondado.com.br:443",),
        ("APP.kondado.com.br",),
        ("app.kondado.com.br", "localhost:8900"),
        ("localhost",),
        ("127.0.0.1",),
        ("kondado",),
        ("app.kondado.com.br ",),
    ],
)
def test_an_odd_link_host_is_a_problem(hosts: tuple[str, ...]) -> None:
    assert replace(SOUND, link_hosts=hosts).problems() != []


@pytest.mark.parametrize(
    "host", ["app.kondado.com.br:8900", "192.168.0.9:8900", "localhost:0", "localhost:99999"]
)
def test_a_link_host_with_port_is_for_loopback_alone(host: str) -> None:
    assert replace(SANDBOX, link_hosts=(host,)).problems() != []


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 301])
def test_odd_times_are_problems(seconds: float) -> None:
    assert replace(SOUND, deadline_seconds=seconds).problems() != []
    assert replace(SOUND, connect_seconds=seconds).problems() != []


def test_problems_quote_no_value() -> None:
    odd = Config("https://user:CANARY@10.0.0.1/CANARY?CANARY", ("CANARY://x",), deadline_seconds=-7)

    assert len(odd.problems()) > 3
    assert "CANARY" not in "".join(odd.problems())


def test_reprs_hide_secrets() -> None:
    link = GuestLink("https://app.kondado.com.br/collection_guest/CANARY", (), Exchange("x"))

    assert "CANARY" not in repr(link)
    assert repr(Credential("default", "CANARY", "CANARY")) == "Credential(name='default')"
