"""Every mail that may leave, built in every language and read back: its folder, its headers, both bodies.

To a new mail: a member of MailName, a folder in templates/emails with its three files, and a sample here.
"""

import email.policy
import re
from datetime import UTC, datetime
from pathlib import Path

import allauth
import pytest
from django.conf import settings as django_settings
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from invitations.mail import write
from invitations.mail.write import MailName
from invitations.models import Hold
from invitations.models.attempt import Alarm
from invitations.models.hold import HoldReason, HoldScope

FOLDERS = Path(django_settings.BASE_DIR) / "templates" / "emails"
PARTS = {"subject.txt", "body.txt", "body.html"}
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]
URL = "https://portal.example.com/somewhere/"
MAIL_ID = "<abc.7@portal.example.com>"
NAME = 'Ana "<b>" <evil@example.net>'
GUEST = {"guest": "Ana <b>Souza</b>"}
CHANGE = {"at": datetime(2026, 3, 5, 15, 4, tzinfo=UTC), "ip": "198.51.100.7", "browser": "Firefox <1>"}
HELD = {"hold": Hold(scope=HoldScope.ACCOUNT, reason=HoldReason.STORM), "name": "Padaria <Sol>"}
TO_GUESTS = {MailName.INVITATION, MailName.FORWARD}
# What each is told; an alert is written in three ways.
SAMPLES = {
    **{name: [GUEST] for name in MailName if name.startswith("guest_")},
    **{name: [{}] for name in (MailName.PASSWORD_RESET_KEY, MailName.UNKNOWN_ACCOUNT)},
    **{
        name: [CHANGE]
        for name in (
            MailName.PASSWORD_RESET,
            MailName.PASSWORD_CHANGED,
            MailName.PASSWORD_SET,
            MailName.TOTP_ACTIVATED,
            MailName.TOTP_DEACTIVATED,
            MailName.RECOVERY_CODES_GENERATED,
        )
    },
    MailName.ALERT: [HELD, {"more": 3}, *({"alarm": alarm} for alarm in Alarm)],
}
# Templates of allauth that nothing here can send, by what is switched off or has no page.
UNSENT = {
    "account_already_exists": "no page to sign up: it is closed",
    "email_confirmation_signup": "no page to sign up: it is closed",
    "email_changed": "account_email",
    "email_confirm": "account_email",
    "email_deleted": "account_email",
    "email_confirmation": "account_confirm_email",
    "login_code": "account_request_login_code",
    "password_reset_code": "account_confirm_password_reset_code",
    "webauthn_added": "mfa_add_webauthn",
    "webauthn_removed": "mfa_add_webauthn",
}


def build(name, language, **more) -> list[write.Mail]:
    """This mail in every way in which it is written."""
    if name in TO_GUESTS:
        asked = write.Asked(
            sender=NAME,
            sender_email="marina@example.com",
            company="Padaria, Sol; <x@example.net>",
            accent="teal",
            links=[("ClickUp", "src"), ("Big Query", "dest")],
            guest=NAME,
            message="For <b>you</b>",
            language=language,
            expires_in_days=14,
        )
        to = {"to": "ana@example.org", "url": URL, "mail_id": MAIL_ID}
        if name == MailName.FORWARD:
            return [write.forward(asked, **to, to_name=NAME, forwarded_by=NAME)]
        return [write.invitation(asked, **to)]
    words = (write.staff_words(name, sample, language=language, url=URL) for sample in SAMPLES[name])
    return [write.to_staff(one, to="ana@example.org", language=language, mail_id=MAIL_ID) for one in words]


@pytest.fixture
def sent(tmp_path, settings):
    """Sends a mail into a file, and gives it back as whoever gets it reads it."""
    settings.DEFAULT_FROM_EMAIL = "convite@portal.example.com"
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)

    def send(mail: write.Mail):
        write.send(mail)
        (path,) = tmp_path.iterdir()
        raw = path.read_bytes().rsplit(b"\n" + b"-" * 79, 1)[0]
        path.unlink()
        return email.message_from_bytes(raw, policy=email.policy.default)

    return send


def test_every_mail_has_its_folder_and_every_folder_its_mail():
    folders = {
        path.name: {file.name for file in path.iterdir()} for path in FOLDERS.iterdir() if path.is_dir()
    }
    assert folders == {name.value: PARTS for name in MailName}


def test_every_mail_is_tried_here():
    assert TO_GUESTS | set(SAMPLES) == set(MailName)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", MailName)
def test_it_is_one_sound_mail_in_each_language(sent, name, language):
    for mail in build(name, language):
        message = sent(mail)
        for header in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language"):
            assert len(message.get_all(header)) == 1, header
        (to,), (sender,) = message["To"].addresses, message["From"].addresses
        assert (to.addr_spec, sender.addr_spec) == ("ana@example.org", "convite@portal.example.com")
        assert message["Bcc"] is None
        assert message["Cc"] is None
        for header in ("From", "To", "Reply-To"):
            assert all("@" not in one.display_name for one in getattr(message[header], "addresses", ()))
        assert message["Message-ID"] == MAIL_ID
        assert message["Date"].datetime
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Content-Language"] == language
        assert message["Subject"].strip()
        text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
        assert f'<html lang="{language}">' in html
        assert (text.count(URL), html.count(URL)) == (1, 1)
        assert "<b>Souza" not in html
        assert "&lt;" not in text
        for words in (text, html, message["Subject"]):
            assert not re.search(r"%\(|\{\{|\{%|None", words)


@pytest.mark.parametrize("name", MailName)
def test_it_speaks_three_languages(name):
    texts = [[(mail.subject, mail.text) for mail in build(name, language)] for language in LANGUAGES]
    for ways in zip(*texts, strict=True):
        assert len({subject for subject, _text in ways}) == len({text for _subject, text in ways}) == 3


def test_it_is_written_in_its_readers_language_whatever_the_page_speaks():
    with translation.override("es"):
        (mail,) = build(MailName.PASSWORD_CHANGED, "en")
    assert mail.subject == "Your password was changed"
    assert "March 5, 2026" in mail.text


def test_every_mail_of_allauth_is_one_of_ours_or_cannot_be_sent():
    templates = Path(allauth.__file__).parent / "templates"
    theirs = {
        path.name.removesuffix("_subject.txt")
        for app in ("account", "mfa")
        for path in (templates / app / "email").glob("*_subject.txt")
    }
    assert {name.value for name in MailName} & set(UNSENT) == set()
    assert theirs - {name.value for name in MailName} == set(UNSENT)
    assert "allauth.socialaccount" not in django_settings.INSTALLED_APPS
    for page in {reason for reason in UNSENT.values() if " " not in reason}:
        with pytest.raises(NoReverseMatch):
            reverse(page, args=("key",) if page == "account_confirm_email" else ())


def test_the_colour_is_the_portals_where_no_account_has_one(settings):
    settings.PORTAL_ACCENT = "rose"
    for name in (MailName.PASSWORD_CHANGED, MailName.ALERT):
        assert write.SHADES["rose"] in build(name, "en")[0].html
