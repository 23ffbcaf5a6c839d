"""Every secret that the portal knows, in one place, and how text is freed of them.

`portal.env` registers what it reads as a secret. Whatever writes text for people asks `mask`: the log, tracebacks on
standard error, and Django's page of an error. Plain Python: works before there are settings.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, quote_plus, unquote

SHORTEST = 6  # characters: hiding a shorter text would make nonsense of every line
HIDDEN = "***"
PATTERNS = [
    (re.compile(r"(?i)\b(key|token|password|secret)=[^&\s\"']+"), r"\1=***"),
    (re.compile(r"/g/[^/\s\"'?]+"), "/g/***"),
    (re.compile(r"/collection_guest/[^\s\"'<>]+"), "/collection_guest/***"),
    # 256 bits in urlsafe base64, wherever they stand: a guest's key in a mistyped address.
    (re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])", re.ASCII), HIDDEN),
    (re.compile(r"/password/reset/key/[^\s\"'<>]+"), "/password/reset/key/***"),
    (re.compile(r"\b([A-Za-z0-9])[A-Za-z0-9._%+-]*@([A-Za-z0-9.-]+\.[A-Za-z]{2,})"), r"\1***@\2"),
]
# To the last @: a password that should have been written with %XX must not show for that.
PASSWORD = re.compile(r"[a-z0-9+.-]+://[^/:@]*:(.+)@", re.IGNORECASE | re.DOTALL)
USER = re.compile(r"[a-z0-9+.-]+://([^/:@]+)@", re.IGNORECASE)
IN_QUERY = re.compile(r"[?&](?:[a-z_-]*(?:key|token|secret|password))=([^&#]+)", re.IGNORECASE)
# In a file of credentials, also while it is half written.
CREDENTIAL = re.compile(r'"(?:key|token)"\s*:\s*("(?:[^"\\]|\\.)*")')


class Secrets:
    """Texts that nobody may read, in every form in which they turn up."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()
        self._files: dict[str, tuple[int, ...]] = {}

    def add(self, *secrets: str) -> None:
        """From now on these are hidden. Those shorter than SHORTEST are not."""
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        if not forms <= set(self._forms):
            # The longest first: one may be the beginning of another.
            self._forms = tuple(sorted({*self._forms, *forms}, key=lambda form: (-len(form), form)))

    def watch(self, path: str) -> None:
        """Hides the credentials of a file, also those that it gets later; what it held before stays hidden."""
        self._files.setdefault(path, ())

    def mask(self, text: str) -> str:
        """`text` without secrets. Before any encoding, whose escapes would hide some of them from here."""
        self._look()
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        for pattern, replacement in PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def _look(self) -> None:
        for path, known in list(self._files.items()):
            with suppress(OSError, ValueError):
                found = os.stat(path)
                stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
                if stamp != known:
                    texts = CREDENTIAL.findall(Path(path).read_text(encoding="utf-8", errors="replace"))
                    self.add(*(json.loads(text, strict=False) for text in texts))
                    self._files[path] = stamp


def _forms(secret: str) -> set[str]:
    """As it is, and as an address, a page, JSON or Python writes it."""
    written = {secret, quote(secret, safe=""), quote_plus(secret), html.escape(secret)}
    return written | {json.dumps(secret)[1:-1], repr(secret)[1:-1]}


def in_address(address: str, *, user: bool = False) -> list[str]:
    """What is secret in an address: its password, values in its query, and with `user` whoever stands before the @."""
    found = [match[1] for match in (PASSWORD.match(address), user and USER.match(address)) if match]
    found += IN_QUERY.findall(address)
    return [text for each in found for text in {each, unquote(each)}]


secrets = Secrets()


def hide_in_tracebacks() -> None:
    """An error that nobody caught is written to standard error without secrets."""

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(secrets.mask(text))

    def show_of_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            show(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = show
    threading.excepthook = show_of_thread
