"""Names people in the record without saying who they are: a keyed hash of the address, with a key of its own.

The key is made once and kept in the database, sealed with FIELD_KEYS, so that changing those changes no name.
Where an earlier key named somebody, a row of FormerPseudonym leads there. Knows nothing of what is recorded.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import suppress

from django.db import transaction

from invitations.models import AuditDetail, AuditHead, FormerPseudonym, PseudonymKey
from invitations.typed.addresses import comparable

BATCH = 1000


def key() -> bytes:
    """The key in use. Raises sealed.Unreadable when FIELD_KEYS lacks what it was sealed with."""
    return PseudonymKey.objects.latest("number").open()


def under(secret: bytes, email: str) -> str:
    """How the record names an address."""
    return hmac.new(secret, b"person\0" + comparable(email).encode(), hashlib.sha256).hexdigest()


def person(email: str) -> str:
    """How the record names an address today. Raises sealed.Unreadable."""
    return under(key(), email)


def all_of(email: str) -> list[str]:
    """Every name that the record has had for an address, today's first. Raises sealed.Unreadable."""
    today = person(email)
    former = FormerPseudonym.objects.filter(person=today).order_by("former")
    return [today, *former.values_list("former", flat=True)]


def forget(names: list[str]) -> None:
    """Drops what led from one name of a person to the others."""
    FormerPseudonym.objects.filter(former__in=names).delete()


@transaction.atomic
def ensure_key() -> None:
    """Makes the key unless it is there."""
    AuditHead.objects.select_for_update().get(id=1)
    if not PseudonymKey.objects.exists():
        renew()


@transaction.atomic
def renew() -> int:
    """A new key. Details keep their names, and stay within reach; how many people were named otherwise before.

    Looks at every detail once while nobody else can record anything. Asks for no earlier key: each detail tells the
    address that it is of.
    """
    AuditHead.objects.select_for_update().get(id=1)
    last = PseudonymKey.objects.order_by("-number").values_list("number", flat=True).first() or 0
    made = PseudonymKey(number=last + 1)
    secret = secrets.token_bytes(32)
    made.seal(secret)
    made.save(force_insert=True)
    FormerPseudonym.objects.all().delete()
    PseudonymKey.objects.filter(number__lt=made.number).delete()
    rows = list(_rows(secret))
    FormerPseudonym.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)


class Reach:
    """Which details erasing finds, for a check of the whole record. Raises sealed.Unreadable."""

    def __init__(self) -> None:
        self.key = key()
        self.former = dict(FormerPseudonym.objects.values_list("former", "person"))

    def finds(self, detail: AuditDetail) -> bool:
        """Whether erasing the person deletes this detail."""
        try:
            today = under(self.key, str(detail.detail.get("email", "")))
        except ValueError:
            return False
        return today in (detail.person, self.former.get(detail.person))


def _rows(secret: bytes) -> Iterator[FormerPseudonym]:
    """Each name in the record's details, once, with the one that its address has under the new key."""
    seen = set()
    details = AuditDetail.objects.values_list("person", "detail")
    for name, detail in details.iterator(chunk_size=BATCH):
        if name in seen:
            continue
        seen.add(name)
        with suppress(ValueError):  # no address: the check of the record tells of it
            yield FormerPseudonym(former=name, person=under(secret, detail["email"]))
