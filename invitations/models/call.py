"""One row per call to Kondado, of any kind. Pacing and the report on it read the same rows."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CallKind(models.TextChoices):
    """What was called."""

    INVITATION = "invitation"
    CATALOGUE = "catalogue"


class VendorCall(models.Model):
    """`arrived_at` is empty while the call is under way; a call past its deadline counts as arrived then."""

    credential = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=CallKind)
    attempt = models.ForeignKey(
        "invitations.Attempt", on_delete=models.CASCADE, null=True, blank=True, related_name="calls"
    )
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    pause_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("call to Kondado")
        verbose_name_plural = _("calls to Kondado")
        indexes = [
            models.Index(fields=["-arrived_at"], name="call_arrived"),
            models.Index(fields=["deadline_at"], condition=Q(arrived_at=None), name="call_in_flight"),
            models.Index(fields=["-pause_until"], condition=Q(pause_until__isnull=False), name="call_pause"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M:%S}"


class CallTurn(models.Model):
    """One row that a process locks while it takes the next turn to call."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    # Set by `restore` together with the rows that it brings back, and taken away by the hold that follows.
    restored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("turn to call")
        verbose_name_plural = _("turns to call")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="call_turn_single")]

    def __str__(self) -> str:
        return "turn"
