"""Names, TCP and TLS on real sockets: what fails before the mark is never sent, and nothing outlasts the deadline."""

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from invitations.kondado.client import Kondado
from invitations.kondado.errors import (
    Ambiguous,
    CertificateInvalid,
    KondadoError,
    Misconfigured,
    NotSent,
    Unreachable,
)
from invitations.kondado.types import Config, Credential, Phase

from .servers import (
    GRANTED,
    KEY,
    LINK,
    SHORT,
    TOKEN,
    Authority,
    Server,
    Visit,
    answering,
    at_most,
    client_for,
    http,
    invite,
)

NAME = "api.kondado.test"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def secure_client(port: int, context: ssl.SSLContext | None = None, **settings: object) -> Kondado:
    return client_for(base_url=f"https://{NAME}:{port}", resolve=here, ssl_context=context, **settings)


def unsent(client: Kondado) -> NotSent:
    """The error of a call that must fail before the mark."""
    marks: list[bool] = []
    with pytest.raises(NotSent) as caught, at_most(3):
        invite(client, lambda: marks.append(True))
    assert marks == []
    assert caught.value.exchange is not None
    assert (caught.value.exchange.phase, caught.value.exchange.bytes_written) == (Phase.CONNECT, 0)
    return caught.value


def test_a_name_that_does_not_exist() -> None:
    error = unsent(client_for(base_url="http://does-not-exist.invalid", deadline=2.0))

    assert (type(error), error.fault) == (Unreachable, "dns")
    assert int(error.detail) != 0


def test_a_resolver_that_hangs_does_not_hold_the_call() -> None:
    released = threading.Event()

    def hanging(host: str, port: int) -> list[str]:
        released.wait(5)
        return ["127.0.0.1"]

    error = unsent(client_for(resolve=hanging, deadline=SHORT))
    released.set()

    assert (type(error), error.fault, error.detail) == (Unreachable, "dns", "timeout")


def test_a_name_without_addresses() -> None:
    assert unsent(client_for(resolve=lambda host, port: [])).fault == "dns"


def test_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = unsent(client_for(base_url=f"http://127.0.0.1:{port}"))

    assert (type(error), error.fault, error.detail) == (Unreachable, "refused", "111")


def test_the_second_address_is_tried_when_the_first_refuses() -> None:
    with Server(answering(http(GRANTED))) as server:
        client = client_for(
            base_url=f"http://{NAME}:{server.port}", resolve=lambda host, port: ["::1", "127.0.0.1"]
        )
        assert invite(client).url == LINK


def test_a_full_backlog_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        error = unsent(client_for(base_url=f"http://127.0.0.1:{port}", deadline=SHORT))
        for sock in waiting:
            sock.close()

    assert (type(error), error.fault) == (Unreachable, "timeout")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",  # noqa: S104 - nothing is bound
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_s34_a_name_that_leads_inside_is_not_called(address: str) -> None:
    for answer in ([address], ["8.8.8.8", address]):
        client = client_for(
            base_url="https://k2.kondado.com.br",
            sandbox=False,
            resolve=lambda host, port, found=answer: found,
        )
        error = unsent(client)
        assert (type(error), error.fault) == (Unreachable, "address_forbidden")


def test_the_sandbox_keeps_plain_http_off_public_networks() -> None:
    error = unsent(client_for(base_url="http://kondado.test", resolve=lambda host, port: ["8.8.8.8"]))

    assert (error.fault, error.detail) == ("address_forbidden", "plain_http_in_public")


def test_the_sandbox_never_calls_a_metadata_service() -> None:
    error = unsent(client_for(resolve=lambda host, port: ["169.254.169.254"]))

    assert (error.fault, error.detail) == ("address_forbidden", "link_local")


def test_a_verified_server_is_called_by_its_name(authority: Authority) -> None:
    serving, trusted = authority.server_context(NAME)
    with Server(answering(http(GRANTED)), tls=serving) as server:
        assert invite(secure_client(server.port, authority.client_context(trusted))).url == LINK

    assert f"Host: {NAME}".encode() in server.received


