"""Logging as JSON lines, with a request id on each and every known kind of secret masked.

Masking happens at the handler, so that it covers every logger, also those of libraries.
"""

import json
import logging
import re
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")

PATTERNS = [
    (re.compile(r"(?i)\b(key|token|password|secret)=[^&\s\"']+"), r"\1=***"),
    (re.compile(r"/g/[^/\s\"'?]+"), "/g/***"),
    (re.compile(r"/collection_guest/[^\s\"'<>]+"), "/collection_guest/***"),
    # 256 bits in urlsafe base64, wherever they stand: a guest's key in a mistyped address.
    (re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])", re.ASCII), "***"),
    (re.compile(r"/password/reset/key/[^\s\"'<>]+"), "/password/reset/key/***"),
    (re.compile(r"\b([A-Za-z0-9])[A-Za-z0-9._%+-]*@([A-Za-z0-9.-]+\.[A-Za-z]{2,})"), r"\1***@\2"),
]
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line. `extra=` fields stand beside the message."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self.secrets = [secret for secret in secrets if len(secret) >= 6]

    def mask(self, text: str) -> str:
        """`text` without secrets. Done before JSON encoding, whose escapes would hide some of them."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        for pattern, replacement in PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def format(self, record: logging.LogRecord) -> str:
        """The line for one record."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.mask(record.getMessage()),
        }
        if current := request_id.get():
            line["request_id"] = current
        for name, value in vars(record).items():
            if name not in STANDARD and name != "request":
                line[name] = value if isinstance(value, int | float | None) else self.mask(str(value))
        if record.exc_info:
            line["traceback"] = self.mask(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True, default=str)


def logging_config(*, level: str, secrets: Iterable[str]) -> dict[str, Any]:
    """The LOGGING setting: everything to standard error, HTTP libraries at WARNING.

    httpx writes whole addresses, and with them Kondado's key and token, at INFO.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines, "secrets": list(secrets)}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
            "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
        },
    }
