"""The database as a thing of its own: its clock, which all processes and machines share, and the way back to it."""

import os
import threading
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

AWAY = (
    OperationalError,
    InterfaceError,
)  # the database is not there, or too busy: says nothing about any row


def database_now() -> datetime:
    """Now, by the database. SQLite lives on this machine, whose clock it is."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


class _Opened(threading.local):
    """Which file the connection of this thread leads to, as device and inode."""

    file: tuple[int, int] | None = None


_opened = _Opened()


def follow_the_file() -> None:
    """On SQLite: a connection to a file that was put aside since is closed, so that the next statement sees the new one.

    Raises OperationalError while there is no file: connecting would make an empty one.
    """
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or not os.path.isabs(name):
        return
    try:
        there = os.stat(name)
    except OSError as error:
        raise OperationalError(f"the database file cannot be found: errno {error.errno}") from None
    file = (there.st_dev, there.st_ino)
    if _opened.file != file:
        reconnect()
        _opened.file = file


def reconnect() -> None:
    """After an error of the database: the next statement gets a connection of its own, unless one is in a transaction."""
    if not connection.in_atomic_block:
        connection.close()
