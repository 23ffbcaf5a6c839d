"""What is found in mails as they come: every encoding, and every way to look like something else."""

import base64
import contextlib
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invitations.mail.imap.mails import Unreadable, links_for

ADDRESS = "invites+k7f3k7f3k7f3k7f3@portal.example"
LINK = "https://app.kondado.com.br/collection_guest/Zm9v-bar_1"


def mail(
    body: bytes | str, kind: str = "text/plain; charset=utf-8", *, to: str = ADDRESS, more: str = ""
) -> bytes:
    head = f"From: Kondado <no-reply@kondado.io>\r\nTo: {to}\r\nContent-Type: {kind}\r\n{more}\r\n"
    return head.encode() + (body.encode() if isinstance(body, str) else body)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (mail(f"Olá! Acesse {LINK}.\r\nObrigado"), "plain, at the end of a sentence"),
        (mail(f"<{LINK}>"), "in angle brackets"),
        (
            mail(
                quopri.encodestring(f"{'Olá ' * 30}{LINK}".encode()),
                more="Content-Transfer-Encoding: quoted-printable\r\n",
            ),
            "quoted-printable, which breaks the line inside the address",
        ),
        (
            mail(base64.encodebytes(LINK.encode()), more="Content-Transfer-Encoding: base64\r\n"),
            "base64",
        ),
        (mail(f"Olá {LINK}".encode("latin-1"), "text/plain; charset=iso-8859-1"), "another charset"),
        (mail(f"Olá {LINK}", "text/plain; charset=no-such-thing"), "an unknown charset"),
        (mail(f"Olá {LINK}".encode("latin-1")), "a charset that is not the one named"),
        (
            mail(f'<p><a href="{LINK}">Conectar</a> <a href=>x</a><a>y</a></p>', "text/html; charset=utf-8"),
            "HTML",
        ),
        (mail(f'<A HREF=" {LINK} ">{LINK[:40]}…</A>', "text/html"), "HTML that shows a shortened form"),
        (mail(f"<p>Abra {LINK}</p>", "text/html"), "HTML without any anchor"),
        (
            mail(
                f"--b\r\nContent-Type: text/plain\r\n\r\n{LINK}\r\n"
                f"--b\r\nContent-Type: text/html\r\n\r\n<a href='{LINK}'>x</a>\r\n--b--\r\n",
                "multipart/alternative; boundary=b",
            ),
            "the same in text and HTML",
        ),
        (mail(LINK, to=f'"Convites" <{ADDRESS.upper()}>'), "another case, and a name"),
        (mail(LINK, to=f"a@b.example, {ADDRESS}"), "one of several"),
        (mail(LINK, to="list@b.example", more=f"Delivered-To: {ADDRESS}\r\n"), "Delivered-To"),
        (mail(LINK, to="list@b.example", more=f"X-Original-To: {ADDRESS}\r\n"), "X-Original-To"),
        (mail(LINK, to="list@b.example", more=f"Cc: {ADDRESS}\r\n"), "Cc"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_link_is_found(raw, why):
    assert links_for(raw, ADDRESS) == (LINK,)


@pytest.mark.parametrize(
    "to",
    [
        "invites@portal.example",
        "invites+k7f3k7f3k7f3k7f3x@portal.example",
        "xinvites+k7f3k7f3k7f3k7f3@portal.example",
        "invites+k7f3k7f3k7f3k7f3@portal.example.evil.example",
        f'"{ADDRESS}" <other@portal.example>',
        "undisclosed-recipients:;",
        "",
    ],
)
def test_a_mail_to_another_address_is_not_read(to):
    assert links_for(mail(LINK, to=to), ADDRESS) is None
    assert links_for(mail(LINK, to=to, more=f"Subject: {ADDRESS}\r\n"), ADDRESS) is None


def test_an_address_inside_another_one_is_no_link_of_its_own():
    hidden = f"https://click.tracking.example/c?to={LINK}"
    assert links_for(mail(f"see {hidden}"), ADDRESS) == (hidden,)
    assert links_for(mail(f'<a href="{hidden}">{LINK}</a>', "text/html"), ADDRESS) == (hidden,)


def test_two_links_are_two():
    assert links_for(mail(f"{LINK} or {LINK}2"), ADDRESS) == (LINK, LINK + "2")


def test_what_is_enclosed_is_not_looked_into():
    enclosed = (
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nTo: x@y.example\r\n\r\n{LINK}\r\n"
        f"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n{LINK}\r\n--b--\r\n"
    )
    assert links_for(mail(enclosed, "multipart/mixed; boundary=b"), ADDRESS) == ()


def test_a_mail_of_too_many_parts_is_given_up():
    parts = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 100 + "--b--\r\n"
    with pytest.raises(Unreadable):
        links_for(mail(parts, "multipart/mixed; boundary=b"), ADDRESS)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"To: " + ADDRESS.encode(),
        mail("<![if broken", "text/html"),
        mail(LINK, "multipart/mixed"),
        mail("=FF=", more="Content-Transfer-Encoding: quoted-printable\r\n"),
        mail("!!!", more="Content-Transfer-Encoding: base64\r\n"),
        mail("x", "text/plain; charset*=x'y'z"),
        mail("--b\r\n" * 3000, "multipart/mixed; boundary=b"),
    ],
)
def test_a_broken_mail_raises_nothing_else(raw):
    with contextlib.suppress(Unreadable):
        assert links_for(raw, ADDRESS) in {(), None, (LINK,)}


@given(st.binary(max_size=400), st.integers(0, 400))
def test_no_bytes_raise_anything_else(junk, at):
    raw = mail(f'<a href="{LINK}">x</a>', "text/html", more="Content-Transfer-Encoding: base64\r\n")
    with contextlib.suppress(Unreadable):
        links_for(raw[:at] + junk + raw[at:], ADDRESS)
