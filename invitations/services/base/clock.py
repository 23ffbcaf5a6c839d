"""The database as a thing of its own: its clock, which all processes and machines share, and the way back to it."""

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


def reconnect() -> None:
    """After an error of the database: the next statement gets a connection of its own, unless one is in a transaction."""
    if not connection.in_atomic_block:
        connection.close()
