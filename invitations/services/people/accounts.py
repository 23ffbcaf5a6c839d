"""Accounts and members: made by an operator on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from invitations.models import Account, EventKind, Membership, Role, User
from invitations.services.base import audit
from invitations.typed.invisible import trimmed
from invitations.typed.validators import clean_client_id, clean_name, typed_address, validate_plain_text

# An address holds 254 characters, 64 of them before the @; the reference and its plus take 17.
SILENT_LENGTH, SILENT_LOCAL_LENGTH = 237, 47


@dataclass(frozen=True)
class Brand:
    """How an account shows itself to guests; `accent` is one of models.ACCENTS, or empty for the portal's own."""

    name: str = ""
    accent: str = ""
    language: str = "pt-br"


@transaction.atomic
def create_account(
    *,
    name: str,
    client_id: str,
    silent_address: str = "",
    brand: Brand = Brand(),
    now: datetime | None = None,
) -> Account:
    """One Kondado account. Raises ValidationError for a bad or known client id, name, address or brand."""
    now = now or timezone.now()
    name, brand_name = trimmed(name), trimmed(brand.name)
    for text in (name, brand_name):
        validate_plain_text(text)
    silent_address = typed_address(silent_address).address if silent_address.strip() else ""
    account = Account(
        name=name,
        client_id=clean_client_id(client_id),
        silent_address=silent_address,
        brand_name=brand_name,
        brand_accent=brand.accent,
        default_language=brand.language,
        created_at=now,
    )
    account.full_clean()
    local, _at, _domain = silent_address.partition("@")
    if len(silent_address) > SILENT_LENGTH or len(local) > SILENT_LOCAL_LENGTH or local[:1] == '"':
        raise ValidationError(
            _("The silent address is too long or in quotation marks: a reference is added before its @.")
        )
    account.save()
    audit.record(
        kind=EventKind.ACCOUNT_CREATED,
        by=audit.SYSTEM,
        about=account,
        data={"client_id": account.client_id},
        now=now,
    )
    return account


@transaction.atomic
def save_member(
    *,
    email: str,
    role: str,
    name: str = "",
    client_ids: list[str],
    password: str | None = None,
    now: datetime | None = None,
) -> tuple[User, bool]:
    """Makes a person who may sign in, or brings a known one up to date; True when new.

    The address counts as verified: the operator vouches for it. Raises ValidationError, also for an account
    that does not exist.
    """
    now = now or timezone.now()
    user, created = _person(email, now)
    user.role = Role(role).value
    user.full_name = clean_name(name) or user.full_name
    user.is_active = True
    if password is not None:
        user.set_password(password)
    elif created:
        user.set_unusable_password()
    user.full_clean(exclude=["password"])
    user.save()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    _give_accounts(user, client_ids, now)
    audit.record(
        kind=EventKind.MEMBER_CREATED if created else EventKind.MEMBER_UPDATED,
        by=audit.SYSTEM,
        about=user,
        data={"role": user.role, "client_ids": client_ids},
        people=(audit.Person(user.email, user.full_name, "member"),),
        now=now,
    )
    return user, created


def _person(email: str, now: datetime) -> tuple[User, bool]:
    """Whoever has this address, not saved where new; True when new. Raises ValidationError."""
    email = typed_address(email).address.lower()
    user = User.objects.filter(email__iexact=email).first()
    return user or User(email=email, created_at=now), user is None


def _give_accounts(user: User, client_ids: list[str], now: datetime) -> None:
    for client_id in client_ids:
        account = Account.objects.filter(client_id=clean_client_id(client_id)).first()
        if account is None:
            raise ValidationError(_("There is no account with the client id %(id)s.") % {"id": client_id})
        Membership.objects.get_or_create(user=user, account=account, defaults={"created_at": now})
