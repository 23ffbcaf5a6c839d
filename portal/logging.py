"""Logging as JSON lines, with a request id on each and every known secret masked.

Masking happens at the handler, so that it covers every logger, also those of libraries. So does the one line of a
request that was refused: what Django says of it joins the line that the portal writes of each request.
"""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from portal.masking import secrets

request_id: ContextVar[str] = ContextVar("request_id", default="")
refused_because: ContextVar[str] = ContextVar("refused_because", default="")

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line. `extra=` fields stand beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for one record."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": secrets.mask(record.getMessage()),
        }
        if current := request_id.get():
            line["request_id"] = current
        for name, value in vars(record).items():
            if name not in STANDARD and name != "request":
                line[name] = value if isinstance(value, int | float | None) else secrets.mask(str(value))
        if record.exc_info:
            line["traceback"] = secrets.mask(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True, default=str)


class RefusalsInOneLine(logging.Filter):
    """Keeps back what Django says of a refused request, for the request's own line. Faults of ours pass, with traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        refusal = record.name == "django.request" and getattr(record, "status_code", 500) < 500
        unsafe = record.name.startswith("django.security") and bool(request_id.get())
        if refusal or unsafe:
            refused_because.set(record.getMessage())
        return not (refusal or unsafe)


def logging_config(*, level: str) -> dict[str, Any]:
    """The LOGGING setting: everything to standard error, from `level` on.

    Django's own loggers are never below INFO and HTTP libraries never below WARNING: beneath that they write values of
    queries and whole addresses, and with them Kondado's key and token.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "filters": {"refusals": {"()": RefusalsInOneLine}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["refusals"]}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": ["console"], "level": at_least("INFO", level), "propagate": False},
            "django.server": {"handlers": ["console"], "level": at_least("INFO", level), "propagate": False},
            "httpx": {"level": at_least("WARNING", level)},
            "httpcore": {"level": at_least("WARNING", level)},
        },
    }


def at_least(lowest: str, level: str) -> str:
    """The higher of the two levels, by name."""
    known = logging.getLevelNamesMapping()
    return level if known.get(level, 0) > known[lowest] else lowest
