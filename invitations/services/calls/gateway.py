"""Builds Kondado clients from the settings. Only the worker and commands import this: it pulls in httpx."""

import json
from pathlib import Path

from django.conf import settings

from invitations.kondado.client import Kondado
from invitations.kondado.errors import Misconfigured
from invitations.kondado.pictures import Pictures
from invitations.kondado.types import Config, Credential

DEFAULT = "default"


def config() -> Config:
    """Where and how to call, as the settings say."""
    return Config(
        base_url=settings.KONDADO_API_URL,
        link_hosts=settings.KONDADO_LINK_HOSTS,
        deadline_seconds=settings.KONDADO_DEADLINE_SECONDS,
        connect_seconds=min(5.0, settings.KONDADO_DEADLINE_SECONDS),
        client_id_as_number=settings.KONDADO_CLIENT_ID_AS_NUMBER,
        sandbox=settings.KONDADO_SANDBOX,
    )


def credentials() -> dict[str, Credential]:
    """Every credential by name: the settings' own as `default`, then those of KONDADO_CREDENTIALS_FILE.

    The file holds one JSON object: name to {"key", "token"}. Raises Misconfigured when it cannot be read.
    """
    found = {}
    if settings.KONDADO_KEY or settings.KONDADO_TOKEN:
        found[DEFAULT] = Credential(DEFAULT, settings.KONDADO_KEY, settings.KONDADO_TOKEN)
    if settings.KONDADO_CREDENTIALS_FILE:
        try:
            entries = json.loads(Path(settings.KONDADO_CREDENTIALS_FILE).read_text(encoding="utf-8"))
            found |= {name: Credential(name, entry["key"], entry["token"]) for name, entry in entries.items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise Misconfigured("configuration", detail="KONDADO_CREDENTIALS_FILE cannot be read") from None
    return found


def client(credential: str) -> Kondado:
    """A client for one credential. Raises Misconfigured when it is absent or a setting is wrong."""
    entry = credentials().get(credential)
    if entry is None:
        raise Misconfigured("configuration", detail=f"no key and token for the credential {credential}")
    return Kondado(config(), entry)


def pictures() -> Pictures:
    """Fetches public pictures, without any credential."""
    return Pictures(config())
