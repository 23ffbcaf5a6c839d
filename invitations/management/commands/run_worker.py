"""The worker: sends what is queued, delivers mail, shows signs of life. Holds no rule of its own."""

import logging
import os
import signal
import socket
import threading
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from invitations.services import dispatch, health, mailbox, outbox, stops

log = logging.getLogger("invitations.worker")
BEAT_SECONDS = 10.0
IDLE_SECONDS = 0.5
PAUSE_AFTER_ERROR = 2.0


class Command(BaseCommand):
    """Runs until it is told to stop; SIGTERM and Ctrl-C finish the invitation in hand first."""

    help = "Sends queued invitations and mails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Two ways to end by itself."""
        parser.add_argument("--once", action="store_true", help="do one step and return")
        parser.add_argument("--until-idle", action="store_true", help="return when nothing more is due")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Loops over steps."""
        self.stopping = threading.Event()
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.next_beat = 0.0
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self.stop)
            signal.signal(signal.SIGINT, self.stop)
        log.info("worker started", extra={"worker": self.name})
        try:
            self.loop(once=options["once"], until_idle=options["until_idle"])
        finally:
            self.say_goodbye()

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Claims no more; what is on the wire is finished."""
        self.stopping.set()

    def loop(self, *, once: bool, until_idle: bool) -> None:
        """Steps until told to stop, or until there is nothing left to do."""
        while not self.stopping.is_set():
            try:
                wait = self.step()
            except Exception as error:
                # One row must not stop the others, and the database may only be restarting. What is in hand
                # is swept when its lease is over; a row that does this three times gets a hold.
                log.exception("step failed", extra={"error": type(error).__name__})
                connection.close()
                wait = PAUSE_AFTER_ERROR
            if once or (until_idle and wait is None):
                return
            self.stopping.wait(min(wait if wait is not None else IDLE_SECONDS, BEAT_SECONDS))

    def step(self) -> float | None:
        """One mail and one invitation at most. Seconds to wait before the next step; None when idle."""
        if time.monotonic() >= self.next_beat:
            health.beat(name=self.name)
            stops.recover()
            mailbox.step()
            self.next_beat = time.monotonic() + BEAT_SECONDS
        delivered = outbox.step()
        wait = dispatch.step()
        return 0.0 if delivered else wait

    def say_goodbye(self) -> None:
        """Leaves no sign of life behind, so that nobody counts on it."""
        try:
            health.gone(name=self.name)
        except DatabaseError:
            log.warning("could not take the sign of life back")
        log.info("worker ended", extra={"worker": self.name})
