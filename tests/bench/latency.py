"""A relay between the portal and the stand-in that delays what passes: the way there, and the way back."""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Delays = Callable[[int, random.Random], tuple[float, float]]  # of the nth call: seconds there, seconds back


def near(_number: int, _rng: random.Random) -> tuple[float, float]:
    """A server in the same city."""
    return 0.01, 0.01


def far(_number: int, _rng: random.Random) -> tuple[float, float]:
    """A server on another continent."""
    return 0.15, 0.15


def uneven(_number: int, rng: random.Random) -> tuple[float, float]:
    """Up to 0.8 s each way, so that a slow call and a fast one after it come close together."""
    return rng.uniform(0, 0.8), rng.uniform(0, 0.8)


def stalling(number: int, _rng: random.Random) -> tuple[float, float]:
    """Every seventh call stands still for 3 s, on the way there and on the way back in turn."""
    if number % 7:
        return 0.1, 0.1
    return (3.0, 0.1) if number % 14 else (0.1, 3.0)


MODELS: dict[str, Delays] = {"near": near, "far": far, "uneven": uneven, "stalling": stalling}


@contextmanager
def relay(port: int, model: str) -> Iterator[int]:
    """Passes each connection on to `port` of this machine, delayed; yields the port to call instead."""
    rng = random.Random(1)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        number = 0
        with suppress(OSError):
            while True:
                client, _address = listener.accept()
                number += 1
                _connect(client, port, *MODELS[model](number, rng))

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _connect(client: socket.socket, port: int, there: float, back: float) -> None:
    server = socket.create_connection(("127.0.0.1", port))
    for source, target, delay in ((client, server, there), (server, client, back)):
        threading.Thread(target=_pass_on, args=(source, target, delay), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket, delay: float) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            time.sleep(delay)
            delay = 0.0  # the rest follows the first bytes
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
