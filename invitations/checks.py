"""System checks with ids: what would keep the portal from doing its work, said before it starts."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connection

from invitations.kondado.types import Config
from invitations.mail.imap.place import BadPlace, place_of
from invitations.services.reads import sealed_values


@register()
def kondado_settings(**_kwargs: Any) -> list[CheckMessage]:
    """E001: an address or link host that may not be called; W001: no key and token yet."""
    config = Config(
        base_url=settings.KONDADO_API_URL,
        link_hosts=settings.KONDADO_LINK_HOSTS,
        deadline_seconds=settings.KONDADO_DEADLINE_SECONDS,
        sandbox=settings.KONDADO_SANDBOX,
    )
    found: list[CheckMessage] = [
        Error(f"Kondado's settings: {problem}.", hint="See KONDADO_* in .env.example.", id="invitations.E001")
        for problem in config.problems()
    ]
    if not ((settings.KONDADO_KEY and settings.KONDADO_TOKEN) or settings.KONDADO_CREDENTIALS_FILE):
        hint = "Set KONDADO_KEY and KONDADO_TOKEN; until then invitations wait."
        found.append(checks.Warning("No key and token for Kondado.", hint=hint, id="invitations.W001"))
    return found


@register()
def silent_mailbox(**_kwargs: Any) -> list[CheckMessage]:
    """E003: an address of the silent mailbox that cannot be used."""
    if not settings.SILENT_IMAP_URL:
        return []
    try:
        place_of(settings.SILENT_IMAP_URL, sandbox=settings.KONDADO_SANDBOX)
    except BadPlace as error:
        hint = "imaps://user:password@mail.example:993/INBOX"
        return [Error(f"SILENT_IMAP_URL: {error}.", hint=hint, id="invitations.E003")]
    return []


@register("keys")
def field_keys(**_kwargs: Any) -> list[CheckMessage]:
    """E004: FIELD_KEYS lacks a key that stored values need. Says nothing while the database cannot be asked."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and not Path(str(name)).exists():
        return []  # a check must not be what makes the file
    try:
        missing = sealed_values.missing()
    except DatabaseError:
        return []
    hint = (
        "Put it back, run rotate_field_keys, and remove it once the system page says that it holds nothing. "
        "Lost for good: name it in FIELD_KEYS_LOST; where people in the record need it, run rotate_field_keys --new-names."
    )
    return [
        Error(
            f"FIELD_KEYS lacks the key {key}, which is needed by {', '.join(places)}.",
            hint=hint,
            id="invitations.E004",
        )
        for key, places in missing.items()
    ]


@register(Tags.security, deploy=True)
def sandbox_is_off(**_kwargs: Any) -> list[CheckMessage]:
    """E002: the stand-in for Kondado is no production."""
    if not settings.KONDADO_SANDBOX:
        return []
    return [Error("KONDADO_SANDBOX is on.", hint="Unset it.", id="invitations.E002")]
