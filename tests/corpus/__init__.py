"""What people and machines really send, one line each with its right end. A line more is a test more."""

import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\\nrt])")
SHORT = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}


def written(text: str) -> str:
    """`text` with what is written as `\\uXXXX`, `\\n` or `\\\\` in its place."""
    return ESCAPE.sub(lambda found: SHORT.get(found[1]) or chr(int(found[1][1:], 16)), text)


def lines(name: str) -> Iterator[tuple[str, ...]]:
    """The columns of every line of `name`, a file with tabs between them; comments and empty lines are left out."""
    for line in (HERE / name).read_text().split("\n"):
        if line.strip() and not line.startswith("# "):
            yield tuple(written(column) for column in line.split("\t"))
