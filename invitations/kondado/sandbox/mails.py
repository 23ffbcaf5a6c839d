"""Reads the mails the portal wrote with Django's file mail backend. It must never write to that folder."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path

# Django writes this line after each mail of a file.
SEPARATOR = b"\n" + b"-" * 79 + b"\n"
MOST_FILES = 200
MOST_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True)
class Mail:
    """One mail as a person would read it."""

    id: str
    sent_at: datetime
    sender: str
    recipients: str
    subject: str
    text: str = field(repr=False)
    html: str | None = field(repr=False)


def read_mails(folder: Path | None) -> list[Mail]:
    """Every mail in the newest files of the folder, newest first; an empty list without a folder."""
    if folder is None or not folder.is_dir():
        return []
    files = sorted((path for path in folder.glob("*.log") if path.is_file()), key=_changed, reverse=True)
    mails = [mail for path in files[:MOST_FILES] for mail in _in_file(path)]
    return sorted(mails, key=lambda mail: mail.sent_at, reverse=True)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _in_file(path: Path) -> Iterator[Mail]:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES)
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return
    for number, part in enumerate(data.split(SEPARATOR)):
        if part.strip():
            name = hashlib.sha256(f"{path.name}/{number}".encode()).hexdigest()[:16]
            yield _mail(name, changed, message_from_bytes(part, policy=default))


def _mail(name: str, changed: datetime, message: Message) -> Mail:
    return Mail(
        id=name,
        sent_at=_date(message) or changed,
        sender=_header(message, "From"),
        recipients=_header(message, "To"),
        subject=_header(message, "Subject"),
        text=_body(message, "plain") or "",
        html=_body(message, "html"),
    )


def _header(message: Message, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, AttributeError):
        # The standard library's header reader gives up on some broken headers.
        return "(unreadable)"


def _date(message: Message) -> datetime | None:
    try:
        moment = getattr(message["Date"], "datetime", None)
        if not isinstance(moment, datetime):
            return None
        # "-0000" is UTC from somebody who does not tell where they are; Python gives it no zone.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, IndexError, AttributeError, TypeError, OverflowError):
        return None


def _body(message: Message, kind: str) -> str | None:
    if not isinstance(message, EmailMessage):
        return None
    part = message.get_body((kind,))
    try:
        return str(part.get_content()) if part is not None else None
    except (LookupError, ValueError):
        return "(unreadable)"
