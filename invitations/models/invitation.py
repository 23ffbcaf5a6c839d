"""What one manager asks of one guest, and the one word that lists show for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import Created, new_public_id

if TYPE_CHECKING:
    from .user import User


class Delivery(models.TextChoices):
    """How the guest gets to know."""

    KONDADO = "kondado"
    PORTAL = "portal"
    LINK = "link"


class Priority(models.TextChoices):
    """Interactive invitations are sent before bulk ones."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


class GuestLanguage(models.TextChoices):
    """Languages a guest may be addressed in."""

    PT_BR = "pt-br"
    EN = "en"
    ES = "es"


class Stage(models.TextChoices):
    """The one word in lists, worked out by services.base.stages from the links and the guest's facts."""

    CANCELLED = "cancelled"
    REVOKED = "revoked"
    CONNECTED = "connected"
    DECLINED = "declined"
    NEEDS_ATTENTION = "needs_attention"
    TO_APPROVE = "to_approve"
    SENDING = "sending"
    EXPIRED = "expired"
    TO_VERIFY = "to_verify"
    PARTLY_CONNECTED = "partly_connected"
    OPENED = "opened"
    WAITING = "waiting"


class DeclineKind(models.TextChoices):
    """Why a guest does not go on."""

    WRONG_PERSON = "wrong_person"
    CANNOT = "cannot"
    WILL_NOT = "will_not"


class Over(StrEnum):
    """Why an invitation asks nothing of its guest any more. Where several hold, the first is told."""

    ERASED = "erased"
    REVOKED = "revoked"
    DECLINED = "declined"
    EXPIRED = "expired"


# What ends one by somebody's word, and the fact that says so. Time alone is the other way to be over.
ENDINGS: dict[Over, str] = {
    Over.ERASED: "erased_at",
    Over.REVOKED: "revoked_at",
    Over.DECLINED: "declined_at",
}
SHUT = (Over.ERASED, Over.REVOKED)  # the guest page opens for nobody; a guest who declined may come back


def not_ended(*by: Over, at: str = "") -> Q:
    """As `Invitation.is_over`, for queries: nobody's word ended it, or none of those given.

    `at` leads from the row to its invitation, such as "invitation__".
    """
    return Q(**{f"{at}{ENDINGS[one]}": None for one in by or ENDINGS})


def not_over(now: datetime, *, at: str = "") -> Q:
    """As `Invitation.is_over`, for queries: neither somebody's word nor time ended it."""
    in_time = Q(**{f"{at}expires_at": None}) | Q(**{f"{at}expires_at__gt": now})
    return not_ended(at=at) & in_time


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Named reads of invitations."""

    def visible_to(self, user: User) -> InvitationQuerySet:
        """Invitations of accounts that this person may see."""
        if user.reads_everything:
            return self
        return self.of_accounts(user.account_ids)

    def of_accounts(self, ids: list[int]) -> InvitationQuerySet:
        """Of these accounts. By their keys: a join would make the database sort everything before it takes a page."""
        return self.filter(account__in=ids)

    def newest_first(self) -> InvitationQuerySet:
        """In the order that lists show."""
        return self.order_by("-id")

    def matching(self, words: Iterable[str]) -> InvitationQuerySet:
        """Whose search text holds every one of these folded words."""
        rows = self
        for word in words:
            rows = rows.filter(search_text__contains=word)
        return rows


class Invitation(Created):
    """Holds one or more access links. `stage` is stored in the transaction of the fact it follows from."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id)
    account = models.ForeignKey("invitations.Account", on_delete=models.PROTECT, related_name="invitations")
    recipient_email = models.EmailField(_("guest's address"), max_length=254)
    recipient_normal = models.CharField(max_length=254)
    recipient_name = models.CharField(_("guest's name"), max_length=120, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=GuestLanguage, default=GuestLanguage.PT_BR
    )
    message = models.TextField(_("message"), max_length=1000, blank=True)
    delivery = models.CharField(_("delivery"), max_length=8, choices=Delivery)
    priority = models.CharField(max_length=12, choices=Priority, default=Priority.INTERACTIVE)
    expires_in_days = models.PositiveSmallIntegerField(_("days until it expires"), default=14)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    created_by = models.ForeignKey("invitations.User", on_delete=models.PROTECT, related_name="invitations")
    form_nonce = models.CharField(max_length=64)
    stage = models.CharField(_("stage"), max_length=16, choices=Stage, default=Stage.SENDING)
    search_text = models.TextField(blank=True)

    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    declined_at = models.DateTimeField(_("declined"), null=True, blank=True)
    decline_kind = models.CharField(max_length=12, choices=DeclineKind, blank=True)
    decline_reason = models.TextField(_("reason"), max_length=500, blank=True)
    forwards = models.PositiveSmallIntegerField(default=0)
    asked_again_at = models.DateTimeField(_("asked for a new link"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(fields=["created_by", "form_nonce"], name="invitation_once_per_form"),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="invitation_stage_known"),
            models.CheckConstraint(
                condition=Q(delivery__in=Delivery.values), name="invitation_delivery_known"
            ),
            models.CheckConstraint(
                condition=Q(priority__in=Priority.values), name="invitation_priority_known"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="invitation_created"),
            models.Index(fields=["stage", "id"], name="invitation_stage"),
            models.Index(fields=["stage", "expires_at"], name="invitation_expiry"),
            models.Index(fields=["account", "id"], name="invitation_account"),
            models.Index(fields=["created_by", "id"], name="invitation_creator"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def guest_shown(self) -> str:
        """The guest's name, or the address when no name was given."""
        return self.recipient_name or self.recipient_email or str(_("an erased person"))

    @property
    def is_erased(self) -> bool:
        """Whether nothing here names the guest any more."""
        return self.erased_at is not None

    def is_expired(self, now: datetime) -> bool:
        """Whether the portal no longer hands the link out because its time is over."""
        return self.expires_at is not None and self.expires_at <= now

    def is_over(self, now: datetime) -> Over | None:
        """Why nothing is asked of the guest any more; None while something is."""
        ended = next((why for why, fact in ENDINGS.items() if getattr(self, fact) is not None), None)
        return ended or (Over.EXPIRED if self.is_expired(now) else None)

    @property
    def was_asked_again(self) -> bool:
        """The guest asked since it expired; what was asked before an extension is answered."""
        asked, expired = self.asked_again_at, self.expires_at
        return asked is not None and expired is not None and asked >= expired
