"""Every mail leaves in seven bits and lines that mail allows, and says the same once it is read."""

import email
import email.policy

import pytest

from invitations.mail.seven_bits import SevenBitMail

TEXTS = [
    "Olá, Ana!\n\nVocê foi convidada: https://portal.example.com/g/x/?a=b\n",
    "plain ASCII\n",
    "ã" * 5_000 + "\n",
    "a" * 5_000 + "\n",
    "=3D stays, and so does a blank at the end \n",
    ".\n.\nFrom here\n",
    "👨‍👩‍👧 می‌خواهم\u00a0\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_body_is_carried_by_any_server_and_read_as_written(text):
    mail = SevenBitMail("Convite de São João", text, "a@example.com", ["b@example.com"])
    mail.attach_alternative(f"<p>{text}</p>", "text/html")
    data = mail.message().as_bytes()

    assert data.isascii()
    assert max(len(line) for line in data.splitlines()) <= 998
    read = email.message_from_bytes(data, policy=email.policy.default)
    assert read.get_body(("plain",)).get_content().rstrip("\n") == text.rstrip("\n")
    assert read.get_body(("html",)).get_content().rstrip("\n") == f"<p>{text}</p>"
    assert {part["Content-Transfer-Encoding"] for part in read.walk() if part.get_content_maintype() == "text"} <= {
        "7bit", "quoted-printable",
    }  # fmt: skip
