"""The catalogue: source and destination types that Kondado offers, by credential."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from .account import Account

if TYPE_CHECKING:
    from .user import User


class Direction(models.TextChoices):
    """Kondado's words for the two sides (`parent_collection_direction`)."""

    SRC = "src"
    DEST = "dest"


def logo_version(image_url: str) -> str:
    """Differs when the logo does: a stored one is replaced only when its address changes."""
    return f"{crc32(image_url.encode()):08x}"


class ConnectorQuerySet(models.QuerySet["Connector"]):
    """Named reads of the catalogue."""

    def active(self) -> ConnectorQuerySet:
        """Listed by at least one credential, by name."""
        return self.filter(is_active=True).order_by("search_name", "id")

    def visible_to(self, user: User) -> ConnectorQuerySet:
        """Those that a credential of this person's accounts lists: others name customers of somebody else."""
        if user.reads_everything:
            return self
        return self.filter(Exists(ConnectorGrant.objects.visible_to(user).filter(connector=OuterRef("pk"))))

    def granted_to(self, credential: str) -> ConnectorQuerySet:
        """Active and listed for this credential."""
        return self.active().filter(grants__credential=credential)

    def without_logo(self) -> ConnectorQuerySet:
        """Offered, with an address for a logo and no logo, by address."""
        return self.filter(is_active=True, logo=b"").exclude(image_url="").order_by("image_url")


class Connector(models.Model):
    """One type in one direction: Kondado's id may stand in both. Never deleted, only inactive."""

    kondado_id = models.PositiveBigIntegerField(_("id at Kondado"))
    direction = models.CharField(_("direction"), max_length=4, choices=Direction)
    name = models.CharField(_("name"), max_length=200)
    search_name = models.CharField(max_length=200)
    tutorial_url = models.URLField(max_length=500, blank=True)
    image_url = models.URLField(max_length=500, blank=True)
    logo = models.BinaryField(blank=True, default=b"")
    kondado_updated_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(_("offered"), default=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(_("last seen"))

    objects = ConnectorQuerySet.as_manager()

    class Meta:
        verbose_name = _("connector")
        verbose_name_plural = _("connectors")
        constraints = [
            models.UniqueConstraint(fields=["kondado_id", "direction"], name="connector_once_per_direction"),
            models.CheckConstraint(
                condition=models.Q(direction__in=Direction.values), name="connector_direction_known"
            ),
        ]
        indexes = [models.Index(fields=["is_active", "search_name"], name="connector_active_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def logo_version(self) -> str:
        """For the address of the logo; empty when there is none."""
        return logo_version(self.image_url) if self.logo else ""


class GrantQuerySet(models.QuerySet["ConnectorGrant"]):
    """Named reads of what each credential lists."""

    def visible_to(self, user: User) -> GrantQuerySet:
        """Those of the credentials of this person's accounts."""
        if user.reads_everything:
            return self
        return self.filter(credential__in=Account.objects.visible_to(user).values("credential"))


class ConnectorGrant(models.Model):
    """A credential's catalogue listed this connector, last at `seen_at`."""

    connector = models.ForeignKey(Connector, on_delete=models.CASCADE, related_name="grants")
    credential = models.CharField(max_length=40)
    seen_at = models.DateTimeField()

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("connector grant")
        verbose_name_plural = _("connector grants")
        constraints = [models.UniqueConstraint(fields=["connector", "credential"], name="grant_once")]

    def __str__(self) -> str:
        return f"{self.credential}:{self.connector_id}"
