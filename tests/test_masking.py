"""No setting that is secret is readable anywhere: a canary in each, and everything that the portal writes read for it."""

import base64
import html
import json
import logging
import os
import runpy
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from portal.env import Env, env
from portal.logging import JsonLines
from portal.masking import Secrets, in_address
from tests.test_env_example import example

ROOT = Path(__file__).resolve().parent.parent
# Settings that hold nothing secret. Every other one must be read by a reader of portal.env that hides it.
PUBLIC = {
    "ALLOWED_HOSTS", "BIND", "DEBUG", "DEFAULT_FROM_EMAIL", "ENV_FILE", "FIELD_KEYS_LOST", "KONDADO_API_URL",
    "KONDADO_CALLS_PER_MINUTE", "KONDADO_CALLS_PER_SECOND", "KONDADO_CLIENT_ID_AS_NUMBER", "KONDADO_DEADLINE_SECONDS",
    "KONDADO_LINK_HOSTS", "KONDADO_SANDBOX", "LOG_LEVEL", "OIDC_CLIENT_ID", "OIDC_ISSUER", "PORTAL_ACCENT",
    "PORTAL_LOGO", "PORTAL_NAME", "PORTAL_URL", "TIME_ZONE", "TRUSTED_PROXY_COUNT", "VAR_DIR", "WEB_CONCURRENCY",
}  # fmt: skip
FIELD_KEYS = [b"canary-of-the-first-field-key-32", b'can\xe4ry"\x00of the\nother \\ key\xff'.ljust(32, b"!")]
# Awkward on purpose: what addresses, pages, JSON and Python write otherwise.
CANARIES = {
    "SECRET_KEY": "canary of sessions & <tags> \" ' " + "k" * 40,
    "SECRET_KEY_FALLBACKS": "canary-former-1-/+=,canary-former-2-ü%41",
    "FIELD_KEYS": ",".join(base64.urlsafe_b64encode(key).decode() for key in FIELD_KEYS),
    "BACKUP_KEYS": base64.urlsafe_b64encode(b"canary-of-the-only-backup-key-32").decode(),
    "KONDADO_KEY": "canary-kondado/key+&é",
    "KONDADO_TOKEN": "canary-kondado\\token'<>",
    "MAIL_WEBHOOK_SECRET": "canary hook secret $HOME",
    "OIDC_CLIENT_SECRET": "canary~oidc~secret\"'",
    "SENTRY_DSN": "https://canarysentrykey@errors.example/42",
    "DATABASE_URL": "postgres://who:canary%2Fdatabase%23word@127.0.0.1:1/x?connect_timeout=1",
    "MIGRATION_DATABASE_URL": "postgres://owner:canary-owner-word@127.0.0.1:1/x",
    "EMAIL_URL": "smtp+tls://who:canary%40mail%20word@mail.example:587",
    "SILENT_IMAP_URL": "imaps://who:canary%40imap%20word@mail.example/INBOX",
    "KONDADO_CREDENTIALS_FILE": "",
}
WORDS = [
    CANARIES["SECRET_KEY"], "canary-former-1-/+=", "canary-former-2-ü%41", CANARIES["KONDADO_KEY"],
    CANARIES["KONDADO_TOKEN"], CANARIES["MAIL_WEBHOOK_SECRET"], CANARIES["OIDC_CLIENT_SECRET"], "canarysentrykey",
    "canary/database#word", "canary%2Fdatabase%23word", "canary-owner-word", "canary@mail word",
    "canary%40mail%20word", "canary@imap word", "canary%40imap%20word", "canary-file-key-é\"1", "canary-file-token-1",
    "canary-file-key-2", "canary-file-token-2", *CANARIES["FIELD_KEYS"].split(","),
    CANARIES["BACKUP_KEYS"],
]  # fmt: skip
# What a child process does with all of them: everything that the portal writes for people, at its most talkative.
PROVOKE = r"""
import html, json, logging, os, sys
from pathlib import Path
from urllib.parse import quote, quote_plus
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client

log = logging.getLogger("some.library")
words = json.loads(os.environ["WORDS"])

def say(texts):
    for text in texts:
        for form in (text, quote(text, safe=""), quote_plus(text), html.escape(text), repr(text), json.dumps(text)):
            log.warning("GET https://host.example/x?a=%s", form, extra={"detail": form})
        try:
            raise ValueError(text) from OSError(repr(text))
        except ValueError:
            log.exception("it failed: %r", text)

say([word for word in words if not word.endswith("-2")])
path = Path(os.environ["KONDADO_CREDENTIALS_FILE"])
path.write_text(json.dumps({"second": {"key": "canary-file-key-2", "token": "canary-file-token-2"}}))
say(words)
log.error("%s", {name: getattr(settings, name) for name in dir(settings) if name.isupper()})
try:
    call_command("check", deploy=True)
except SystemExit:
    pass
asked = "/g/" + "a" * 43 + "/"
answer = Client(raise_request_exception=False).get(asked, headers={"accept": "text/html", "host": "localhost"})
assert answer.status_code == 500 and b"Traceback" in answer.content and b"DATABASE_URL" in answer.content
sys.stdout.write(answer.content.decode())
plain = Client(raise_request_exception=False).get(asked, headers={"accept": "text/plain", "host": "localhost"})
assert b"Traceback" in plain.content
sys.stdout.write(plain.content.decode())
raise RuntimeError(" ".join(words))
"""


