"""Text encrypted for one place in the database: AES-256-GCM, bound to table, field and row.

The first of FIELD_KEYS encrypts, any of them decrypts. The bytes are a key's name, a nonce and the ciphertext.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db.models import BinaryField, Func

NAME_BYTES = 4
NONCE_BYTES = 12
# Every table and field that anything is sealed for. services/reads/sealed_values.py must know each.
PLACES = frozenset(
    {
        ("invitations_attempt", "kondado_link"),
        ("invitations_attempt", "quarantined_link"),
        ("invitations_message", "content"),
        ("invitations_pseudonymkey", "secret"),
        ("mfa_authenticator", "data"),
        ("spool", "answer"),
    }
)


class Unreadable(Exception):  # noqa: N818  (says what the value is)
    """The bytes were not written for this place, or no key given can read them."""


class KeyName(Func):
    """The name of the key that sealed a column's value; for an index, so with its numbers in the statement itself."""

    function = "SUBSTR"
    template = f"%(function)s(%(expressions)s, 1, {NAME_BYTES})"

    def __init__(self, column: Any) -> None:
        super().__init__(column, output_field=BinaryField())


def key_name(key: bytes) -> bytes:
    """A short public name, so that a reader knows which key wrote a value."""
    return hashlib.sha256(b"convite field key\0" + key).digest()[:NAME_BYTES]


def key_names() -> list[bytes]:
    """The names of FIELD_KEYS; the first is that of the key that seals."""
    return [key_name(key) for key in settings.FIELD_KEYS]


def sealed_with(data: bytes | memoryview) -> bytes:
    """The name of the key that a value was sealed with."""
    return bytes(data[:NAME_BYTES])


def _place(table: str, field: str, row: int) -> bytes:
    return f"{table}\0{field}\0{row}".encode()


def seal(text: str, *, table: str, field: str, row: int) -> bytes:
    """`text` encrypted for one field of one row, which must already have its key. Raises ValueError for other places."""
    if (table, field) not in PLACES:
        raise ValueError(f"{table}.{field} is not among the places that rotating the keys looks after")
    if row is None:
        raise ValueError("the row must be saved before anything is sealed for it")
    key = settings.FIELD_KEYS[0]
    nonce = os.urandom(NONCE_BYTES)
    return (
        key_name(key)
        + nonce
        + AESGCM(key).encrypt(nonce, text.encode("utf-8", "surrogatepass"), _place(table, field, row))
    )


def unseal(data: bytes | memoryview, *, table: str, field: str, row: int) -> str:
    """The text that `seal` was given. Raises Unreadable for other bytes, another place or a lost key."""
    data = bytes(data)
    name, nonce, ciphertext = (
        data[:NAME_BYTES],
        data[NAME_BYTES : NAME_BYTES + NONCE_BYTES],
        data[NAME_BYTES + NONCE_BYTES :],
    )
    for key in settings.FIELD_KEYS:
        if key_name(key) == name:
            try:
                return (
                    AESGCM(key)
                    .decrypt(nonce, ciphertext, _place(table, field, row))
                    .decode("utf-8", "surrogatepass")
                )
            except (InvalidTag, ValueError):
                break
    raise Unreadable("a stored secret cannot be read here")
