"""One Kondado account that invitations are sent for, and who may act on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Func
from django.db.models.functions import Length
from django.db.models.lookups import Exact, GreaterThan, LessThan
from django.utils.translation import gettext_lazy as _

from .base import Created

if TYPE_CHECKING:
    from .user import User

ACCENTS = (
    "indigo", "blue", "sky", "teal", "green", "olive", "amber", "orange", "red", "rose", "violet", "slate",
)  # fmt: skip


def _one_to_twelve_digits(field: str) -> models.Q:
    """Nothing is left once the digits are taken away from the left; in words that both databases know by themselves.

    A pattern would need a function of Django's on SQLite, and no other program could open the file.
    """
    rest = Func(
        models.F(field), models.Value("0123456789"), function="LTRIM", output_field=models.TextField()
    )
    return models.Q(Exact(rest, models.Value("")), GreaterThan(Length(field), 0), LessThan(Length(field), 13))


class AccountQuerySet(models.QuerySet["Account"]):
    """Named reads of accounts."""

    def visible_to(self, user: User) -> AccountQuerySet:
        """Accounts that this person may see."""
        return self if user.reads_everything else self.filter(memberships__user=user)

    def usable_by(self, user: User) -> AccountQuerySet:
        """Accounts that this person may invite for, by name."""
        rows = (
            self if user.is_admin else self.filter(memberships__user=user, memberships__user__role="manager")
        )
        return rows.order_by("name", "id")


class Account(Created):
    """Known to Kondado by its `client_id`."""

    name = models.CharField(_("name"), max_length=120)
    client_id = models.CharField(
        _("client id"), max_length=12, unique=True, validators=[RegexValidator(r"^[0-9]{1,12}$")]
    )
    credential = models.CharField(_("credential"), max_length=40, default="default")
    brand_name = models.CharField(_("brand name"), max_length=120, blank=True)
    brand_logo = models.BinaryField(blank=True, default=b"")
    brand_accent = models.CharField(
        _("accent"), max_length=12, blank=True, choices=[(name, name) for name in ACCENTS]
    )
    silent_address = models.EmailField(_("silent address"), blank=True)
    work_starts = models.TimeField(_("work starts"), null=True, blank=True)
    work_ends = models.TimeField(_("work ends"), null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    default_language = models.CharField(_("default language"), max_length=10, default="pt-br")
    default_expires_in_days = models.PositiveSmallIntegerField(_("days until links expire"), default=14)
    name_pattern = models.CharField(
        _("name pattern"), max_length=120, default="[Guest] {connector} · {guest}"
    )
    needs_approval = models.BooleanField(_("a second person approves"), default=False)
    # When the worker last took a link of this account in hand: accounts are served in turn.
    served_at = models.DateTimeField(null=True, blank=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(
                condition=_one_to_twelve_digits("client_id"), name="account_client_id_digits"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_brand(self) -> str:
        """The name that guests see."""
        return self.brand_name or self.name


class Membership(Created):
    """A person may act on an account."""

    user = models.ForeignKey("invitations.User", on_delete=models.CASCADE, related_name="memberships")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "account"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id}@{self.account_id}"
