"""A sealed file opens whole or not at all, and only by its key."""

import io
import os

import pytest

from invitations.errors import BackupError
from invitations.services.backups import sealed_file
from invitations.services.backups.sealed_file import HEAD_BYTES, PIECE, TAG_BYTES

KEY, OTHER = b"k" * 32, b"o" * 32
SEALED = PIECE + TAG_BYTES


def sealed(data: bytes, key: bytes = KEY) -> bytes:
    file = io.BytesIO()
    writer = sealed_file.Writer(file, key)
    for start in range(0, len(data), 700_001):
        writer.write(data[start : start + 700_001])
    writer.close()
    return file.getvalue()


def opened(text: bytes, *keys: bytes) -> bytes:
    return b"".join(sealed_file.read(io.BytesIO(text), keys or (KEY,)))


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 5])
def test_what_was_written_is_read(length):
    data = os.urandom(length)
    text = sealed(data)
    assert opened(text) == data
    assert opened(text, OTHER, KEY) == data
    assert length < 99 or data[:32] not in text
    # Never more in hand than a piece.
    assert max(len(piece) for piece in sealed_file.read(io.BytesIO(text), [KEY])) <= PIECE


def test_the_same_data_is_never_sealed_alike():
    assert sealed(b"same") != sealed(b"same")


def test_another_key_is_told_from_damage():
    with pytest.raises(BackupError, match="another key"):
        opened(sealed(b"x"), OTHER)


@pytest.mark.parametrize("text", [b"", b"convite", b"x" * 4096, b"SQLite format 3\0" * 99])
def test_another_file_is_none_of_ours(text):
    with pytest.raises(BackupError, match="not a backup"):
        opened(text)


@pytest.fixture(scope="module")
def long() -> bytes:
    return sealed(os.urandom(3 * PIECE + 99))


@pytest.mark.parametrize(
    "length", [HEAD_BYTES, HEAD_BYTES + 5, HEAD_BYTES + SEALED, HEAD_BYTES + 3 * SEALED, -1]
)
def test_a_file_that_was_cut_does_not_open(long, length):
    with pytest.raises(BackupError, match="damaged"):
        opened(long[:length])


@pytest.mark.parametrize("place", [HEAD_BYTES, HEAD_BYTES + SEALED - 1, HEAD_BYTES + SEALED + 7, -1])
def test_a_file_that_was_changed_does_not_open(long, place):
    text = bytearray(long)
    text[place] ^= 1
    with pytest.raises(BackupError, match="damaged"):
        opened(bytes(text))


def test_a_salt_that_was_changed_does_not_open(long):
    text = bytearray(long)
    text[HEAD_BYTES - 1] ^= 1
    with pytest.raises(BackupError, match="damaged"):
        opened(bytes(text))


def test_pieces_in_another_order_left_out_added_or_of_another_file_do_not_open(long):
    head, body = long[:HEAD_BYTES], long[HEAD_BYTES:]
    one, two, rest = body[:SEALED], body[SEALED : 2 * SEALED], body[2 * SEALED :]
    foreign = sealed(os.urandom(3 * PIECE + 99))[HEAD_BYTES:][:SEALED]
    for wrong in (two + one + rest, one + rest, one + one + two + rest, foreign + two + rest, body + one):
        with pytest.raises(BackupError, match="damaged"):
            opened(head + wrong)
