"""Signs of life of the workers."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class WorkerProblem(models.TextChoices):
    """Why a living worker sends nothing, or needs somebody to look."""

    NO_ROOM = "no_room"
    UNREADABLE = "unreadable"
    NO_MEMORY = "no_memory"  # it began without knowing how far the record had come

    @property
    def stops_sending(self) -> bool:
        """Everybody is told of it; of the others only those who read everything."""
        return self == WorkerProblem.NO_ROOM


class WorkerBeat(models.Model):
    """One row per worker process, renewed every few seconds."""

    name = models.CharField(max_length=80, primary_key=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField(db_index=True)
    problem = models.CharField(max_length=20, choices=WorkerProblem, blank=True)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return self.name
