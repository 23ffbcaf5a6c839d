"""Typed readers of the environment, over django-environ.

Each reader names the variable in its complaint and never shows a value. Nothing else reads the environment. What is
secret is read by a reader that says so, and hidden from then on wherever the portal writes (portal/masking.py).
"""

import base64
import binascii
import ipaddress
import os
from collections.abc import Callable
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from portal.addresses import readable
from portal.hosts import ascii_host
from portal.masking import in_address, secrets

BASE_DIR = Path(__file__).resolve().parent.parent
TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})
USUAL_PORTS = {"http": 80, "https": 443}
FALSE = frozenset({"0", "false", "no", "off", "n", "f", ""})


class Env(environ.FileAwareEnv):
    """FileAwareEnv (`NAME_FILE` beside `NAME`) that remembers which names were asked for, and which are secret."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.secret_names: set[str] = set()

    def raw(self, name: str, default: str | None = None) -> str:
        """The text of a variable, trimmed. Raises ImproperlyConfigured when it is absent without default.

        A value is taken as it stands: django-environ would read one that starts with `$` as the name of
        another variable, which a random password may do.
        """
        self.names.add(name)
        try:
            value = self.ENVIRON[name]
        except KeyError:
            if default is None:
                raise ImproperlyConfigured(f"{name} is not set. See .env.example.") from None
            return default
        except OSError:
            raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read.") from None
        return str(value).strip()

    def secret(self, name: str, default: str | None = None) -> str:
        """The text of a variable that nobody may read."""
        value = self.raw(name, default)
        self._hide(name, value)
        return value

    def secret_words(self, name: str) -> list[str]:
        """A comma-separated list of texts that nobody may read."""
        words = self.words(name)
        self._hide(name, *words)
        return words

    def secret_url(self, name: str, default: str = "", *, user: bool = False) -> str:
        """As address, whose password nobody may read; with `user`, nor whoever stands before the @."""
        written = self.raw(name, default)
        self._hide(name, *in_address(written, user=user))
        value = self.address(name, default)
        self._hide(name, *in_address(value, user=user))
        return value

    def secrets_file(self, name: str) -> str:
        """The path of a file of credentials, which is watched: what it gets later is hidden as well."""
        path = self.raw(name, "")
        self._hide(name)
        if path:
            secrets.watch(path)
        return path

    def _hide(self, name: str, *texts: str) -> None:
        self.secret_names.add(name)
        secrets.add(*texts)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A yes or no."""
        text = self.raw(name, "1" if default else "0").lower()
        if text in TRUE:
            return True
        if text in FALSE:
            return False
        raise ImproperlyConfigured(f"{name} must be 1 or 0.")

    def whole(self, name: str, default: int, *, least: int = 0) -> int:
        """A whole number, not under `least`."""
        try:
            value = int(self.raw(name, str(default)))
        except ValueError:
            raise ImproperlyConfigured(f"{name} must be a whole number.") from None
        if value < least:
            raise ImproperlyConfigured(f"{name} must be at least {least}.")
        return value

    def number(self, name: str, default: float, *, least: float = 0.0) -> float:
        """A number, not under `least`."""
        try:
            value = float(self.raw(name, str(default)))
        except ValueError:
            raise ImproperlyConfigured(f"{name} must be a number.") from None
        if not least <= value < float("inf"):
            raise ImproperlyConfigured(f"{name} must be at least {least}.")
        return value

    def words(self, name: str, default: str = "") -> list[str]:
        """A comma-separated list without empty entries."""
        return [word.strip() for word in self.raw(name, default).split(",") if word.strip()]

    def keys(self, name: str, *, required: bool = True) -> list[bytes]:
        """32-byte keys in urlsafe base64, at least one where they are required. Nobody may read them."""
        found = self.keys_in(name, self.secret_words(name))
        if required and not found:
            raise ImproperlyConfigured(f"{name} is not set. See .env.example.")
        return found

    def keys_in(self, name: str, words: list[str]) -> list[bytes]:
        """The keys that these words are, hidden from now on; `name` is for the complaint."""
        keys = []
        for number, word in enumerate(words, start=1):
            try:
                key = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
            except (binascii.Error, ValueError):
                key = b""
            if len(key) != 32:
                raise ImproperlyConfigured(f"{name}: entry {number} is not 32 bytes in urlsafe base64.")
            self._hide(name, word.rstrip("="), key.hex(), repr(key)[2:-1])
            keys.append(key)
        return keys

    def address(self, name: str, default: str = "") -> str:
        """The address of a service, with its sign-in percent-encoded and its host in ASCII; empty when it is not set."""
        text = self.raw(name, default)
        try:
            return readable(text) if text else ""
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} cannot be read: {error}.") from None

    def database(self, name: str, default: str) -> dict[str, Any]:
        """What Django wants to know of the database at an address."""
        config = self._config(name, self.db_url_config, self.secret_url(name, default))
        if config["ENGINE"] not in self.DB_SCHEMES.values():
            raise ImproperlyConfigured(f"{name} must begin with postgres:// or sqlite:///.")
        return config

    def mail_server(self, name: str, default: str) -> dict[str, Any]:
        """What Django wants to know of the mail server at an address."""
        return self._config(name, self.email_url_config, self.secret_url(name, default))

    @staticmethod
    def _config(name: str, read: Callable[[str], dict[str, Any]], url: str) -> dict[str, Any]:
        try:
            return read(url)
        except Exception:  # noqa: BLE001  (whatever it is, it may quote a password)
            raise ImproperlyConfigured(f"{name} cannot be read. See .env.example.") from None

    def hosts(self, name: str, default: str = "") -> list[str]:
        """Names of hosts, comma-separated, in ASCII."""
        return [self._host(name, word) for word in self.words(name, default)]

    def sender(self, name: str, default: str) -> str:
        """Whom mails come from, as `Convite <portal@example.com>` or the address alone; its domain in ASCII."""
        shown, address = parseaddr(self.raw(name, default))
        local, at, domain = address.rpartition("@")
        if not at:
            raise ImproperlyConfigured(f"{name} must be an address such as Convite <portal@example.com>.")
        address = f"{local}{at}{self._host(name, domain)}"
        return str(Address(shown, addr_spec=address)) if shown else address

    @staticmethod
    def _host(name: str, text: str) -> str:
        if text.isascii():
            return text
        dot = "." if text.startswith(".") else ""
        try:
            return dot + ascii_host(text.removeprefix("."))
        except ValueError:
            raise ImproperlyConfigured(f"{name}: the name of a host has no ASCII form.") from None

    def origin(self, name: str, default: str) -> str:
        """An origin such as https://portal.example, as browsers write it: scheme, host in ASCII, a port that is not usual.

        Plain http is accepted for a loopback host only.
        """
        text = self.raw(name, default).rstrip("/")
        try:
            parts = urlsplit(text)
            host, port = self._host(name, parts.hostname or ""), parts.port
        except ValueError:
            host, port, parts = "", None, urlsplit("")
        if (
            not host
            or parts.scheme not in USUAL_PORTS
            or parts.username is not None
            or parts.path
            or parts.query
            or parts.fragment
        ):
            raise ImproperlyConfigured(f"{name} must be an origin such as https://portal.example.")
        if parts.scheme == "http" and not is_loopback(host):
            raise ImproperlyConfigured(f"{name} must use https (http only for localhost).")
        shown = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{shown}" + (
            f":{port}" if port not in {None, USUAL_PORTS[parts.scheme]} else ""
        )


def is_loopback(host: str) -> bool:
    """Whether the host can only be this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


env = Env()
env_file = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
if env_file.is_file():
    # What the process environment says wins over the file.
    env.read_env(str(env_file), overwrite=False)
