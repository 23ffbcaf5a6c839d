"""The record of what happened: append-only events in a hash chain, and the names that may be erased.

Events hold nothing personal. Names and addresses stand in details, which are inserted and deleted, never
changed. Database triggers (models/guards.py) refuse everything else.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """`hash` covers every other column and `previous_hash`; `people` names each detail by its digest."""

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(_("when"))
    kind = models.CharField(_("what"), max_length=40)
    actor = models.CharField(_("who"), max_length=40)
    object = models.CharField(_("on what"), max_length=60)
    request_id = models.CharField(max_length=32, blank=True)
    data = models.JSONField(default=dict)
    people = models.JSONField(default=list)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["object", "number"], name="event_object"),
            models.Index(fields=["kind", "number"], name="event_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class AuditDetail(models.Model):
    """What an event says of one person. `person` is a keyed HMAC of the address."""

    event = models.ForeignKey(
        AuditEvent, on_delete=models.DO_NOTHING, related_name="details", db_constraint=False
    )
    person = models.CharField(max_length=64, db_index=True)
    salt = models.CharField(max_length=64)
    detail = models.JSONField()

    class Meta:
        verbose_name = _("event detail")
        verbose_name_plural = _("event details")
        constraints = [models.UniqueConstraint(fields=["event", "person"], name="detail_once_per_person")]

    def __str__(self) -> str:
        return f"{self.event_id}"


class AuditHead(models.Model):
    """The end of the chain; its single row is the lock that keeps writers in line."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        verbose_name = _("head of the record")
        verbose_name_plural = _("head of the record")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="audit_head_single")]

    def __str__(self) -> str:
        return f"{self.number}"
