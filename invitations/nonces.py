"""Marks of one showing of a form or button, by which a second press of the same one is known. Must not write anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from secrets import token_hex, token_urlsafe

from django.conf import settings
from django.core.signing import Signer
from django.utils.crypto import constant_time_compare

from invitations.models import User

NONCE = re.compile(r"^[A-Za-z0-9_-]{8,64}\Z")
# A form says with its mark for whom it was drawn.
OURS = re.compile(r"(?P<showing>[0-9a-f]{24}-(?P<user>[0-9]{1,10}))-(?P<seal>[A-Za-z0-9_-]{22})")
NOBODY = 0


def new_nonce() -> str:
    """Marks one showing of a button, so that a reload does not press it again."""
    return token_urlsafe(24)


def nonce_of(sent: Mapping[str, str]) -> str:
    """The mark that came with a press; empty for none, or for what is none."""
    nonce = sent.get("nonce", "")
    return nonce if NONCE.match(nonce) else ""


def marked_nonce(user: User) -> str:
    """Marks one showing of the form, and for whom it was drawn: what is typed there is given back to nobody else."""
    showing = f"{token_hex(12)}-{user.pk}"
    return f"{showing}-{_seal(showing, settings.SECRET_KEY)}"


def typist(sent: Mapping[str, str]) -> int | None:
    """The key of whom the form was drawn for; None where no form of the portal's was."""
    nonce = OURS.fullmatch(sent.get("form_nonce", ""))
    if nonce is None:
        return None
    seals = (_seal(nonce["showing"], key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
    known = any(constant_time_compare(nonce["seal"], seal) for seal in seals)
    return int(nonce["user"]) if known else NOBODY


def _seal(showing: str, key: str) -> str:
    return Signer(key=key, salt="form_nonce").signature(showing)[:22]


def may_read(user: User, sent: Mapping[str, str]) -> bool:
    """Whether what was typed may be shown to this person. Every form of the portal's own says whose it is."""
    return typist(sent) in {None, user.pk}
