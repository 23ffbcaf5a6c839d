"""What administrators decided about Kondado's own words: which refusals stop an account, and which do not."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RefusalVerdict(models.TextChoices):
    """What a refusal in these words means."""

    STOPS_ACCOUNT = "account"
    LINK_ONLY = "link"


class RefusalMark(models.Model):
    """One refusal text with its verdict. `words` is the SHA-256 of code and text, which may be long."""

    words = models.CharField(max_length=64, unique=True)
    error_code = models.CharField(max_length=100, blank=True)
    error_text = models.TextField(blank=True)
    verdict = models.CharField(max_length=8, choices=RefusalVerdict)
    marked_by = models.ForeignKey("invitations.User", on_delete=models.PROTECT, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("mark on a refusal")
        verbose_name_plural = _("marks on refusals")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verdict__in=RefusalVerdict.values), name="refusal_verdict_known"
            )
        ]

    def __str__(self) -> str:
        return self.error_code or self.error_text[:60]
