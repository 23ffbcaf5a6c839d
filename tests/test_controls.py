"""Controls of docs/security.md that belong to no one page: passwords, sessions, settings, and the table itself."""

import importlib.util
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from invitations.models import Attempt, Invitation, Message, User, sealed
from portal.logging import JsonLines
from tests.factories import PASSWORD

ROOT = Path(__file__).resolve().parent.parent
CHANGE = "/password/change/"
NEW = "another pass-phrase, wholly new"
LONG = "correct horse ü 🐴 battery staple " * 4


def sign_in(user: User, password: str = PASSWORD) -> Client:
    browser = Client()
    browser.post("/login/", {"login": user.email, "password": password})
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/preferences/").status_code == 200


@pytest.mark.django_db
def test_s01_a_long_pass_phrase_of_any_characters_counts_to_its_end(manager):
    password = LONG[:128]
    validate_password(password, manager)
    manager.set_password(password)
    manager.save()

    assert len(password) == 128
    assert is_in(sign_in(manager, password))
    assert not is_in(sign_in(manager, password[:100] + "~" + password[101:]))
    with pytest.raises(ValidationError):
        validate_password("qX7!bTw9zK#", manager)  # eleven


@pytest.mark.parametrize(
    "password", ["Kondado2026!", "convite-portal", "1qaz2wsx3edc", "000000000000", "Marina Lopes 1"]
)
def test_s02_a_password_that_everybody_guesses_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password, User(email="manager@example.com", full_name="Marina Lopes"))


def test_s08_passwords_are_stored_slow_to_guess():
    said = "from django.conf import settings; print(settings.PASSWORD_HASHERS[0])"
    words = [sys.executable, "-c", said]
    first = subprocess.run(
        words, cwd=ROOT, env=_production(), capture_output=True, text=True, check=True
    ).stdout

    assert first.strip() == "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    assert hashers.PBKDF2PasswordHasher.iterations >= 600_000


@pytest.mark.django_db
def test_s09_a_new_password_asks_for_the_old_one_ends_other_sessions_and_is_told_by_mail(manager):
    here, elsewhere = sign_in(manager), sign_in(manager)
    typed = {"oldpassword": "not it", "password1": NEW, "password2": NEW}
    assert here.post(CHANGE, typed).status_code == 200
    assert is_in(elsewhere)

    assert here.post(CHANGE, typed | {"oldpassword": PASSWORD}).status_code == 302

    assert (is_in(here), is_in(elsewhere)) == (True, False)
    assert Message.objects.filter(to_email=manager.email).exists()


@pytest.mark.django_db
def test_s10_a_session_has_a_new_name_at_sign_in_and_is_over_at_sign_out(manager):
    browser = Client()
    browser.get("/login/")
    before = browser.cookies.get("sessionid")
    browser.post("/login/", {"login": manager.email, "password": PASSWORD})
    name = browser.cookies["sessionid"].value
    assert (len(name) >= 26, before is None or before.value != name) == (True, True)
    browser.post("/logout/")

    browser.cookies["sessionid"] = name
    assert not is_in(browser)


@pytest.mark.django_db
def test_s17_fields_that_a_form_does_not_ask_for_change_nothing(
    client_for, manager, stranger, account, connector
):
    typed = {
        "account": account.pk,
        "connector": connector.pk,
        "assigned_collection_name": "ClickUp of Ana",
        "recipient_email": "ana@example.com",
        "delivery": "kondado",
        "language": "en",
        "expires_in_days": "14",
        "form_nonce": "a-nonce-of-a-form",
    }
    smuggled = {
        "public_id": "chosen-by-hand",
        "created_by": stranger.pk,
        "stage": "connected",
        "status": "ready",
        "kondado_link": "https://evil.example/x",
        "confirmed_at": "2020-01-01",
        "is_admin": "1",
        "role": "admin",
    }
    client_for(manager).post("/invitations/new/", typed | smuggled)

    invitation = Invitation.objects.get()
    link = invitation.links.get()
    manager.refresh_from_db()
    assert invitation.created_by == manager
    assert invitation.public_id != "chosen-by-hand"
    assert (link.status, Attempt.objects.get().kondado_link, manager.role) == ("queued", None, "manager")


@pytest.mark.django_db
def test_s28_a_sealed_value_cannot_be_read_in_another_row_or_field(make_invitation):
    one, other = (make_invitation(status="ready").links.get().current_attempt for _ in range(2))
    one.kondado_link, other.kondado_link = other.kondado_link, one.kondado_link
    for moved in (one, other):
        with pytest.raises(sealed.Unreadable):
            moved.open_kondado_link()
    with pytest.raises(sealed.Unreadable):
        sealed.unseal(one.kondado_link, table="invitations_attempt", field="quarantined_link", row=other.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST"])
def test_s39_no_request_chooses_where_a_link_in_a_mail_leads(manager, settings, header):
    Client().post("/password/reset/", {"email": manager.email}, **{header: "evil.example"})

    written = [message.open_content() for message in Message.objects.all()]
    assert not any("evil.example" in text for text in written)
    if header == "HTTP_X_FORWARDED_HOST":
        assert any(settings.PORTAL_URL in text for text in written)


def test_s49_what_people_type_stays_on_one_line_of_the_log():
    typed = 'Ana\r\n{"level": "ERROR"}\x1b[31m\u2028end'
    record = logging.LogRecord("x", logging.INFO, "x", 1, "said %s", (typed,), None)
    record.guest = typed
    line = JsonLines().format(record)

    assert line.isascii()
    assert line.isprintable()


def test_s56_the_deployment_check_is_clean_and_says_when_it_is_not():
    words = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    for more, code in (({}, 0), ({"DEBUG": "1"}, 1)):
        done = subprocess.run(
            words, cwd=ROOT, env=_production() | more, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr


def test_s59_every_package_is_pinned_with_its_hash():
    locks = sorted((ROOT / "requirements").glob("*.lock"))
    assert locks
    for lock in locks:
        packages = re.split(r"\n(?=[a-z0-9])", lock.read_text().strip())
        assert all("==" in package and "--hash=sha256:" in package for package in packages), lock


def test_the_table_of_controls_is_whole_and_names_tests_that_exist():
    """Each number once; each test that it names is there, and each test that bears a number is named."""
    text = (ROOT / "docs/security.md").read_text()
    rows = re.findall(r"^\| S(\d+) \|.*$", text, re.M)
    named = set(re.findall(r"`(test_s\d\d_\w+)`", text))
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_s\d\d_\w+)", path.read_text(), re.M)
    }
    assert [int(number) for number in rows] == list(range(1, 63))
    assert named == written


def _production() -> dict[str, str]:
    """The settings of a portal on the open internet, with secrets that nobody keeps."""
    spec = importlib.util.spec_from_file_location("do", ROOT / "do.py")
    do = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(do)
    with do.production() as environment:
        return environment | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
