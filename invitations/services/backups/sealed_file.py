"""A file that only a key opens, and that is whole or nothing: AES-256-GCM in pieces, in bounded memory. Knows no table.

A head with the key's name and a salt; then pieces of one size, each bound to the head, to its number, and to whether
it is the last. So a piece that was changed, moved, left out or taken from another file does not open, nor does a file
that was cut. Each file has a key of its own, derived from the one given and the salt: no number is used twice with it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from invitations.errors import BackupError

MAGIC = b"convite backup 1\n"
NAME_BYTES, SALT_BYTES, TAG_BYTES = 8, 16, 16
HEAD_BYTES = len(MAGIC) + NAME_BYTES + SALT_BYTES
PIECE = 1 << 20  # bytes before encryption


class Writer:
    """Encrypts what is written to it. `close` ends it; without that the file does not open."""

    def __init__(self, file: IO[bytes], key: bytes) -> None:
        self._file, self._rest, self._number = file, bytearray(), 0
        self._head = MAGIC + _name(key) + os.urandom(SALT_BYTES)
        self._cipher = _cipher(key, self._head)
        file.write(self._head)

    def write(self, data: bytes) -> None:
        """Takes any number of bytes."""
        self._rest += data
        while len(self._rest) > PIECE:  # the last piece is known only at the end
            self._put(bytes(self._rest[:PIECE]), is_last=False)
            del self._rest[:PIECE]

    def close(self) -> None:
        """Writes the last piece. Leaves the file open."""
        self._put(bytes(self._rest), is_last=True)

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        nonce = _nonce(self._number, is_last=is_last)
        self._file.write(self._cipher.encrypt(nonce, piece, self._head))
        self._number += 1


def read(file: IO[bytes], keys: Sequence[bytes]) -> Iterator[bytes]:
    """The pieces in order, each sound. Only the end says that all are there. Raises BackupError."""
    head = file.read(HEAD_BYTES)
    if len(head) != HEAD_BYTES or not head.startswith(MAGIC):
        raise BackupError("This is not a backup of the portal.")
    name = head[len(MAGIC) :][:NAME_BYTES]
    key = next((key for key in keys if _name(key) == name), None)
    if key is None:
        raise BackupError("This backup was made with another key.")
    cipher, number = _cipher(key, head), 0
    piece = file.read(PIECE + TAG_BYTES)
    while piece:
        following = file.read(PIECE + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), piece, head)
        except InvalidTag:
            raise BackupError("The backup is damaged: it was cut or changed.") from None
        piece, number = following, number + 1
    if not number:
        raise BackupError("The backup is damaged: it was cut or changed.")


def _name(key: bytes) -> bytes:
    """A short public name, so that a wrong key is told from a damaged file."""
    return hashlib.sha256(b"convite backup key\0" + key).digest()[:NAME_BYTES]


def _cipher(key: bytes, head: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=head[-SALT_BYTES:], info=MAGIC).derive(key))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
