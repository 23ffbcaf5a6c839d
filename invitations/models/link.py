"""One connector of an invitation: what Kondado did with it, as a state machine."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .connector import Direction
from .invitation import Over, Priority, Stage, not_ended, not_over

if TYPE_CHECKING:
    from .user import User


class Status(models.TextChoices):
    """What Kondado did. What the guest did are facts with times, never a status."""

    DRAFT = "draft"
    QUEUED = "queued"
    CONNECTING = "connecting"
    ON_WIRE = "on_wire"
    READY = "ready"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


TRANSITIONS: dict[str, frozenset[str]] = {
    Status.DRAFT: frozenset({Status.QUEUED, Status.CANCELLED}),
    Status.QUEUED: frozenset({Status.CONNECTING, Status.CANCELLED}),
    Status.CONNECTING: frozenset({Status.ON_WIRE, Status.QUEUED}),
    Status.ON_WIRE: frozenset({Status.READY, Status.REJECTED, Status.UNKNOWN, Status.QUEUED}),
    Status.REJECTED: frozenset({Status.QUEUED, Status.CANCELLED}),
    # To `rejected` only by an answer that a dead worker left behind: Kondado's own word, not a guess.
    Status.UNKNOWN: frozenset({Status.READY, Status.QUEUED, Status.REJECTED}),
    Status.READY: frozenset({Status.QUEUED}),
    Status.CANCELLED: frozenset(),
}
IN_HAND = frozenset({Status.CONNECTING, Status.ON_WIRE})
MOVING = frozenset({Status.QUEUED, *IN_HAND})


class WrongTransition(Exception):  # noqa: N818  (named for what was tried)
    """A status was to follow another that it may not follow. Always a mistake in a service."""


def check_transition(source: str, to: str) -> None:
    """Raises WrongTransition when TRANSITIONS does not let `to` follow `source`."""
    if to not in TRANSITIONS[source]:
        raise WrongTransition(f"{source} may not become {to}")


class WaitReason(models.TextChoices):
    """Why a queued link is not tried before `not_before`."""

    RATE_LIMIT = "rate_limit"
    UNREACHABLE = "unreachable"
    INTERRUPTED = "interrupted"


class LinkAbsent(models.TextChoices):
    """Why a ready link holds no address."""

    SETTLED_WITHOUT = "settled_without"
    ERASED = "erased"


class AccessLinkQuerySet(models.QuerySet["AccessLink"]):
    """Named reads of access links, and the one way to change a status in the database at once."""

    def move(self, source: str, to: str, **fields: Any) -> int:
        """Changes those rows here that still are `source`, and says how many. Raises WrongTransition."""
        check_transition(source, to)
        return super(AccessLinkQuerySet, self.filter(status=source)).update(status=to, **fields)

    def update(self, **fields: Any) -> int:
        """As ever, but for the status: `move` names what it was. Raises WrongTransition."""
        if "status" in fields:
            raise WrongTransition("a status is changed by move()")
        return super().update(**fields)

    def still_asked(self) -> AccessLinkQuerySet:
        """Of invitations that nobody has ended: what came back into the queue later is not sent for all that.

        Time alone ends no request: what a person approved leaves, and the guest page opens once it is extended.
        """
        return self.filter(not_ended(at="invitation__"))

    def due(self, now: datetime) -> AccessLinkQuerySet:
        """What may be sent now, the next first.

        Interactive before bulk; then the account that was served longest ago; then first come, first served.
        """
        bulk_last = models.Case(
            models.When(invitation__priority=Priority.INTERACTIVE, then=0),
            default=1,
            output_field=models.IntegerField(),
        )
        return (
            self.still_asked()
            .filter(Q(not_before=None) | Q(not_before__lte=now), status=Status.QUEUED)
            .order_by(bulk_last, F("account__served_at").asc(nulls_first=True), "queued_at", "id")
        )

    def for_guest(self) -> AccessLinkQuerySet:
        """In order, with what a guest sees of them; cancelled ones ask nothing of a guest."""
        rows = self.exclude(status=Status.CANCELLED).select_related("connector")
        facts = ("continued_at", "done_at", "confirmed_at", "link_absent_reason")
        slot = ("account_id", "recipient_normal", "holds_open_slot", "insist_reason")
        return rows.only(
            "invitation_id", "connector_name", "direction", "status", *facts, *slot, "connector__tutorial_url"
        )

    def unknown_of(self, user: User) -> AccessLinkQuerySet:
        """Whose outcome waits for a person, in the accounts that this one sees; the longest waiting first."""
        rows = self.filter(not_ended(Over.ERASED, at="invitation__"), status=Status.UNKNOWN)
        rows = rows.filter(current_attempt__isnull=False)
        if not user.reads_everything:
            rows = rows.filter(account__in=user.account_ids)
        rows = rows.select_related("invitation", "account", "current_attempt")
        return rows.order_by("current_attempt__finished_at", "id")

    def open_for(
        self, *, account_id: int, recipient_normal: str, connector_ids: Iterable[int], now: datetime
    ) -> AccessLinkQuerySet:
        """Links that still ask this guest for one of these connectors, and holders of the slot; those first."""
        open_still = Q(
            not_over(now, at="invitation__"),
            ~Q(status__in=[Status.CANCELLED, Status.REJECTED]),
            confirmed_at=None,
        )
        return (
            self.filter(
                Q(holds_open_slot=True) | open_still,
                account_id=account_id,
                recipient_normal=recipient_normal,
                connector__in=connector_ids,
            )
            .select_related("invitation__created_by")
            .order_by("-holds_open_slot", "-id")
        )

    def to_find_in_mailbox(self) -> AccessLinkQuerySet:
        """Unknown ones that Kondado mailed to the silent address, if it made them; the latest first.

        Asked by stage, which has an index: few invitations need attention at a time.
        """
        return (
            self.filter(status=Status.UNKNOWN, current_attempt__silent_reference__isnull=False)
            .filter(not_ended(Over.ERASED, at="invitation__"), invitation__stage=Stage.NEEDS_ATTENTION)
            .select_related("invitation", "current_attempt")
            .order_by("-pk")
        )


class AccessLink(models.Model):
    """`holds_open_slot` lets one open link stand for an account, guest and connector at a time.

    Its status changes only as TRANSITIONS says: `save` and `AccessLinkQuerySet.move` refuse anything else.
    """

    stored_status: str | None = None  # as the database has it; None before the first save

    invitation = models.ForeignKey("invitations.Invitation", on_delete=models.CASCADE, related_name="links")
    position = models.PositiveSmallIntegerField(default=0)
    account = models.ForeignKey("invitations.Account", on_delete=models.PROTECT, related_name="+")
    recipient_normal = models.CharField(max_length=254)
    connector = models.ForeignKey("invitations.Connector", on_delete=models.PROTECT, related_name="+")
    connector_name = models.CharField(_("connector"), max_length=200)
    kondado_id = models.PositiveBigIntegerField()
    direction = models.CharField(_("direction"), max_length=4, choices=Direction)
    assigned_collection_name = models.CharField(_("name in Kondado"), max_length=100)
    holds_open_slot = models.BooleanField(default=True)
    insist_reason = models.CharField(_("reason for a second one"), max_length=300, blank=True)

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    current_attempt = models.OneToOneField(
        "invitations.Attempt", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True, blank=True)
    wait_reason = models.CharField(max_length=12, choices=WaitReason, blank=True)
    # A claim holds until lease_until; each claim takes the next fence, and only its holder may settle.
    fence = models.PositiveIntegerField(default=0)
    claimed_by = models.CharField(
        max_length=16, blank=True
    )  # the worker that claimed it last, by its own name
    lease_until = models.DateTimeField(null=True, blank=True)

    continued_at = models.DateTimeField(_("went on to Kondado"), null=True, blank=True)
    done_at = models.DateTimeField(_("said done"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        "invitations.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    link_absent_reason = models.CharField(max_length=16, choices=LinkAbsent, blank=True)

    objects = AccessLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("access link")
        verbose_name_plural = _("access links")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "recipient_normal", "connector", "direction"],
                condition=Q(holds_open_slot=True),
                name="link_one_open",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="link_status_known"),
            models.CheckConstraint(condition=Q(direction__in=Direction.values), name="link_direction_known"),
            models.CheckConstraint(
                condition=Q(status__in=IN_HAND, lease_until__isnull=False)
                | (~Q(status__in=IN_HAND) & Q(lease_until__isnull=True)),
                name="link_lease_while_in_hand",
            ),
            models.CheckConstraint(
                condition=Q(not_before=None) | Q(status=Status.QUEUED), name="link_waits_queued"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by=None)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="link_confirmed_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["queued_at", "id"], condition=Q(status="queued"), name="link_queue"),
            models.Index(fields=["lease_until"], condition=Q(lease_until__isnull=False), name="link_in_hand"),
            models.Index(fields=["account", "assigned_collection_name"], name="link_name"),
            models.Index(F("account"), F("recipient_normal"), F("connector"), name="link_same_guest"),
        ]

    def __str__(self) -> str:
        return f"{self.invitation_id}/{self.position}"

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        """Remembers the status that was read."""
        link = super().from_db(*args, **kwargs)
        link.stored_status = link.__dict__.get("status")
        return link

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Remembers the status that was read."""
        super().refresh_from_db(*args, **kwargs)
        self.stored_status = self.__dict__.get("status")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As ever; raises WrongTransition when the status may not follow the stored one."""
        if self.stored_status not in (None, self.status):
            check_transition(self.stored_status, self.status)
        super().save(*args, **kwargs)
        self.stored_status = self.status

    @property
    def is_moving(self) -> bool:
        """The worker will do something with it by itself."""
        return self.status in MOVING