def forms(text: str) -> set[str]:
    return {
        text,
        quote(text, safe=""),
        quote_plus(text),
        html.escape(text),
        repr(text)[1:-1],
        json.dumps(text)[1:-1],
    }


@pytest.mark.parametrize("by_file", [False, True], ids=["environment", "files"])
def test_s46_no_secret_is_in_a_log_a_traceback_a_check_or_a_page(tmp_path: Path, by_file: bool) -> None:
    """S46, S48. The database cannot be reached, so that the page of an error is provoked by the settings themselves."""
    credentials = tmp_path / "credentials.json"
    first = {"second": {"key": 'canary-file-key-é"1', "token": "canary-file-token-1"}}
    credentials.write_text(json.dumps(first))
    values = {**CANARIES, "KONDADO_CREDENTIALS_FILE": str(credentials)}
    given = dict(values)
    if by_file:
        given = {"KONDADO_CREDENTIALS_FILE": str(credentials)}
        for name, value in values.items():
            if name != "KONDADO_CREDENTIALS_FILE":
                (tmp_path / name).write_text(value + "\n")
                given[f"{name}_FILE"] = str(tmp_path / name)
    names = {name for name, _value in example()}
    bare = {name: value for name, value in os.environ.items() if name not in names}
    more = {"DEBUG": "1", "LOG_LEVEL": "DEBUG", "VAR_DIR": str(tmp_path / "var"), "ENV_FILE": os.devnull}
    done = subprocess.run(
        [sys.executable, "-c", PROVOKE],
        cwd=ROOT,
        env={
            **bare,
            **more,
            **given,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "WORDS": json.dumps(WORDS),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert "RuntimeError: ***" in done.stderr, done.stderr[-500:]
    assert "it failed" in done.stderr
    assert "WARNINGS" in done.stderr or "System check" in done.stderr
    for place in (done.stdout, done.stderr):
        for number, word in enumerate(WORDS):
            found = [form for form in forms(word) if form in place]
            assert not found, f"secret {number} was found"
        assert "canary" not in place, "a part of a secret was found"
        assert repr(FIELD_KEYS[1])[2:-1] not in place


def test_s46_every_secret_setting_is_registered_by_its_reader() -> None:
    """A new setting is either public, and stands above, or read by a reader that hides it."""
    runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    names = {name for name, _value in example()}
    assert names - PUBLIC == env.secret_names == set(CANARIES)
    assert not PUBLIC & env.secret_names


def test_reading_registers_what_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    line = logging.LogRecord("x", logging.INFO, "x", 1, "said %s", ("unheard-of-phrase",), None)
    assert "unheard-of-phrase" in JsonLines().format(line)
    monkeypatch.setenv("SOME_SECRET", "unheard-of-phrase")
    reader = Env()
    reader.secret("SOME_SECRET")
    assert reader.secret_names == {"SOME_SECRET"}
    assert "unheard-of-phrase" not in JsonLines().format(line)


def test_credentials_are_hidden_from_the_moment_the_file_has_them(tmp_path: Path) -> None:
    known, path = Secrets(), tmp_path / "file"
    known.watch(str(path))
    text = "first-token second-token"
    assert known.mask(text) == text
    path.write_text('{"a": {"key": "k", "token": "first-token"}')  # half written
    assert known.mask(text) == "*** second-token"
    path.write_text('{"a": {"key": "k", "token": "second-token"}}')
    assert known.mask(text) == "*** ***"
    path.unlink()
    assert known.mask(text) == "*** ***"


@pytest.mark.parametrize(
    ("address", "secret"),
    [
        ("postgres://who:long#pass/word@host/x", "long#pass/word"),
        ("postgres://who:p@ss@word@host/x", "p@ss@word"),
        ("mailjet://x@host?api_key=some-api-key&a=1", "some-api-key"),
    ],
)
def test_a_password_that_should_have_been_quoted_is_found(address: str, secret: str) -> None:
    assert secret in in_address(address)


def test_a_name_without_a_password_stays_readable() -> None:
    assert in_address("postgres://convite@127.0.0.1:5432/convite") == []
    assert in_address("sqlite:////var/lib/convite.sqlite3") == []
