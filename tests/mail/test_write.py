"""The mails as they leave, read back from the raw file: headers, both bodies, one link, and nothing injected."""

import email
import email.policy
import re
from html.parser import HTMLParser

import pytest
from django.core.mail.backends.base import BaseEmailBackend

from invitations.mail import write
from invitations.models import ACCENTS

URL = "https://portal.example.com/g/" + "k" * 43 + "/"
TRICKS = [
    "Ana\r\nBcc: evil@example.net",
    "Ana\nSubject: other",
    "Ana\rX-Evil: 1",
    "Ana\r\n\r\n<h1>body</h1>",
    "Ana, evil@example.net",
    "evil@example.net,",
    "Ana <evil@example.net>",
    '"Ana" <evil@example.net>',
    '"; evil@example.net',
    'A"B\\',
    "\\",
    "(comment) Ana",
    "Ana; Bia",
    "group: a@example.net, b@example.net;",
    "=?utf-8?q?evil=40example=2Enet?=",
    "=?utf-8?b?DQpCY2M6IGU=?=",
    "Ana\u2028Bcc: evil@example.net",
    "Ana\u202emoc.live",
    "Ana\x00\x07",
    "Ana\x0b\x0cBcc: e@example.net",
    "é" * 300,
    "x" * 300,
    "😀" * 70,
    "Ção, Ltda. <ção@example.net>",
    "<script>alert(1)</script>",
    "{{ url }}{% now 'Y' %}",
    "%(url)s %s",
    "",
]


