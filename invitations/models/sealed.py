"""Text encrypted for one place in the database: AES-256-GCM, bound to table, field and row.

The first of FIELD_KEYS encrypts, any of them decrypts. The bytes are a key's name, a nonce and the ciphertext.
"""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NAME_BYTES = 4
NONCE_BYTES = 12


class Unreadable(Exception):  # noqa: N818  (says what the value is)
    """The bytes were not written for this place, or no key given can read them."""


def key_name(key: bytes) -> bytes:
    """A short public name, so that a reader knows which key wrote a value."""
    return hashlib.sha256(b"convite field key\0" + key).digest()[:NAME_BYTES]


def _place(table: str, field: str, row: int) -> bytes:
    return f"{table}\0{field}\0{row}".encode()


def seal(text: str, *, table: str, field: str, row: int) -> bytes:
    """`text` encrypted for one field of one row, which must already have its key."""
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
