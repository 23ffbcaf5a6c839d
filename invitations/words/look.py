"""The portal's own look: its accent, and its logo as a `data:` address. Both are settings, looked at when a process starts.

The logo is drawn anew small, as every picture from outside is: nothing of the file reaches a browser but pixels.
"""

from base64 import b64encode
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from invitations.models import ACCENTS
from invitations.typed.pictures import NotAPictureError, thumbnail

MOST_BYTES = 1_048_576  # of the file


def check() -> None:
    """Reads both. Raises ImproperlyConfigured, which names the setting, for a value that cannot be used."""
    if settings.PORTAL_ACCENT not in ACCENTS:
        raise ImproperlyConfigured(f"PORTAL_ACCENT must be one of: {', '.join(ACCENTS)}.")
    logo_bytes()


def logo_bytes() -> bytes:
    """The logo as a small WebP; empty where none is set. Raises ImproperlyConfigured."""
    return _drawn(settings.PORTAL_LOGO) if settings.PORTAL_LOGO else b""


def logo() -> str:
    """The logo as an address for an image; empty where none is set."""
    data = logo_bytes()
    return f"data:image/webp;base64,{b64encode(data).decode()}" if data else ""


@lru_cache(maxsize=4)
def _drawn(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        return thumbnail(data if len(data) <= MOST_BYTES else b"")
    except OSError as error:
        raise ImproperlyConfigured(
            f"PORTAL_LOGO names a file that cannot be read: {error.strerror}."
        ) from None
    except NotAPictureError:
        raise ImproperlyConfigured("PORTAL_LOGO must be a PNG, JPEG or WebP file of at most 1 MiB.") from None