class Links(HTMLParser):
    """Addresses and visible text of the links, and whatever would fetch something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[list[str]] = []
        self.tags: set[str] = set()
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "a":
            self.inside = True
            self.found.append([dict(attrs)["href"], ""])

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "a"

    def handle_data(self, data):
        if self.inside:
            self.found[-1][1] += data.strip()


def asked(**fields):
    given = {
        "sender": "Marina Lopes",
        "sender_email": "marina@example.com",
        "company": "Padaria Sol",
        "accent": "teal",
        "links": [("ClickUp", "src")],
        "guest": "Ana Souza",
        "message": "For the monthly report.\nThank you!",
        "language": "en",
        "expires_in_days": 14,
    } | fields
    return write.Asked(**given)


@pytest.fixture
def raw(tmp_path, settings):
    """Sends a mail into a file and gives back its bytes."""
    settings.DEFAULT_FROM_EMAIL = "Convite <convite@portal.example.com>"
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)

    def send(mail: write.Mail) -> bytes:
        write.send(mail)
        (path,) = tmp_path.iterdir()
        text = path.read_bytes().rsplit(b"\n" + b"-" * 79, 1)[0]
        path.unlink()
        return text

    return send


def parse(raw: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def bodies(message) -> tuple[str, str]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    return plain.get_content(), html.get_content()


def test_the_headers_say_who_asks_and_that_a_machine_wrote_it(raw):
    message = parse(raw(write.invitation(asked(), to="ana@example.org", url=URL, mail_id="<a.1@portal>")))

    assert message.get_content_type() == "multipart/alternative"
    assert message["Subject"] == "Padaria Sol asks you to set up ClickUp"
    assert message["From"].addresses[0].display_name == "Marina Lopes · Padaria Sol"
    assert message["From"].addresses[0].addr_spec == "convite@portal.example.com"
    assert message["Reply-To"].addresses[0].addr_spec == "marina@example.com"
    assert message["To"].addresses[0].addr_spec == "ana@example.org"
    assert (message["Message-ID"], message["Auto-Submitted"]) == ("<a.1@portal>", "auto-generated")
    assert message["Date"]
    assert message["Content-Language"] == "en"


def test_s40_both_bodies_say_all_of_it_with_one_link_whose_text_is_its_host(raw):
    message = parse(raw(write.invitation(asked(), to="ana@example.org", url=URL)))
    text, html = bodies(message)
    links = Links(html)

    for body in (text, html):
        for words in (
            "Marina Lopes",
            "Padaria Sol",
            "ClickUp",
            "share no password",
            "14 days",
            "ana@example.org",
        ):
            assert words in body
        assert body.count(URL) == 1
        assert len(re.findall(r"https?://", body)) == 1
    assert "For the monthly report.\nThank you!" in text
    assert "For the monthly report.<br>Thank you!" in html
    assert links.found == [[URL, "portal.example.com"]]
    assert not links.tags & {"img", "script", "iframe", "link", "object", "form", "video"}
    assert "url(" not in html
    assert 'lang="en"' in html


def test_several_connectors_are_a_list(raw):
    mail = write.invitation(
        asked(links=[("ClickUp", "src"), ("BigQuery", "dest")]), to="a@example.org", url=URL
    )
    text, html = bodies(parse(raw(mail)))

    assert mail.subject == "Padaria Sol asks you to set up 2 data connections"
    for body in (text, html):
        assert "ClickUp" in body
        assert "BigQuery" in body
        assert "data destination" in body


def test_a_forwarded_mail_says_who_passed_it_on(raw):
    mail = write.forward(asked(), to="bia@example.org", to_name="Bia", forwarded_by="Ana Souza", url=URL)
    message = parse(raw(mail))

    assert message["To"].addresses[0].addr_spec == "bia@example.org"
    for body in bodies(message):
        assert "Ana Souza" in body
        assert "passed this on to you" in body
        assert "Hello Bia" in body
        assert "Hello Ana" not in body
        assert body.count(URL) == 1


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("field", ["sender", "company", "guest", "connector", "message", "forwarded_by"])
def test_s38_nothing_that_people_type_reaches_beyond_its_place(raw, field, trick):
    fields = {"links": [(trick, "src")]} if field == "connector" else {field: trick}
    if field == "forwarded_by":
        mail = write.forward(asked(), to="ana@example.org", to_name=trick, forwarded_by=trick, url=URL)
    else:
        mail = write.invitation(asked(**fields), to="ana@example.org", url=URL)
    plain = parse(raw(write.invitation(asked(), to="ana@example.org", url=URL)))

    message = parse(raw(mail))

    assert [each.addr_spec for each in message["To"].addresses] == ["ana@example.org"]
    assert [each.addr_spec for each in message["From"].addresses] == ["convite@portal.example.com"]
    assert [each.addr_spec for each in message["Reply-To"].addresses] == ["marina@example.com"]
    assert set(message.keys()) == set(plain.keys())
    assert len(message.keys()) == len(plain.keys())
    text, html = bodies(message)
    assert Links(html).found == [[URL, "portal.example.com"]]
    assert Links(html).tags - {"br"} <= Links(bodies(plain)[1]).tags
    assert (text.count(URL), html.count(URL)) == (1, 1)


def test_a_domain_of_letters_beyond_ascii_is_written_as_mail_servers_do(raw):
    message = parse(raw(write.invitation(asked(), to="ana@exemplo-ção.com", url=URL)))

    assert message["To"].addresses[0].domain.startswith("xn--")


def test_a_long_line_in_a_message_stays_within_what_mail_allows(raw):
    data = raw(write.invitation(asked(message="word " * 200), to="ana@example.org", url=URL))

    assert max(len(line) for line in data.splitlines()) <= 998


@pytest.mark.parametrize("accent", [*ACCENTS, "", "no-such"])
def test_every_accent_has_its_shade(accent):
    assert "background:#" in write.invitation(asked(accent=accent), to="a@example.org", url=URL).html


class FullDisk(BaseEmailBackend):
    """A backend that is no SMTP and cannot write."""

    def send_messages(self, _messages):
        raise OSError(28, "no space")


def test_a_folder_that_cannot_be_written_means_not_sent(settings):
    settings.EMAIL_BACKEND = f"{__name__}.FullDisk"

    with pytest.raises(write.NotSent) as caught:
        write.send(write.invitation(asked(), to="a@example.org", url=URL))

    assert caught.value.fault == "errno_28"


def test_a_mail_shows_nothing_of_itself_in_a_log():
    mail = write.invitation(asked(), to="ana@example.org", url=URL)

    assert repr(mail) == "Mail()"


def test_a_guest_is_addressed_in_their_own_language(raw):
    message = parse(raw(write.invitation(asked(language="pt-br"), to="ana@example.org", url=URL)))

    text, html = bodies(message)
    assert "Olá, Ana Souza," in text
    assert 'lang="pt-br"' in html
    assert message["Content-Language"] == "pt-br"