def test_s36_a_self_signed_certificate(authority: Authority) -> None:
    serving, _ = authority.server_context(NAME)
    with Server(answering(http(GRANTED)), tls=serving) as server:
        error = unsent(secure_client(server.port))

    assert (type(error), error.fault, error.detail) == (CertificateInvalid, "certificate", "18")
    assert server.received == b""


def test_the_environment_cannot_have_the_keys_of_a_call_written_down(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    serving, _ = authority.server_context(NAME)
    with Server(answering(http(GRANTED)), tls=serving) as server:
        unsent(secure_client(server.port))

    assert not keys.exists() or "SECRET" not in keys.read_text()


@pytest.mark.parametrize(("name", "expired", "code"), [("other.test", False, "62"), (NAME, True, "10")])
def test_a_certificate_for_another_name_or_past_its_time(
    authority: Authority, name: str, expired: bool, code: str
) -> None:
    serving, trusted = authority.server_context(name, expired=expired)
    with Server(answering(http(GRANTED)), tls=serving) as server:
        error = unsent(secure_client(server.port, authority.client_context(trusted)))

    assert (type(error), error.detail) == (CertificateInvalid, code)
    assert server.received == b""


def test_an_old_protocol_is_not_spoken(authority: Authority) -> None:
    serving, trusted = authority.server_context(NAME)
    serving.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        serving.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="deprecated"):
        serving.maximum_version = ssl.TLSVersion.TLSv1_1
    with Server(answering(http(GRANTED)), tls=serving) as server:
        error = unsent(secure_client(server.port, authority.client_context(trusted)))

    assert (type(error), error.fault) == (Unreachable, "tls")


def hang(visit: Visit) -> None:
    visit.hang()


def plain_text(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    visit.hang()


def reset_at_hello(visit: Visit) -> None:
    visit.sock.recv(1)
    visit.reset()


def drip_nonsense(visit: Visit) -> None:
    visit.drip(b"\x16\x03\x03\x40\x00" + b"\x02" * 400)


@pytest.mark.parametrize("behave", [hang, plain_text, drip_nonsense, reset_at_hello])
def test_a_handshake_that_never_ends_or_is_none(behave: Callable[[Visit], None]) -> None:
    with Server(behave) as server:
        error = unsent(secure_client(server.port, deadline=SHORT))

    assert (type(error), error.fault) == (Unreachable, "tls")


def test_connecting_has_its_own_share_of_the_deadline() -> None:
    with Server(hang) as server:
        error = unsent(secure_client(server.port, deadline=30.0, connect_seconds=0.2))

    assert error.fault == "tls"


def test_a_server_that_reads_nothing_cuts_the_request() -> None:
    with Server(hang) as server, pytest.raises(Ambiguous) as caught, at_most(3):
        invite(client_for(server, deadline=SHORT), name="x" * 20_000_000)

    assert caught.value.fault == "request_cut"
    assert caught.value.exchange is not None
    assert 0 < caught.value.exchange.bytes_written < 20_000_000
    assert caught.value.exchange.phase is Phase.SEND


def refuse_early(status: str) -> Callable[[Visit], None]:
    def behave(visit: Visit) -> None:
        visit.received += visit.sock.recv(100)
        visit.send(http(GRANTED, status))
        visit.sock.shutdown(socket.SHUT_RD)

    return behave


def test_an_answer_to_half_a_request_is_not_believed() -> None:
    with Server(refuse_early("200 OK")) as server, pytest.raises(KondadoError) as caught:
        invite(client_for(server), name="x" * 20_000_000)

    assert (type(caught.value), caught.value.fault) == (Ambiguous, "request_cut")


@pytest.mark.parametrize("weaken", ["verify", "optional", "name", "version"])
def test_a_tls_context_that_does_not_verify_is_refused(weaken: str) -> None:
    context = ssl.create_default_context()
    if weaken == "version":
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    elif weaken != "optional":
        context.check_hostname = False
    if weaken in ("verify", "optional"):
        context.verify_mode = ssl.CERT_NONE if weaken == "verify" else ssl.CERT_OPTIONAL

    with pytest.raises(Misconfigured):
        Kondado(
            Config("https://k2.kondado.com.br", ("app.kondado.com.br",)),
            Credential("default", KEY, TOKEN),
            ssl_context=context,
        )
