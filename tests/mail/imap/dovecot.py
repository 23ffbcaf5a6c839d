"""A private Dovecot with one mailbox, on a free port of this machine, with a certificate made for it alone."""

import contextlib
import imaplib
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.kondado.servers import Authority

USER, PASSWORD = "silent", "canary-imap-5e77"
CONFIGURATION = """
protocols = imap
base_dir = {folder}/run
log_path = {folder}/log
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{certificate}
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
"""


class Dovecot:
    """The running server: `url` for the setting, `trusted` for SSL_CERT_FILE, and a way to put mails in."""

    def __init__(self, port: int, trusted: Path) -> None:
        self.port = port
        self.trusted = trusted
        self.url = f"imaps://{USER}:{PASSWORD}@127.0.0.1:{port}/INBOX"

    @contextlib.contextmanager
    def signed_in(self) -> Iterator[imaplib.IMAP4]:
        context = ssl.create_default_context(cafile=str(self.trusted))
        with imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=context, timeout=10) as connection:
            connection.login(USER, PASSWORD)
            yield connection

    def deliver(self, *mails: bytes) -> None:
        """As a mail server does: there, and unread."""
        with self.signed_in() as connection:
            for mail in mails:
                assert connection.append("INBOX", "", None, mail)[0] == "OK"

    def flags(self) -> list[bytes]:
        """What is marked at each mail, in order."""
        with self.signed_in() as connection:
            connection.select("INBOX", readonly=True)
            return [line for line in connection.fetch("1:*", "(UID FLAGS)")[1] if line]


@contextlib.contextmanager
def dovecot() -> Iterator[Dovecot]:
    """Needs root, like the tests of a fresh machine: Dovecot gives each of its processes a user of its own."""
    folder = Path(tempfile.mkdtemp(prefix="convite-dovecot-"))
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "nobody", "nogroup")
    _context, certificate = Authority(folder).server_context("127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = CONFIGURATION.format(folder=folder, certificate=certificate, password=PASSWORD, port=port)
    (folder / "conf").write_text(text)
    process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", folder / "conf"], stdin=subprocess.DEVNULL)
    try:
        _wait_for(port, folder / "log")
        yield Dovecot(port, certificate)
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _wait_for(port: int, log: Path) -> None:
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text() if log.exists() else "dovecot did not start")
