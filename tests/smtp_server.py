"""A mail server on loopback that refuses, falls silent or hangs up where it is told to."""

import socket
import ssl
import threading
from contextlib import suppress
from typing import Any, Self

OK = {
    "connect": "220 mail.test",
    "ehlo": "250 mail.test",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    "content": "250 taken",
    "quit": "221 bye",
    "rset": "250 ok",
}
DROP, SILENT, SLOW = "drop", "silent", "slow"


class MailServer:
    """`answers` maps a phase to what is said instead, to DROP, to SILENT, or to SLOW: as ever, after `go_on`.

    `mails` are those that it took.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.answers: dict[str, str] = {}
        self.mails: list[bytes] = []
        self.recipients: list[str] = []
        self.phases: list[str] = []
        self.over = threading.Event()
        self.go_on = threading.Event()

    def __enter__(self) -> Self:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            with suppress(OSError), self._secured(plain) as peer, peer.makefile("rb") as lines:
                self._talk(peer, lines)

    def _secured(self, peer: socket.socket) -> socket.socket:
        return self.tls.wrap_socket(peer, server_side=True) if self.tls else peer

    def _talk(self, peer: socket.socket, lines: Any) -> None:
        if not self._say(peer, "connect"):
            return
        for line in lines:
            verb = line.split()[0].decode().lower().partition(":")[0]
            if verb == "rcpt":
                self.recipients.append(line.decode().strip())
            if not self._say(peer, verb):
                return
            if verb == "data" and self.answers.get("data", OK["data"]).startswith("354"):
                content = b"".join(iter(lines.readline, b".\r\n"))
                if not self._say(peer, "content"):
                    return
                if self.answers.get("content", OK["content"]).startswith(("250", SLOW)):
                    self.mails.append(content)
            if verb == "quit":
                return

    def _say(self, peer: socket.socket, phase: str) -> bool:
        self.phases.append(phase)
        answer = self.answers.get(phase, OK[phase])
        if answer == SILENT:
            self.over.wait(5)
        if answer in {DROP, SILENT}:
            return False
        if answer == SLOW:
            self.go_on.wait(20)
            answer = OK[phase]
        peer.sendall(answer.encode() + b"\r\n")
        return True
