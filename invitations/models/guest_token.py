"""Keys to a guest page. Only a hash is stored; the key itself stands in the mail or in what was copied."""

from __future__ import annotations

import hashlib
import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import Created


class TokenPurpose(models.TextChoices):
    """How a key left the portal."""

    MAIL = "mail"
    COPIED = "copied"
    FORWARD = "forward"


def new_token() -> str:
    """256 random bits as text for an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class GuestToken(Created):
    """One key to one invitation's guest page."""

    invitation = models.ForeignKey("invitations.Invitation", on_delete=models.CASCADE, related_name="tokens")
    hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=8, choices=TokenPurpose)
    message = models.ForeignKey(
        "invitations.Message", on_delete=models.SET_NULL, null=True, blank=True, related_name="tokens"
    )
    created_by = models.ForeignKey(
        "invitations.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    fetches = models.PositiveIntegerField(default=0)
    fetched_at = models.DateTimeField(null=True, blank=True)
    # The first press of a button by somebody who came with this key. Fetching alone is no person.
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("guest token")
        verbose_name_plural = _("guest tokens")

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"
