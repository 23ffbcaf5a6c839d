"""Faults of the connection: resets, silence, answers that are cut, slow, endless or no HTTP at all.

None of these may answer soundly.
"""

import gzip
from dataclasses import replace

from invitations.kondado.sandbox.faults.base import Fault, Scene, replying
from invitations.kondado.sandbox.messages import Reply
from invitations.kondado.sandbox.wire import LONGEST_WAIT, Wire

BIG_BODY = 8 * 1024 * 1024
# Packs to about 32 KiB, so that a cap on the bytes read from the wire does not stop it.
BOMB = 32 * 1024 * 1024
TRICKLE_PAUSE = 0.25
INTERIM_PAUSE = 0.2


def _reset(wire: Wire, _scene: Scene) -> None:
    wire.reset()


def _close(_wire: Wire, _scene: Scene) -> None:
    """Nothing is written: the connection ends as soon as the handler returns."""


def _silence(wire: Wire, _scene: Scene) -> None:
    wire.stays()


def _reset_after_headers(wire: Wire, scene: Scene) -> None:
    wire.send(scene.sound.encode(head_only=True))
    # A reset drops what the client has not read yet: give the head a moment to arrive.
    wire.stays(0.2)
    wire.reset()


def _half_then_close(wire: Wire, scene: Scene) -> None:
    wire.send(scene.sound.encode(head_only=True) + scene.sound.body[: len(scene.sound.body) // 2])


def _half_then_silence(wire: Wire, scene: Scene) -> None:
    _half_then_close(wire, scene)
    wire.stays()


def _chunked(wire: Wire, scene: Scene, end: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = scene.sound.body
    wire.send(head + f"{len(body):x}\r\n".encode() + body + b"\r\n" + end)


def _bad_chunk(wire: Wire, scene: Scene) -> None:
    _chunked(wire, scene, b"not-a-size\r\n\r\n")


def _missing_chunk(wire: Wire, scene: Scene) -> None:
    _chunked(wire, scene, b"")


def _slow_headers(wire: Wire, scene: Scene) -> None:
    wire.trickle(scene.sound.encode(), TRICKLE_PAUSE)


def _slow_body(wire: Wire, scene: Scene) -> None:
    padded = replace(scene.sound, body=scene.sound.body + b" " * int(LONGEST_WAIT / TRICKLE_PAUSE))
    wire.send(padded.encode(head_only=True))
    wire.trickle(padded.body, TRICKLE_PAUSE)


def _big_body(scene: Scene) -> Reply:
    return replace(scene.sound, body=scene.sound.body + b" " * BIG_BODY)


def _encoded(scene: Scene, encoding: str, body: bytes) -> Reply:
    return replace(scene.sound, body=body, headers=(("Content-Encoding", encoding),))


def _gzip_bomb(scene: Scene) -> Reply:
    return _encoded(scene, "gzip", gzip.compress(scene.sound.body + b" " * BOMB))


def _unknown_encoding(scene: Scene) -> Reply:
    return _encoded(scene, "x-kondado", scene.sound.body)


def _interim_only(wire: Wire, _scene: Scene) -> None:
    wire.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n")


def _interim_for_ever(wire: Wire, _scene: Scene) -> None:
    for _ in range(int(LONGEST_WAIT / INTERIM_PAUSE)):
        wire.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        if not wire.stays(INTERIM_PAUSE):
            return


def _garbage(wire: Wire, _scene: Scene) -> None:
    wire.send(b"\x16\x03\x01 this is not HTTP at all\r\n\r\n")


def _http_0_9(wire: Wire, scene: Scene) -> None:
    wire.send(scene.sound.body)


CONNECTION = (
    Fault("reset_on_connect", "Resets the next connection of any kind, a page's too, before reading from it; "
          "asked for by programs only.", created=False, status=None, play=_reset, at_accept=True),
    Fault("reset_before_reading", "Resets the connection without reading the body of the request.",
          created=False, status=None, play=_reset, early=True),
    Fault("reset_after_request", "Reads the whole request and resets; nothing was created.",
          created=False, status=None, play=_reset),
    Fault("reset_after_request_created", "Reads the whole request, creates the invitation, and resets.",
          created=True, status=None, play=_reset),
    Fault("close_after_request", "Reads the whole request and closes without a word; nothing was created.",
          created=False, status=None, play=_close),
    Fault("close_after_request_created", "Creates the invitation and closes without a word.",
          created=True, status=None, play=_close),
    Fault("no_answer", "Reads the request and says nothing for a minute; nothing was created.",
          created=False, status=None, play=_silence),
    Fault("no_answer_created", "Creates the invitation and says nothing for a minute.",
          created=True, status=None, play=_silence),
    Fault("garbage_status_line", "Answers with a first line that is not HTTP.",
          created=True, status=None, play=_garbage),
    Fault("http_0_9", "Answers with the bare body, as HTTP/0.9 did: no status line, no headers.",
          created=True, status=None, play=_http_0_9),
    Fault("interim_only", "Sends two 1xx answers and closes; the final answer never comes.",
          created=True, status=100, play=_interim_only),
    Fault("interim_for_ever", "Sends a 1xx answer five times a second for a minute.",
          created=True, status=102, play=_interim_for_ever),
)  # fmt: skip

BROKEN_BODY = (
    Fault("reset_after_headers", "Sends the headers, then resets.",
          created=True, status=200, play=_reset_after_headers),
    Fault("partial_answer", "Sends half of the promised body, then nothing for a minute.",
          created=True, status=200, play=_half_then_silence),
    Fault("truncated_body", "Sends half of the promised body, then closes.",
          created=True, status=200, play=_half_then_close),
    Fault("bad_chunk", "Sends the answer in chunks; the second one has no sound size.",
          created=True, status=200, play=_bad_chunk),
    Fault("missing_chunk", "Sends the answer in chunks and closes before the last, empty one.",
          created=True, status=200, play=_missing_chunk),
    Fault("slow_headers", "Sends the answer one byte each quarter of a second, headers first.",
          created=True, status=200, play=_slow_headers),
    Fault("slow_body", "Sends the headers at once and the body one byte each quarter of a second.",
          created=True, status=200, play=_slow_body),
    replying("big_body", "Sends the sound answer with 8 MiB of spaces behind it.", _big_body, created=True),
    replying("gzip_bomb", "Sends 32 KiB of gzip, asked for or not, that unpack to 32 MiB.",
             _gzip_bomb, created=True),
    replying("unknown_encoding", "Says that the body has a Content-Encoding nobody knows.",
             _unknown_encoding, created=True),
)  # fmt: skip
