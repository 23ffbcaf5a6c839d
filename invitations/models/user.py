"""A person who signs in: manager, administrator or auditor."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may do, on all accounts (admin, auditor) or on their own (manager)."""

    MANAGER = "manager"
    ADMIN = "admin"
    AUDITOR = "auditor"


class UserManager(BaseUserManager["User"]):
    """Looks people up by address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The person with this address."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """Signs in by `email`. Roles are the only permissions; there are no groups."""

    email = models.EmailField(_("email address"), max_length=254, unique=True)
    full_name = models.CharField(_("name"), max_length=120, blank=True)
    photo = models.BinaryField(blank=True, default=b"")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MANAGER)
    language = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    @property
    def is_admin(self) -> bool:
        """Sees and does everything."""
        return self.is_active and self.role == Role.ADMIN

    @property
    def can_change(self) -> bool:
        """Managers and administrators act; auditors only read."""
        return self.role in {Role.MANAGER, Role.ADMIN}

    @property
    def reads_everything(self) -> bool:
        """Administrators and auditors see every account."""
        return self.is_active and self.role in {Role.ADMIN, Role.AUDITOR}

    @cached_property
    def account_ids(self) -> list[int]:
        """Keys of the accounts this person is a member of, read once for each request."""
        return list(self.memberships.values_list("account_id", flat=True))

    @property
    def is_staff(self) -> bool:
        """Django's admin asks for this: administrators look there, nobody changes anything."""
        return self.is_admin

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Administrators may view in Django's admin; no other permission exists."""
        return self.is_admin and perm.partition(".")[2].startswith("view_")

    def has_module_perms(self, app_label: str) -> bool:
        """As has_perm, for a whole app."""
        return self.is_admin
