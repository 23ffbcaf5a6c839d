"""What is the matter with the database when it refuses to write: full, busy or away. Asks it nothing."""

from __future__ import annotations

from typing import Literal

from django.db import InterfaceError, OperationalError

Trouble = Literal["full", "busy", "away"]
# By SQLite's words, and by the names of PostgreSQL's errors.
FULL = ("disk is full", "DiskFull")
BUSY = ("is locked", "LockNotAvailable", "DeadlockDetected", "QueryCanceled", "SerializationFailure")


def trouble_of(error: BaseException | None) -> Trouble | None:
    """Of which of the three an error tells, or comes from; None for any other fault."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OperationalError | InterfaceError):
            return _kind(f"{error} {type(error.__cause__).__name__}")
        error = error.__cause__ or error.__context__
    return None


def _kind(said: str) -> Trouble:
    if any(word in said for word in FULL):
        return "full"
    return "busy" if any(word in said for word in BUSY) else "away"
