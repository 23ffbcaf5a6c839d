"""Pieces that several tables share."""

import secrets

from django.db import models

ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


def new_public_id() -> str:
    """A name for addresses and logs: 16 characters that nobody mistypes. It is no key to anything."""
    return "".join(secrets.choice(ALPHABET) for _ in range(16))


class Created(models.Model):
    """When the row was made."""

    created_at = models.DateTimeField()

    class Meta:
        abstract = True
