"""What the stand-in remembers over a restart: a file of lines, each a fact, which several processes may add to.

The demo writes its past there. It holds links of the stand-in alone, which open nothing real.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Fact = dict[str, Any]
MEMORY = "stand-in.jsonl"  # its name in VAR_DIR


class Memory:
    """One file. `news` gives what was added since the last look, by whomever."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0

    def add(self, facts: Iterable[Fact]) -> None:
        """All of them in one write, so that the lines of two processes never mix."""
        text = "".join(json.dumps(fact) + "\n" for fact in facts)
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(file, "ab", buffering=0) as writer:
            writer.write(text.encode())

    def news(self) -> tuple[bool, list[Fact]]:
        """Whether all from before was forgotten, and the facts that are new."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            size = 0
        forgotten = size < self._read
        if forgotten:
            self._read = 0
        if size == self._read:
            return forgotten, []
        with self.path.open("rb") as file:
            file.seek(self._read)
            lines = file.read(size - self._read)
        whole = lines[: lines.rfind(b"\n") + 1]
        self._read += len(whole)
        return forgotten, [json.loads(line) for line in whole.splitlines()]

    def forget(self) -> None:
        """Empties the file, for everybody who reads it."""
        with self.path.open("wb"):
            self._read = 0
