"""Logging as JSON lines, with a request id on each and every known secret masked.

Masking happens at the handler, so that it covers every logger, also those of libraries.
"""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from portal.masking import secrets

request_id: ContextVar[str] = ContextVar("request_id", default="")

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


def logging_config(*, level: str) -> dict[str, Any]:
    """The LOGGING setting: everything to standard error, HTTP libraries at WARNING.

    httpx writes whole addresses, and with them Kondado's key and token, at INFO.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
            "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
        },
    }
