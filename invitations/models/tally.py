"""How often something was tried lately, for the bounds of services/base/bounds.py. Holds nobody's name or address."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tally(models.Model):
    """`key` is a keyed hash of what is counted and for whom; `times` are seconds since 1970, the oldest first."""

    key = models.CharField(max_length=64, primary_key=True)
    times = models.JSONField(default=list)
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")

    def __str__(self) -> str:
        return self.key[:8]
