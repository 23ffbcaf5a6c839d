"""Runs the stand-in Kondado for the demo. It must never start beside a portal that calls the real service."""

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from invitations.kondado.sandbox import Sandbox
from invitations.kondado.sandbox.memory import MEMORY


class Command(BaseCommand):
    """`run_sandbox [--port N] [--logos]`: until Ctrl-C or SIGTERM."""

    help = "Run the stand-in Kondado on this machine, for trying the portal without an account."
    # It needs no database and no migrated tables.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8900, help="loopback port to listen on (default 8900)"
        )

        parser.add_argument(
            "--logos", action="store_true", help="draw a logo for each connector, for the demo"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.KONDADO_SANDBOX:
            raise CommandError(
                "KONDADO_SANDBOX is off: the stand-in runs only in a portal that is set up for it."
            )
        sandbox = Sandbox(
            key=settings.KONDADO_KEY,
            token=settings.KONDADO_TOKEN,
            port=options["port"],
            mail_dir=settings.EMAIL_FILE_PATH,
            memory=Path(settings.VAR_DIR) / MEMORY,
            portal_url=settings.PORTAL_URL,
            logos=options["logos"],
        )
        # SIGTERM ends the wait below exactly as Ctrl-C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            sandbox.start()
            self.stdout.write(f"Stand-in Kondado on {sandbox.url}/ (Ctrl-C stops it)")
            self.stdout.flush()
            threading.Event().wait()
        except KeyboardInterrupt:
            pass
        except (OSError, OverflowError) as error:
            raise CommandError(f"Port {options['port']} cannot be used: {error}") from None
        finally:
            sandbox.stop()
