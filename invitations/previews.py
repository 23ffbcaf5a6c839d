"""The guest's mail as the form of a new invitation shows it beforehand: by the code that writes the real one."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from invitations import emails
from invitations.models import Delivery, User

NO_KEY = "…"  # a key is made when the mail leaves


def mail(*, user: User, data: dict[str, Any]) -> emails.Mail | None:
    """The mail, once account, address and a connector are known; None before, and where the portal sends none."""
    account, wanted, email = data.get("account"), data.get("wanted"), data.get("recipient_email")
    if data.get("delivery") != Delivery.PORTAL or not (account and wanted and email):
        return None
    asked = emails.Asked(
        sender=str(user),
        sender_email=user.email,
        company=account.shown_brand,
        accent=account.brand_accent,
        links=[(one.connector.name, one.connector.direction) for one in wanted],
        guest=data.get("recipient_name", ""),
        message=data.get("message", ""),
        language=data.get("language") or account.default_language,
        expires_in_days=data.get("expires_in_days") or account.default_expires_in_days,
    )
    return emails.invitation(asked, to=email, url=f"{settings.PORTAL_URL}/g/{NO_KEY}/")
