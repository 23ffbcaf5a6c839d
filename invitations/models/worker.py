"""Signs of life of the workers."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class WorkerProblem(models.TextChoices):
    """Why a living worker sends nothing, or needs somebody to look."""

    NO_ROOM = "no_room", _("The disk is full: an answer of Kondado could not be kept")
    UNREADABLE = "unreadable", _("An answer of Kondado on its disk cannot be used")


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
