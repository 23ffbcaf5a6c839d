"""The worker: sends what is queued, delivers mail, shows signs of life. Holds no rule of its own.

Two threads when it runs for good: one calls Kondado and shows the signs of life, the other does what must not wait
for a call, nor hold one up (mail, and the look into the silent mailbox). With `--once` and `--until-idle` one thread
does both in turn.
"""

import logging
import os
import signal
import socket
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from invitations.mail import smtp
from invitations.models.worker import WorkerProblem
from invitations.services.base import spool
from invitations.services.base.clock import reconnect
from invitations.services.catalogue import sync
from invitations.services.decisions import restoring
from invitations.services.holds import rules
from invitations.services.invitations import expire
from invitations.services.mail import admin_alerts, outbox
from invitations.services.sending import beats, dispatch, living, silent_mailbox, spool_replay
from invitations.services.upkeep import clock_jumps, sweep
from portal import alive

log = logging.getLogger("invitations.worker")
BEAT_SECONDS = 10.0
IDLE_SECONDS = 0.5
PAUSE_AFTER_ERROR = 2.0
FAILURES_IN_A_ROW = 5  # before a worker that was to end by itself gives up
CLAIM_FIRST = 2.0  # seconds for which a worker that just started leaves everything else
SHORTLY = 3.0  # seconds that reading the catalogue anew may wait for a turn
END_OF_MAIL = (
    smtp.TOTAL_SECONDS + 15.0
)  # seconds for the mail in hand, and to write its end down, when told to stop

# Each does one piece of work and says whether there is more. None may need a turn to call Kondado.
BESIDE: tuple[Callable[[], bool | None], ...] = (
    restoring.heed,
    outbox.step,
    silent_mailbox.step,
    sweep.step,
)


