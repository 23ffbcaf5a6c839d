"""Backs the database up, while it is in use, into one encrypted file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invitations.errors import BackupError
from invitations.management.commands import _backup_keys
from invitations.services.backups import make


class Command(BaseCommand):
    """backup FILE [--key-file KEYS]."""

    help = "Writes the whole database into a new encrypted file, and reads it back."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and with which key."""
        parser.add_argument("file", type=Path, help="a file that is not there yet, or a folder")
        _backup_keys.add_argument(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ends with 0 once the file is whole and on the disk; else with 1, and nothing is left of it."""
        keys = _backup_keys.read(options["key_file"])
        _backup_keys.end_in_order()
        try:
            path, manifest = make.make(to=options["file"], keys=keys)
        except BackupError as error:
            raise CommandError(str(error)) from None
        print(f"{path}: {manifest.rows} rows, read back. Head: {manifest.head[0]}:{manifest.head[1]}")
