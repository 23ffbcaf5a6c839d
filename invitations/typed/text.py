"""Reads what people wrote: free text without control characters, the folded form that search compares, and the part
of a name that mail programs would make a link of. Plain Python; knows no table and no request.
"""

import re
import unicodedata

from invitations.typed.invisible import CONTROL, is_blank, with_plain_line_ends

DOTTED = re.compile(r"[\w-]+(?:[.。．｡․][\w-]+)+")
DOT = re.compile(r"[.。．｡․]")
LINKS = re.compile(r"\S*(?:[a-z][a-z0-9+-]*:/|mailto:|\bwww\.|@|＠)\S*", re.IGNORECASE)
INITIALS = 3  # letters at most before the dot of `J.P.Silva` or `Dra.Ana`
# The ends of most hosts that are abused; those of two letters are all taken for one.
ENDS = frozenset(
    [
        "academy",
        "agency",
        "app",
        "art",
        "asia",
        "autos",
        "bank",
        "bar",
        "beauty",
        "best",
        "bet",
        "bid",
        "biz",
        "blog",
        "bond",
        "buzz",
        "cam",
        "capital",
        "care",
        "casa",
        "casino",
        "cash",
        "cat",
        "center",
        "cfd",
        "chat",
        "city",
        "click",
        "clinic",
        "cloud",
        "club",
        "codes",
        "com",
        "company",
        "contact",
        "cool",
        "coop",
        "credit",
        "cyou",
        "date",
        "day",
        "deals",
        "design",
        "dev",
        "digital",
        "direct",
        "download",
        "edu",
        "email",
        "energy",
        "events",
        "expert",
        "express",
        "family",
        "fan",
        "fashion",
        "finance",
        "fit",
        "fun",
        "fund",
        "game",
        "games",
        "gift",
        "global",
        "gold",
        "gov",
        "group",
        "guru",
        "hair",
        "help",
        "homes",
        "host",
        "hosting",
        "house",
        "icu",
        "info",
        "ink",
        "international",
        "jobs",
        "lat",
        "law",
        "legal",
        "life",
        "link",
        "live",
        "loan",
        "loans",
        "lol",
        "love",
        "ltd",
        "market",
        "marketing",
        "media",
        "men",
        "mil",
        "mobi",
        "mom",
        "money",
        "monster",
        "museum",
        "name",
        "net",
        "network",
        "news",
        "ninja",
        "now",
        "one",
        "online",
        "org",
        "page",
        "partners",
        "party",
        "pay",
        "pet",
        "photo",
        "photos",
        "pics",
        "plus",
        "porn",
        "post",
        "press",
        "pro",
        "promo",
        "pub",
        "quest",
        "racing",
        "realty",
        "red",
        "rent",
        "report",
        "rest",
        "review",
        "reviews",
        "rio",
        "rocks",
        "run",
        "sale",
        "sbs",
        "school",
        "science",
        "services",
        "sex",
        "sexy",
        "shop",
        "show",
        "site",
        "skin",
        "social",
        "software",
        "solutions",
        "space",
        "store",
        "stream",
        "studio",
        "style",
        "support",
        "surf",
        "systems",
        "tax",
        "team",
        "tech",
        "tel",
        "tips",
        "today",
        "tools",
        "top",
        "tours",
        "town",
        "trade",
        "trading",
        "training",
        "travel",
        "tube",
        "uno",
        "vip",
        "watch",
        "web",
        "webcam",
        "website",
        "wiki",
        "win",
        "work",
        "works",
        "world",
        "wtf",
        "xxx",
        "xyz",
        "yachts",
        "yoga",
        "zip",
        "zone",
    ]
)


def free_text(text: str) -> str:
    """`text` as written, with plain line ends and without control characters and lone halves of a pair.

    Blanks of every kind and the joiners inside words and emoji stay. Empty where nobody would see anything.
    """
    kept = CONTROL.sub(
        lambda found: found[0] if found[0] in "\n\t" else "", with_plain_line_ends(text)
    ).strip()
    return "" if is_blank(kept) else kept


def link_in(text: str) -> str:
    """The part of `text` that mail programs would make a link of, as `premio.example`; empty when there is none."""
    found = LINKS.search(text)
    if found:
        return found[0]
    return next((match[0] for match in DOTTED.finditer(text) if _is_host(match[0])), "")


def _is_host(word: str) -> bool:
    *before, last = DOT.split(unicodedata.normalize("NFKC", word))
    if len(last) < 2 or last.isdigit():
        return False
    initials = all(len(part) <= INITIALS and part.isalpha() for part in before)
    capital = last.istitle() or last.isupper()
    return not (initials and capital and len(last) > 2 and last.lower() not in ENDS)


def fold(text: str) -> str:
    """Lower case without accents, white space squeezed: the form that search compares."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())
