"""One accepted connection, with what a fault needs: raw bytes, a real reset, waiting until the client hangs up.

It must not know what the bytes mean.
"""

import socket
import struct
import time

LONGEST_WAIT = 60.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Wire:
    """Writes to one connection; every method may raise OSError once the client is gone."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, data: bytes) -> None:
        """Write all of `data`."""
        self._connection.sendall(data)

    def reset(self) -> None:
        """Make the close that follows a TCP reset, so that the client gets an error and not an end."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)

    def stays(self, seconds: float = LONGEST_WAIT) -> bool:
        """Wait that long, at most a minute; False at once when the client hangs up or the server stops."""
        end = time.monotonic() + min(seconds, LONGEST_WAIT)
        while (left := end - time.monotonic()) > 0:
            self._connection.settimeout(left)
            try:
                if not self._connection.recv(4096):
                    return False
            except TimeoutError:
                break
        self._connection.settimeout(LONGEST_WAIT)
        return True

    def trickle(self, data: bytes, pause: float) -> None:
        """Write one byte at a time with a pause in seconds after each, for a minute at most."""
        end = time.monotonic() + LONGEST_WAIT
        for byte in data:
            self.send(bytes([byte]))
            if time.monotonic() > end or not self.stays(pause):
                return
