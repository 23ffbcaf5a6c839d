"""What a guest needs at hand for one connector, in each language, as administrators wrote it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .invitation import GuestLanguage


class ConnectorHelp(models.Model):
    """`minutes` is empty until somebody who knows has typed it: a guess would be a claim."""

    connector = models.ForeignKey("invitations.Connector", on_delete=models.CASCADE, related_name="help")
    language = models.CharField(_("language"), max_length=10, choices=GuestLanguage)
    needs = models.TextField(_("what the guest needs at hand"), max_length=1000, blank=True)
    skip = models.TextField(_("steps of the tutorial to skip"), max_length=500, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes it takes"), null=True, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        "invitations.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("help for a connector")
        verbose_name_plural = _("help for connectors")
        constraints = [
            models.UniqueConstraint(fields=["connector", "language"], name="help_once_per_language"),
            models.CheckConstraint(
                condition=models.Q(language__in=GuestLanguage.values), name="help_language_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connector_id}:{self.language}"
