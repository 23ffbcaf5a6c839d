"""A stop of sending. Never a status: what waits behind it stays queued, unharmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from .invitation import not_ended
from .link import MOVING, Status

if TYPE_CHECKING:
    from .account import Account
    from .link import AccessLink, AccessLinkQuerySet


class HoldScope(models.TextChoices):
    """How much stands still."""

    EVERYTHING = "everything"
    CREDENTIAL = "credential"
    ACCOUNT = "account"
    LINK = "link"


class HoldReason(models.TextChoices):
    """Why."""

    CONFIGURATION = "configuration"
    CERTIFICATE = "certificate"
    CREDENTIAL = "credential"
    REJECTIONS = "rejections"
    STORM = "storm"
    TRIES = "tries"
    CRASHES = "crashes"
    LATE_ANSWER = "late_answer"
    RESTORED = "restored"
    PERSON = "person"


class HoldQuerySet(models.QuerySet["Hold"]):
    """Named reads of holds."""

    def standing(self) -> HoldQuerySet:
        """Not released."""
        return self.filter(released_at=None)

    def stopping(self) -> HoldQuerySet:
        """Standing, without those on a link that would not be sent anyhow: it came to an end, or nobody asks for it.

        What people are shown and told. A guest who declined may come back: then such a stop counts again.
        """
        asked = Q(not_ended(at="access_link__invitation__"), access_link__status__in=[Status.DRAFT, *MOVING])
        return self.standing().filter(~Q(scope=HoldScope.LINK) | asked)

    def of_account(self, account: Account) -> HoldQuerySet:
        """Standing on this very account, the first first."""
        return self.standing().filter(scope=HoldScope.ACCOUNT, account=account).order_by("id")

    def of_link(self, link: AccessLink) -> HoldQuerySet:
        """What stops this link: its own, its account's, its credential's, or of everything; the first first."""
        wide = (
            Q(scope=HoldScope.EVERYTHING)
            | Q(scope=HoldScope.CREDENTIAL, credential=link.account.credential)
            | Q(scope=HoldScope.ACCOUNT, account=link.account_id)
        )
        return self.stopping().filter(wide | Q(access_link=link)).order_by("since", "id")

    def let_pass(self, links: AccessLinkQuerySet) -> AccessLinkQuerySet:
        """Those of the links that no standing hold stops. One query besides theirs."""
        standing = self.standing()
        if standing.filter(scope=HoldScope.EVERYTHING).exists():
            return links.none()
        return (
            links.exclude(
                account__credential__in=standing.filter(scope=HoldScope.CREDENTIAL).values("credential")
            )
            .exclude(account__in=standing.filter(scope=HoldScope.ACCOUNT).values("account"))
            .exclude(pk__in=standing.filter(scope=HoldScope.LINK).values("access_link"))
        )


class Hold(models.Model):
    """Stands until `released_at`."""

    scope = models.CharField(max_length=10, choices=HoldScope)
    credential = models.CharField(max_length=40, blank=True)
    account = models.ForeignKey(
        "invitations.Account", on_delete=models.CASCADE, null=True, blank=True, related_name="holds"
    )
    access_link = models.ForeignKey(
        "invitations.AccessLink", on_delete=models.CASCADE, null=True, blank=True, related_name="holds"
    )
    reason = models.CharField(max_length=13, choices=HoldReason)
    detail = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField()
    set_by = models.ForeignKey(
        "invitations.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        "invitations.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="everything", credential="", account=None, access_link=None)
                | (Q(scope="credential", account=None, access_link=None) & ~Q(credential=""))
                | Q(scope="account", credential="", account__isnull=False, access_link=None)
                | Q(scope="link", credential="", account=None, access_link__isnull=False),
                name="hold_names_what_it_stops",
            ),
            # Nulls differ from one another in a unique index, hence the zeros.
            models.UniqueConstraint(
                "scope",
                "reason",
                "credential",
                Coalesce("account_id", 0),
                Coalesce("access_link_id", 0),
                condition=Q(released_at=None),
                name="hold_stands_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.reason}"
