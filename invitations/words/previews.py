"""What the guest will get, as the form shows it beforehand: by the words and the code of the real mail and page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from invitations.mail import write
from invitations.models import Delivery, Direction, User
from invitations.words import guest

NO_KEY = "…"  # a key is made when the mail leaves


def mail(*, user: User, data: dict[str, Any]) -> write.Mail | None:
    """The mail, once account, address and a connector are known; None before, and where the portal sends none."""
    account, wanted, email = data.get("account"), data.get("wanted"), data.get("recipient_email")
    if data.get("delivery") != Delivery.PORTAL or not (account and wanted and email):
        return None
    asked = write.Asked(
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
    return write.invitation(asked, to=email, url=f"{settings.PORTAL_URL}/g/{NO_KEY}/")


def page(*, user: User, data: dict[str, Any]) -> str:
    """The gist of the guest page in the guest's language, once account and a connector are known; else empty."""
    account, wanted = data.get("account"), data.get("wanted")
    if data.get("delivery") == Delivery.KONDADO or not (account and wanted):
        return ""
    company = account.shown_brand
    asked = [(one.connector.name, one.connector.direction == Direction.SRC) for one in wanted]
    with translation.override(data.get("language") or account.default_language):
        return render_to_string(
            "invitations/_guest_gist.html",
            {
                "sender": str(user),
                "company": company,
                "asked": guest.what_is_asked(company=company, asked=asked),
                "message": data.get("message", ""),
            },
        )
