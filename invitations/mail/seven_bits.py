"""A mail whose every line any mail server carries: seven bits, and none longer than mail allows. Decides nothing."""

from email import encoders
from email.message import Message
from typing import Any

from django.core.mail import EmailMultiAlternatives


class SevenBitMail(EmailMultiAlternatives):
    """Bodies beyond ASCII are quoted-printable: a server that offers no 8BITMIME may cut off the eighth bit."""

    def message(self, **options: Any) -> Any:
        """The mail as it leaves."""
        whole = super().message(**options)
        for part in whole.walk():
            if part.get_content_maintype() == "text":
                _quote(part)
        return whole


def _quote(part: Message) -> None:
    if part.get("Content-Transfer-Encoding", "").lower() not in {"quoted-printable", "base64"}:
        data = part.get_payload(decode=True)
        if isinstance(data, bytes) and not data.isascii():
            del part["Content-Transfer-Encoding"]
            encoders.encode_quopri(part)
