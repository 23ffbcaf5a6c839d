"""Turns text from outside into text that may be stored and shown. Must not decide anything about a call."""

import re
import unicodedata
from urllib.parse import quote

from .links import GUEST_PATH
from .types import Credential

LONGEST_CODE = 100
LONGEST_MESSAGE = 500
LONGEST_NAME = 200
SHORTEST_SECRET = 4  # anything shorter would blank out ordinary words

_BREAKS = "\t\n\r\u2028\u2029"
_JOINER = "\u200d"  # emoji are built with it; every other invisible mark goes, the reordering ones above all
_DROPPED = frozenset({"Cc", "Cf", "Cs"})


def plain(text: str, longest: int) -> str:
    """One line without control characters, unpaired surrogates or invisible marks, cut to `longest`."""
    kept = (" " if character in _BREAKS else character for character in text if _stays(character))
    return " ".join("".join(kept).split())[:longest].rstrip()


def redacted(text: str, credential: Credential, longest: int) -> str:
    """`plain` text in which links and every spelling of the credential are blanked out, cut to `longest`."""
    line = without_secrets(plain(text, len(text)), credential)
    return " ".join("[link]" if _is_link(word) else word for word in line.split())[:longest].rstrip()


def without_secrets(text: str, credential: Credential) -> str:
    """`text` with the key and the token blanked out, as they are and percent-encoded, in any case."""
    for secret in (credential.key, credential.token):
        for spelling in {secret, quote(secret, safe="")}:
            if len(spelling) >= SHORTEST_SECRET:
                text = re.sub(re.escape(spelling), "[secret]", text, flags=re.IGNORECASE)
    return text


def _stays(character: str) -> bool:
    if character in _BREAKS or character == _JOINER:
        return True
    return unicodedata.category(character) not in _DROPPED


def _is_link(word: str) -> bool:
    lowered = word.lower()
    return "://" in lowered or "www." in lowered or GUEST_PATH.lstrip("/") in lowered
