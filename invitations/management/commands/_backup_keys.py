"""The key of backups, given apart from everything else, and an end in order when told to stop. Shared by two commands."""

import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

from portal.env import env


def add_argument(parser: ArgumentParser) -> None:
    """`--key-file`."""
    parser.add_argument(
        "--key-file", type=Path, metavar="FILE", help="the key of the backup; default: BACKUP_KEYS"
    )


def read(path: Path | None) -> list[bytes]:
    """The keys, the first of which encrypts. Raises CommandError."""
    try:
        words = path.read_text(encoding="ascii").strip().split(",") if path else []
        keys = env.keys_in("BACKUP_KEYS", words) if path else settings.BACKUP_KEYS
    except (OSError, ValueError, ImproperlyConfigured):
        raise CommandError("--key-file must name a file with a key of 32 bytes in urlsafe base64.") from None
    if not keys:
        raise CommandError("There is no key: set BACKUP_KEYS, or give --key-file. See .env.example.")
    if set(keys) & set(settings.FIELD_KEYS):
        raise CommandError("The key of backups must be another one than FIELD_KEYS.")
    return keys


def end_in_order() -> None:
    """From here on SIGTERM ends the command as an error does, so that it takes away what it had begun."""
    signal.signal(signal.SIGTERM, _end)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(143)
