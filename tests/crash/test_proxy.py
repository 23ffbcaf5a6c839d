"""nginx with the configuration of the repository, in front of real web processes. Needs Debian's nginx."""

import http.client
import re
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from invitations.models import AuditEvent, Tally
from tests import factories
from tests.crash.test_slow_clients import HEAD, sending
from tests.processes import CSRF, ROOT, Answer, free_port, wait_until, web

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120), pytest.mark.django_db(transaction=True)]
CONF = (ROOT / "proxy/convite.conf").read_text()


@dataclass
class Proxy:
    """A running nginx, on two ports, and what it logged."""

    plain: int
    secure: int
    log: Path

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        """One request over https; follows nothing."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("localhost", self.secure, timeout=30, context=context)
        given = {
            "Host": "localhost",
            "Cookie": f"__Host-csrftoken={CSRF}",
            "Referer": "https://localhost/",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode({"csrfmiddlewaretoken": CSRF, **fields}) if method == "POST" else None
        try:
            connection.request(method, path, body, given | (headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Whether it takes requests."""
        with suppress(OSError):
            return self.ask("GET", "/healthz").status in {200, 502}
        return False


@pytest.fixture
def proxy(tmp_path) -> Iterator[Proxy]:
    """Waits for web processes on the port that is written in `upstream`."""
    certificate(tmp_path)
    found = Proxy(free_port(), free_port(), tmp_path / "access.log")
    site = re.sub(r"listen \[::\].*", "", CONF)
    for old, new in (("listen 80;", f"listen {found.plain};"), ("listen 443", f"listen {found.secure}")):
        site = site.replace(old, new)
    site = site.replace("/dev/stdout", str(found.log)).replace("/dev/stderr", str(tmp_path / "error.log"))
    (tmp_path / "site.conf").write_text(site)
    (tmp_path / "port").write_text(str(free_port()))
    (tmp_path / "nginx.conf").write_text(
        f"""daemon off; user root; worker_processes 1; pid {tmp_path}/pid; error_log {tmp_path}/error.log crit;
        events {{ worker_connections 1024; }}
        http {{
            client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy;
            fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;
            upstream convite {{ server 127.0.0.1:{(tmp_path / "port").read_text()}; }}
            ssl_certificate {tmp_path}/tls.pem; ssl_certificate_key {tmp_path}/tls.key;
            include {tmp_path}/site.conf;
        }}"""
    )
    words = ["/usr/sbin/nginx", "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")]
    subprocess.run([*words, "-t", "-q"], check=True, timeout=20)
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    try:
        wait_until(found.is_ready)
        yield found
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def portal(proxy, sandbox, tmp_path, transactional_db) -> Iterator[Proxy]:
    """The proxy with the web behind it."""
    settings = {"PORTAL_URL": "https://localhost", "TRUSTED_PROXY_COUNT": "1", "VAR_DIR": str(tmp_path)}
    port = int((tmp_path / "port").read_text())
    with web(sandbox, log=tmp_path / "web.log", port=port, **settings):
        yield proxy


def certificate(folder: Path) -> None:
    """A certificate for localhost and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "tls.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))


def sign_in(portal: Proxy, email: str, password: str, said: str = "203.0.113.1") -> Answer:
    headers = {"X-Forwarded-For": said, "X-Forwarded-Proto": "http", "Forwarded": f"for={said}"}
    return portal.ask("POST", "/login/", headers=headers, login=email, password=password)


def test_people_sign_in_and_what_they_say_of_their_address_counts_for_nothing(portal, manager):
    manager.password = PBKDF2PasswordHasher().encode(factories.PASSWORD, "salt", iterations=1000)
    manager.save()
    answers = [sign_in(portal, "nobody@example.com", "wrong", f"203.0.113.{n}").status for n in range(6)]

    assert answers == [200] * 5 + [429], "all of them come from one address"
    answer = sign_in(portal, manager.email, factories.PASSWORD)
    assert (answer.status, "__Host-sessionid" in str(answer.headers)) == (302, True)


def test_slow_clients_do_not_even_reach_the_web(portal):
    with sending(portal.plain, HEAD + b"Content-Length: 100\r\n\r\nabc", 55):
        assert portal.ask("GET", "/healthz").status == 200


def test_keys_stand_in_no_log_however_they_are_written(portal, tmp_path):
    for path in (
        "/g/canary-1/",
        "/%67/canary-2/?a=canary-3",
        "//g//canary-4/",
        "/x/../g/canary-5/",
        "/password/reset/key/1-canary-6/",
    ):
        portal.ask("GET", path)
    portal.ask("POST", "/g/canary-7/", headers={"Content-Length": "9999999"})

    wait_until(lambda: portal.log.read_text().count("\n") >= 7)
    assert "canary" not in portal.log.read_text() + (tmp_path / "error.log").read_text()
    assert "/g/***" in portal.log.read_text()


def test_pages_are_not_compressed_and_plain_http_is_led_to_https(portal):
    answer = portal.ask("GET", "/login/", headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers.get("Content-Encoding") is None
    connection = http.client.HTTPConnection("localhost", portal.plain, timeout=30)
    connection.request("GET", "/login/", headers={"Host": "localhost"})
    led = connection.getresponse()
    assert (led.status, led.headers["Location"]) == (301, "https://localhost/login/")
    connection.close()


def test_a_large_body_and_a_web_that_is_away_are_answered_in_words(proxy):
    away = proxy.ask("GET", "/login/")
    large = proxy.ask("POST", "/login/", headers={"Content-Length": "9999999"})

    assert (away.status, away.headers["Retry-After"]) == (502, "30")
    assert (large.status, large.headers["X-Content-Type-Options"]) == (413, "nosniff")
    assert "Nothing was changed" in large.text
    assert "nginx/" not in str(away) + str(large), "no version"
    assert (AuditEvent.objects.count(), Tally.objects.count()) == (0, 0)
