"""Django's SMTP backend, made to say after a failure whether the mail was handed over. Never tries anything again.

Until the server has asked for the content (reply 354), a failure means: provably not sent. From then on, only the
server's own answer ends the doubt.
"""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

TOTAL_SECONDS = (
    60.0  # for one mail in all, however slowly the server talks; each wait has EMAIL_TIMEOUT besides
)
ASKS_FOR_CONTENT = 354


class MailError(Exception):
    """A mail that did not leave as it should. `fault` names why, without any address."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class NotSent(MailError):  # noqa: N818  (says what is known)
    """Provably not handed over, and it may go better later."""


class Unreachable(NotSent):
    """No conversation with the server came about at all."""


class Refused(MailError):  # noqa: N818
    """The server will not take this mail for this address, now or later."""


class Unsure(MailError):  # noqa: N818
    """The server may have the mail."""


class Session(smtplib.SMTP):
    """One conversation: it ends after TOTAL_SECONDS and knows whether the server asked for the content."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.content_asked = False
        self._wire: socket.socket | None = None
        self._deadline = time.monotonic() + TOTAL_SECONDS
        self._clock = threading.Timer(TOTAL_SECONDS, self._cut)
        self._clock.daemon = True
        self._clock.start()
        try:
            super().__init__(*args, **options)
        except BaseException:
            self.close()
            raise

    def connect(
        self, host: str = "localhost", port: int = 0, source_address: Any = None
    ) -> tuple[int, bytes]:
        """Connects and reads the greeting, within the time that is left."""
        plain = socket.create_connection((host, port), self.timeout, source_address)
        # TLS takes the socket over; a second handle on the same connection can still cut it.
        self._wire = plain.dup()
        if (
            time.monotonic() >= self._deadline
        ):  # looking up the name took all of it: the clock had nothing to cut
            plain.close()
            raise TimeoutError
        self.sock, self.file = self.secured(plain, host), None
        return self.getreply()

    def secured(self, plain: socket.socket, _host: str) -> socket.socket:
        """What is spoken over: the connection as it is."""
        return plain

    def _cut(self) -> None:
        if self._wire is not None:
            with suppress(OSError):
                self._wire.shutdown(socket.SHUT_RDWR)

    def getreply(self) -> tuple[int, bytes]:
        """The server's answer, remembering whether it was the one that asks for the content."""
        code, text = super().getreply()
        self.content_asked = self.content_asked or code == ASKS_FOR_CONTENT
        return code, text

    def close(self) -> None:
        """Ends the conversation and its clock."""
        self._clock.cancel()
        super().close()
        if self._wire is not None:
            self._wire.close()


class SecureSession(Session, smtplib.SMTP_SSL):
    """The same inside TLS from the first byte."""

    def secured(self, plain: socket.socket, host: str) -> socket.socket:
        """TLS over the connection, once the server has shown that it is `host`."""
        return self.context.wrap_socket(plain, server_hostname=host)


class EmailBackend(smtp.EmailBackend):
    """Raises NotSent, Unreachable, Refused or Unsure, and nothing else, when a mail does not leave."""

    session: smtplib.SMTP | None = None

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """The conversation that remembers."""
        return SecureSession if self.use_ssl else Session

    def open(self) -> bool | None:
        """Connects and signs in."""
        try:
            opened = super().open()
        except OSError as error:
            raise _before_content(error) from None
        self.session = self.connection  # which closing forgets
        return opened

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Sends each; how many there were. The first that fails ends it."""
        try:
            return super().send_messages(email_messages)
        except OSError as error:
            asked = isinstance(self.session, Session) and self.session.content_asked
            raise (_after_content(error) if asked else _before_content(error)) from None

    def close(self) -> None:
        """What goes wrong while parting changes nothing about the mail."""
        with suppress(OSError):
            super().close()


def _before_content(error: OSError) -> MailError:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max(code for code, _ in error.recipients.values())
        return Refused(f"smtp_{code}") if code >= 500 else NotSent(f"smtp_{max(code, 0)}")
    if isinstance(error, smtplib.SMTPResponseException):
        return NotSent(f"smtp_{max(error.smtp_code, 0)}")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return NotSent("disconnected")
    if isinstance(error, smtplib.SMTPException):
        return NotSent("smtp_unsupported")
    return Unreachable("unreachable")


def _after_content(error: OSError) -> MailError:
    # Only SMTPDataError holds an answer that the server really gave; smtplib makes up others.
    if isinstance(error, smtplib.SMTPDataError) and 400 <= error.smtp_code < 600:
        kind = Refused if error.smtp_code >= 500 else NotSent
        return kind(f"smtp_{error.smtp_code}")
    return Unsure("disconnected")
