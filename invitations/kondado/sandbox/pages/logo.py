"""Draws a logo for a connector that the stand-in lists: a coloured tile with a simple mark, as PNG.

Invented, so that no demo shows somebody's trade mark.
"""

import colorsys
import struct
import zlib
from collections.abc import Callable

from invitations.kondado.sandbox.messages import Reply

SIDE = 96
CLEAR = b"\0\0\0\0"
MIDDLE = (SIDE - 1) / 2


def logo(name: str) -> Reply:
    """The same picture for the same name, each time."""
    return Reply(200, draw(zlib.crc32(name.encode())), "image/png")


def draw(seed: int) -> bytes:
    """A square with round corners, and one of four marks in white on it."""
    red, green, blue = colorsys.hls_to_rgb(seed % 360 / 360, 0.42, 0.62)
    paint = bytes((round(red * 255), round(green * 255), round(blue * 255), 255))
    mark = MARKS[seed // 360 % len(MARKS)]
    rows = []
    for y in range(SIDE):
        dots = [
            CLEAR if _outside(x, y) else b"\xff\xff\xff\xff" if mark(x - MIDDLE, y - MIDDLE) else paint
            for x in range(SIDE)
        ]
        rows.append(b"\0" + b"".join(dots))
    return _png(b"".join(rows))


def _outside(x: int, y: int, corner: float = 20) -> bool:
    across = max(abs(x - MIDDLE) - (MIDDLE - corner), 0)
    along = max(abs(y - MIDDLE) - (MIDDLE - corner), 0)
    return across**2 + along**2 > corner**2


MARKS: tuple[Callable[[float, float], bool], ...] = (
    lambda x, y: 18 < (x * x + y * y) ** 0.5 < 30,
    lambda x, y: abs(x) + abs(y) < 30,
    lambda x, y: abs(x) < 30 and (abs(y) < 6 or 14 < abs(y) < 26),
    lambda x, y: x * x + y * y < 900 and x < y,
)


def _png(rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
