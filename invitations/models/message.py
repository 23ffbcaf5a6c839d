"""Outbox: one mail to deliver. The worker sends it; the web process only writes the row."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from . import sealed
from .base import Created


class MessageStatus(models.TextChoices):
    """How far the delivery of one message is."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    BOUNCED = "bounced"


class MessageKind(models.TextChoices):
    """What a message is for."""

    SIGN_IN = "sign_in"
    INVITATION = "invitation"
    FORWARD = "forward"
    NOTICE = "notice"
    ALERT = "alert"


# Errors of ours; others are the mail server's.
WITHDRAWN = "withdrawn"  # the invitation ended before its mail left
COMPLAINT = "complaint"  # whoever got it reported it as unwanted
TO_GUESTS = frozenset({MessageKind.INVITATION, MessageKind.FORWARD})


class Message(Created):
    """`content` is sealed, because mails about signing in carry one-time links.

    A mail to a guest has none: it is written when it is claimed, around a key made just then.
    """

    kind = models.CharField(max_length=12, choices=MessageKind)
    invitation = models.ForeignKey(
        "invitations.Invitation", on_delete=models.CASCADE, null=True, blank=True, related_name="messages"
    )
    to_email = models.EmailField(max_length=254)
    to_name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=10, default="en")
    # Empty where the machine decided to send it.
    requested_by = models.ForeignKey(
        "invitations.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    mail_id = models.CharField(max_length=120, blank=True)  # Message-ID of the mail as it left
    content = models.BinaryField(blank=True, default=b"")
    status = models.CharField(max_length=8, choices=MessageStatus, default=MessageStatus.QUEUED)
    not_before = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=MessageStatus.values), name="message_status_known")
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(status="queued"), name="message_queue"),
            models.Index(fields=["created_at"], condition=Q(kind="sign_in"), name="message_sign_in"),
            models.Index(sealed.KeyName("content"), "id", name="message_content_key"),
            models.Index(
                fields=["lease_until"], condition=Q(lease_until__isnull=False), name="message_in_hand"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def seal(self, text: str) -> bytes:
        """`text` encrypted for this row."""
        return sealed.seal(text, table=self._meta.db_table, field="content", row=self.pk)

    def open_content(self) -> str:
        """What was sealed. Raises sealed.Unreadable."""
        return sealed.unseal(self.content, table=self._meta.db_table, field="content", row=self.pk)