class Command(BaseCommand):
    """Runs until it is told to stop; SIGTERM and Ctrl-C finish the invitation in hand first.

    Ends with 0 when told to stop or when nothing is left to do; with 1 when an answer could not be written down
    (it lies in the spool then), or when `--once` or `--until-idle` kept failing.
    """

    help = "Sends queued invitations and mails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Two ways to end by itself, and how long to wait for the database."""
        parser.add_argument("--once", action="store_true", help="do one step and return")
        parser.add_argument(
            "--until-idle",
            action="store_true",
            help="wait out Kondado's limits; return when what is left is stopped or due later",
        )
        parser.add_argument(
            "--patience",
            type=float,
            default=300.0,
            metavar="SECONDS",
            help="how long to try to write an answer down while the database is away (default: %(default)s)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Loops over steps."""
        self.stopping = threading.Event()
        self.patience = dispatch.Patience(options["patience"], self.stopping.wait)
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.ends_itself = options["once"] or options["until_idle"]
        self.next_beat = 0.0
        # A worker that dies again and again soon after its start still gets something done.
        self.next_chores = 0.0 if self.ends_itself else time.monotonic() + CLAIM_FIRST
        self.spool_was_read = False
        self.problem = ""
        self.memory = ""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self.stop)
            signal.signal(signal.SIGINT, self.stop)
        try:
            alive.live()
        except alive.Busy:
            raise CommandError("A restore is under way. Start the worker again when it is done.") from None
        log.info("worker started", extra={"worker": self.name})
        beside = threading.Thread(target=self.run_beside, name="beside", daemon=True)
        if not self.ends_itself:
            beside.start()
        try:
            self.loop(once=options["once"])
        except dispatch.AnswerNotWritten:
            # Nothing else can be written either: no waiting for it, and no goodbye.
            raise CommandError("The database is away. What Kondado answered lies in the spool.") from None
        except BaseException:
            self.end(beside)
            raise
        self.end(beside)

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Claims no more; what is on the wire is finished."""
        self.stopping.set()

    def loop(self, *, once: bool) -> None:
        """Steps until told to stop, or until there is nothing left to do."""
        failures = 0
        while not self.stopping.is_set():
            try:
                delivered = self.ends_itself and self.work_beside()
                wait = self.step()
                # The step may have queued a mail itself: there is nothing left only when both found nothing.
                delivered |= self.ends_itself and wait is None and not once and self.work_beside()
                wait, failures = (0.0 if delivered else wait), 0
            except dispatch.AnswerNotWritten:
                raise
            except Exception as error:  # noqa: BLE001  (logged in full by `report`)
                # One row must not stop the others, and the database may only be restarting. What is in hand
                # is swept when its lease is over; a row that does this three times gets a hold.
                self.report(error)
                wait, failures = PAUSE_AFTER_ERROR, failures + 1
                if once or (self.ends_itself and failures >= FAILURES_IN_A_ROW):
                    raise CommandError("The step failed; the log says why.") from None
            if once or (self.ends_itself and wait is None):
                return
            # Never longer, however far away the turn is: what is queued meanwhile may be for another turn.
            self.stopping.wait(IDLE_SECONDS if wait is None else min(wait, IDLE_SECONDS))

    def step(self) -> float | None:
        """One invitation at most. Seconds to wait before the next step; None when idle."""
        restoring.heed()
        if not self.spool_was_read:
            self.memory = WorkerProblem.NO_MEMORY if restoring.has_no_memory() else ""
            # Before the first sweep: an answer that was kept spares a person a decision.
            spool.tidy()
            spool_replay.settle_waiting(at_start=True)
            self.spool_was_read = True
        if time.monotonic() >= self.next_beat:
            self.beat()
        if time.monotonic() >= self.next_chores:
            self.do_chores()
        wait = dispatch.step(self.patience)
        if self.problem == WorkerProblem.NO_ROOM:
            log.info("there is room again", extra={"worker": self.name})
            self.problem, self.next_beat = "", 0.0
        return wait

    def do_chores(self) -> None:
        """What is to be done from time to time, and may call Kondado."""
        self.next_chores = time.monotonic() + BEAT_SECONDS
        restoring.remember()
        clock_jumps.put_right()
        spool_replay.settle_waiting()
        rules.recover()
        admin_alerts.tell_the_rest()
        sync.refresh_after_refusal(pause=self.wait_shortly)
        expire.sweep()

    def wait_shortly(self, seconds: float) -> bool:
        """Waits for a turn that comes soon; False, at once, where it does not, or when told to stop."""
        return seconds <= SHORTLY and not self.stopping.wait(seconds)

    def beat(self) -> None:
        """Shows a sign of life, with what is the matter."""
        unreadable = WorkerProblem.UNREADABLE if spool.counts()[1] else ""
        beats.beat(name=self.name, problem=self.problem or unreadable or self.memory)
        self.next_beat = time.monotonic() + BEAT_SECONDS

    def report(self, error: Exception) -> None:
        """Logs a step that failed. That the disk is full is said once, and shown with the sign of life."""
        reconnect()
        if not isinstance(error, spool.NoRoom):
            log.error("step failed", extra={"error": type(error).__name__}, exc_info=error)
        elif self.problem != WorkerProblem.NO_ROOM:
            log.error("nothing is sent: no room for an answer", extra={"detail": str(error)})
            self.problem = WorkerProblem.NO_ROOM
        if isinstance(error, spool.NoRoom):
            with suppress(DatabaseError):
                self.beat()

    def run_beside(self) -> None:
        """What must not wait for a call, until told to stop."""
        while not self.stopping.is_set():
            try:
                busy = self.work_beside()
            except Exception as error:
                log.exception("work beside the calls failed", extra={"error": type(error).__name__})
                reconnect()
                busy = False
            if not busy:
                self.stopping.wait(IDLE_SECONDS)
        connection.close()

    def work_beside(self) -> bool:
        """One round of what needs no turn to call; whether there was anything. Begins nothing once told to stop."""
        found = [work() for work in BESIDE if not self.stopping.is_set()]
        return any(found)

    def end(self, beside: threading.Thread) -> None:
        """Finishes the mail in hand, and leaves no sign of life behind, so that nobody counts on it."""
        self.stopping.set()
        if beside.is_alive():
            beside.join(END_OF_MAIL)
        with suppress(OSError, spool.NoRoom):
            spool.give_room_back()
        living.leave()
        try:
            beats.gone(name=self.name)
        except DatabaseError:
            log.warning("could not take the sign of life back")
        log.info("worker ended", extra={"worker": self.name})
