"""Marks a browser in which somebody signed in, so that strangers who try that person's password are not in its way.

The mark is signed for one address and says nothing else: whoever has it may try as often as anybody, and no more.
Knows no request; the cookie is the adapter's.
"""

from __future__ import annotations

from datetime import timedelta
from secrets import token_urlsafe

from django.core.signing import BadSignature, TimestampSigner

from invitations.typed.addresses import comparable

KEPT = timedelta(days=180)


def new_mark(*, address: str) -> str:
    """What a browser keeps after a sign-in with this address."""
    return _signer(address).sign(token_urlsafe(12))


def known_as(*, mark: str, address: str) -> str:
    """By what a browser with this mark is counted when it tries this address; empty where the mark is not for it."""
    try:
        return _signer(address).unsign(mark, max_age=KEPT) if mark else ""
    except (BadSignature, ValueError):
        return ""


def _signer(address: str) -> TimestampSigner:
    return TimestampSigner(salt=f"known browser of {comparable(address)}")
