"""Pictures for tests: sound ones, and bytes that only claim to be one."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image


def encoded(
    kind: str = "PNG", size: tuple[int, int] = (96, 96), colour: Any = (30, 90, 200), comment: str = ""
) -> bytes:
    """A picture of one colour, with a comment in its metadata."""
    exif = Image.Exif()
    if comment:
        exif[0x010E] = comment
    out = BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(out, kind, exif=exif)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of 400 million pixels in a few hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(500)))
        + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
CASES = {
    "empty": b"",
    "svg": SVG,
    "html": b"<!DOCTYPE html><script>alert(1)</script>",
    "gif": encoded("GIF"),
    "bmp": encoded("BMP"),
    "cut short": encoded(size=(300, 300))[:200],
    "only a header": encoded()[:40],
    "bomb": bomb(),
    "noise": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
}
