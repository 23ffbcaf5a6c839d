"""The one list of characters that nobody sees, and what each kind of text does with them. Plain Python.

Three kinds: what controls a machine or turns the writing about, which no text may hold; what only joins letters or
builds an emoji, which belongs inside words; and everything else that shows nothing.
"""

import re
import unicodedata

# Control characters, lone halves of a pair, separators of lines, and what turns the direction of writing about.
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u206a-\u206f\ufff9-\ufffb\ud800-\udfff"
# Joiners, variation selectors and tags: Persian words, combined emoji and flags are built with them.
_JOINING = r"\u034f\u180b-\u180f\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"
# Fillers, marks of direction, soft hyphens, blanks of no width, and signs that are drawn as nothing.
_BLANK = (
    r"\u00ad\u061c\u115f\u1160\u17b4\u17b5\u200b\u200e\u200f\u2060-\u2065\u2800\u3164\ufeff\uffa0"
    r"\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
)
CONTROL = re.compile(f"[{_CONTROL}]")
CONTROL_OR_BLANK = re.compile(f"[{_CONTROL}{_BLANK}]")
INVISIBLE = re.compile(f"[{_CONTROL}{_BLANK}{_JOINING}]")
EDGES = re.compile(rf"\A[\s{_CONTROL}{_BLANK}{_JOINING}]+|[\s{_CONTROL}{_BLANK}]+\Z")
LINE_END = re.compile(r"\r\n|[\r\x85\u2028\u2029]")


def is_blank(text: str) -> bool:
    """Whether nobody would see anything of `text`."""
    return not INVISIBLE.sub("", text).strip()


def trimmed(text: str) -> str:
    """`text` without what nobody sees at its edges; empty when that is all of it."""
    return "" if is_blank(text) else EDGES.sub("", text)


def with_plain_line_ends(text: str) -> str:
    """`text` with one character for each end of a line, however the browser sent it."""
    return LINE_END.sub("\n", text)


def out_of_place(text: str) -> str:
    """The first character that does not belong into one line of text; empty when there is none.

    Joiners pass: they are letters' business in some languages.
    """
    found = CONTROL_OR_BLANK.search(text)
    return found[0] if found else ""


def shown(character: str) -> str:
    """How a sentence names a character: itself in quotation marks, or by number and name where nobody would see it."""
    if INVISIBLE.match(character) or character.isspace():
        name = unicodedata.name(character, "")
        return f"U+{ord(character):04X}" + (f" ({name})" if name else "")
    return f"“{character}”"
