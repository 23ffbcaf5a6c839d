"""Settings that are addresses: read as people write them, and never shown in a complaint."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from invitations.mail.imap.place import place_of
from portal.env import Env
from tests.corpus import lines

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("X_URL", "EMAIL_URL", "PORTAL_URL")


@pytest.fixture
def env(monkeypatch):
    """Reads one variable that holds `value`."""

    def reading(value: str) -> Env:
        monkeypatch.setenv("X_URL", value)
        return Env()

    return reading


@pytest.mark.parametrize(("value", "right"), list(lines("mail_settings.tsv")))
def test_a_mail_server_is_read_as_the_corpus_says(env, value, right):
    if right.startswith("! "):
        with pytest.raises(ImproperlyConfigured) as caught:
            env(value).mail_server("X_URL", "")
        complaint = str(caught.value)
        assert complaint.startswith("X_URL ")
        assert right.removeprefix("! ") in complaint
        assert "secret" not in complaint
        assert caught.value.__suppress_context__
    else:
        read = env(value).mail_server("X_URL", "")
        words = (
            read["EMAIL_HOST_USER"],
            read["EMAIL_HOST_PASSWORD"],
            read["EMAIL_HOST"],
            read["EMAIL_PORT"] or 25,
        )
        assert " ".join(str(word or "-") for word in words) == right


SIGN_INS = [
    (value.partition("://")[2].rpartition("@")[0], *right.split(" ")[:2])
    for value, right in lines("mail_settings.tsv")
    if "@" in value and not right.startswith("! ")
]


@pytest.mark.parametrize(("sign_in", "user", "password"), SIGN_INS)
def test_every_other_address_takes_the_same_sign_ins(env, sign_in, user, password):
    database = env(f"postgres://{sign_in}@db.example:5432/convite").database("X_URL", "")
    assert (database["USER"], database["PASSWORD"], database["HOST"], database["NAME"]) == (
        user, password, "db.example", "convite",
    )  # fmt: skip
    mailbox = place_of(env(f"imaps://{sign_in}@mail.example/INBOX").address("X_URL"), sandbox=False)
    assert (mailbox.user, mailbox.password, mailbox.host, mailbox.folder) == (
        user,
        password,
        "mail.example",
        "INBOX",
    )


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("sqlite:////srv/a@b/convite.sqlite3", "/srv/a@b/convite.sqlite3"),
        ("sqlite://:memory:", ":memory:"),
        ("postgres:///convite?host=/var/run", "convite"),
    ],
)
def test_a_database_of_this_machine_is_left_as_it_is(env, value, name):
    assert env(value).database("X_URL", "")["NAME"] == name


@pytest.mark.parametrize("value", ["postgres://u:secret@h:port/x", "secret", "nonsense://u:secret@h/x"])
def test_what_is_no_database_is_named_and_not_shown(env, value):
    with pytest.raises(ImproperlyConfigured, match=r"^X_URL ") as caught:
        env(value).database("X_URL", "")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("value", "right"), list(lines("origins.tsv")))
def test_the_address_of_the_portal_is_read_as_the_corpus_says(env, value, right):
    if right == "!":
        with pytest.raises(ImproperlyConfigured, match=r"^X_URL") as caught:
            env(value).origin("X_URL", "")
        assert "secret" not in str(caught.value)
    else:
        assert env(value).origin("X_URL", "") == right


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("oi@agência.com.br", "oi@xn--agncia-jva.com.br"),
        ("Convite <oi@agência.com.br>", "Convite <oi@xn--agncia-jva.com.br>"),
        ("Agência, Ltda <oi@agencia.com.br>", ""),
        ('"Agência, Ltda" <oi@agencia.com.br>', '"Agência, Ltda" <oi@agencia.com.br>'),
        ("convite@localhost", "convite@localhost"),
    ],
)
def test_the_sender_has_an_ascii_domain(env, value, right):
    if right:
        assert env(value).sender("X_URL", "") == right
    else:
        with pytest.raises(ImproperlyConfigured, match=r"^X_URL"):
            env(value).sender("X_URL", "")


def test_names_of_hosts_are_in_ascii(env):
    assert env("agência.com.br, .Agência.com.br, [::1], *").hosts("X_URL") == [
        "xn--agncia-jva.com.br",
        ".xn--agncia-jva.com.br",
        "[::1]",
        "*",
    ]


READ = (
    "import portal.settings as s; print(s.PORTAL_HOST, s.ALLOWED_HOSTS[0], s.CSRF_TRUSTED_ORIGINS[0],"
    " s.DEFAULT_FROM_EMAIL, s.EMAIL_HOST_PASSWORD)"
)


def settings_of(tmp_path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """What the settings are in a process of their own, read from a file."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    values = {
        "SECRET_KEY": "k" * 60,
        "FIELD_KEYS": "QUJD" * 10 + "QUI=",
        "VAR_DIR": str(tmp_path / "var"),
    } | more
    (tmp_path / "env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    command = [sys.executable, "-c", READ]
    environment = kept | {"ENV_FILE": str(tmp_path / "env")}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_settings_hold_one_host(tmp_path):
    done = settings_of(
        tmp_path,
        PORTAL_URL="https://Convite.Agência.com.br",
        EMAIL_URL="smtp+tls://AKIA:B/x#y:z@h.example:587",
    )
    host = "convite.xn--agncia-jva.com.br"
    assert done.stdout.split() == [host, host, f"https://{host}", f"convite@{host}", "B/x#y:z"], done.stderr


def test_a_traceback_names_the_setting_and_shows_none_of_it(tmp_path):
    done = settings_of(tmp_path, EMAIL_URL="smtp+tls://AKIA:Zq/7xW@h.example:port")
    assert done.returncode
    assert "EMAIL_URL cannot be read" in done.stderr
    assert not any(part in done.stderr for part in ("AKIA", "Zq", "7xW"))
