"""Makes a small, harmless picture of one that came from outside. Pure: knows no table, no request, no network."""

import warnings
from io import BytesIO

from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 4_000_000
SIDE = 64  # pixels; shown at 32, so sharp on fine screens
WANTED_BYTES = 4 * 1024
QUALITIES = (90, 75, 60, 45)


class NotAPictureError(Exception):
    """The bytes are no PNG, JPEG or WebP of a bearable size."""


def thumbnail(data: bytes) -> bytes:
    """A WebP of at most 64 by 64 pixels, transparent where the picture is: the first frame, drawn anew.

    Nothing of the given bytes survives but pixels. Raises NotAPictureError.
    """
    small = _shrunk(data)
    best = b""
    for quality in QUALITIES:
        out = BytesIO()
        small.save(out, "WEBP", quality=quality, method=6)
        best = out.getvalue()
        if len(best) <= WANTED_BYTES:
            break
    return best


def _shrunk(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(BytesIO(data), formats=FORMATS) as picture:
                # Known from the header alone; nothing is unpacked before.
                _refuse_huge(picture)
                picture.draft("RGB", (SIDE * 2, SIDE * 2))
                whole = picture.convert("RGBA")
        whole.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    except Exception:  # noqa: BLE001  (a decoder fed with hostile bytes may raise anything)
        raise NotAPictureError from None
    small = Image.new("RGBA", whole.size)
    small.paste(whole)
    return small


def _refuse_huge(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise NotAPictureError
