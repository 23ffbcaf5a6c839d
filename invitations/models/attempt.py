"""One approval to send: what goes out, frozen at its first claim, and what came of it."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from . import sealed


class Approval(models.TextChoices):
    """What a person did that allows one more invitation at Kondado."""

    CREATED = "created"
    RELEASED = "released"
    EDITED = "edited"
    NEW_LINK = "new_link"
    SETTLED_ABSENT = "settled_absent"


class Outcome(models.TextChoices):
    """How an attempt ended. Empty while it has not."""

    READY = "ready"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class SettledHow(models.TextChoices):
    """What ended an unknown outcome."""

    PERSON = "person"
    MAILBOX = "mailbox"


class Alarm(StrEnum):
    """What a single answer of Kondado may show that somebody has to look at: some faults, and one late discovery."""

    REDIRECT = "redirect"
    LINK_WITHHELD = "link_withheld"
    LINK_REPEATED = "link_repeated"
    MADE_TWICE = "made_twice"


class AttemptQuerySet(models.QuerySet["Attempt"]):
    """Named reads of attempts."""

    def refused(self) -> AttemptQuerySet:
        """Those that Kondado refused in words of its own."""
        return self.filter(outcome=Outcome.REJECTED)


class Attempt(models.Model):
    """At most one invitation at Kondado comes of it. Kondado's link is stored sealed, never as text."""

    access_link = models.ForeignKey(
        "invitations.AccessLink", on_delete=models.CASCADE, related_name="attempts"
    )
    number = models.PositiveSmallIntegerField(default=1)
    approval = models.CharField(max_length=16, choices=Approval, default=Approval.CREATED)
    approved_by = models.ForeignKey("invitations.User", on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()

    # What is sent; empty until the first claim freezes it.
    frozen_at = models.DateTimeField(null=True, blank=True)
    credential = models.CharField(max_length=40, blank=True)
    client_id = models.CharField(max_length=12, blank=True)
    kondado_id = models.PositiveBigIntegerField(null=True, blank=True)
    direction = models.CharField(max_length=4, blank=True)
    assigned_collection_name = models.CharField(max_length=100, blank=True)
    recipient = models.CharField(max_length=254, blank=True)
    silent_reference = models.CharField(max_length=32, null=True, blank=True, unique=True)

    tries = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    first_failed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    fault = models.CharField(max_length=40, blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    error_text = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    kondado_link = models.BinaryField(null=True, blank=True)
    link_sha256 = models.CharField(max_length=64, null=True, blank=True, unique=True)
    quarantined_link = models.BinaryField(null=True, blank=True)
    settled_how = models.CharField(max_length=8, choices=SettledHow, blank=True)
    settled_by = models.ForeignKey(
        "invitations.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_note = models.CharField(max_length=300, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [
            models.Index(fields=["-finished_at", "-id"], name="attempt_finished"),
            models.Index(
                sealed.KeyName("kondado_link"),
                "id",
                condition=Q(kondado_link__isnull=False),
                name="attempt_link_key",
            ),
            models.Index(
                sealed.KeyName("quarantined_link"),
                "id",
                condition=Q(quarantined_link__isnull=False),
                name="attempt_withheld_key",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["access_link", "number"], name="attempt_number_once"),
            models.CheckConstraint(
                condition=Q(outcome="", finished_at=None) | (~Q(outcome="") & Q(finished_at__isnull=False)),
                name="attempt_finished_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(kondado_link=None, link_sha256=None)
                | Q(kondado_link__isnull=False, link_sha256__isnull=False, outcome="ready"),
                name="attempt_link_only_when_ready",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.access_link_id}#{self.number}"

    def seal(self, link: str, *, field: str = "kondado_link") -> bytes:
        """`link` encrypted for this row and field alone."""
        return sealed.seal(link, table=self._meta.db_table, field=field, row=self.pk)

    def open_kondado_link(self) -> str:
        """The link as text. Raises sealed.Unreadable when the bytes are not this row's or the key is gone."""
        return sealed.unseal(
            self.kondado_link or b"", table=self._meta.db_table, field="kondado_link", row=self.pk
        )
