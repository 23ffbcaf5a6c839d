"""Replaces the database by a backup. Sending stays stopped until an administrator has compared."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from invitations.errors import BackupError
from invitations.management.commands import _backup_keys
from invitations.services.backups import bring_back
from invitations.services.backups.manifest import Manifest


class Command(BaseCommand):
    """restore FILE [--yes] [--key-file KEYS]."""

    help = "Replaces the whole database by a backup, once every web and worker is stopped."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which file, with which key, and whether to ask."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="do not ask")
        _backup_keys.add_argument(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ends with 0 when all is back and sound; with 1 when nothing was changed, or the record is not sound."""
        keys = _backup_keys.read(options["key_file"])
        _backup_keys.end_in_order()
        try:
            manifest = bring_back.examine(path=options["file"], keys=keys)
            with bring_back.nobody_else():
                if not (options["yes"] or _agrees(manifest)):
                    raise CommandError("Nothing was changed.")
                done = bring_back.restore(path=options["file"], keys=keys, manifest=manifest)
        except BackupError as error:
            more = "" if error.half_way else " The database is as it was."
            raise CommandError(f"{error}{more}") from None
        print(
            f"Restored: {manifest.rows} rows as of {_moment(manifest)}. Head: {done.head[0]}:{done.head[1]}"
        )
        if done.kept is not None:
            print(f"The former database is kept as {done.kept}. Remove it once nobody needs it.")
        print(
            "Sending is stopped: start web and workers, and compare at /system/restored/ before you release it."
        )
        if done.problem:
            raise CommandError(f"The record that came back is not sound: {done.problem}.")


def _agrees(manifest: Manifest) -> bool:
    print(f"A backup of {_moment(manifest)} with {manifest.rows} rows, head {manifest.head[0]}.")
    try:
        return input("It replaces the whole database. Type yes to go on: ").strip() == "yes"
    except EOFError:
        return False


def _moment(manifest: Manifest) -> str:
    return f"{manifest.made_at:%Y-%m-%d %H:%M} UTC"
