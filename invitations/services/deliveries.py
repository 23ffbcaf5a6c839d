"""What is known of the mails and keys that left for one invitation. Reads only."""

from __future__ import annotations

from django.db.models import Count, Sum

from invitations.models import GuestToken, Invitation, Message
from invitations.models.message import TO_GUESTS

MOST = 20


def mails(invitation: Invitation) -> list[Message]:
    """The last mails to the guest and to whom it was passed on, newest first. One query."""
    return list(invitation.messages.filter(kind__in=TO_GUESTS).defer("content").order_by("-id")[:MOST])


def keys(invitation: Invitation) -> list[tuple[str, int, bool]]:
    """How keys left, how often those were fetched, and whether one was used to press a button. One query."""
    rows = GuestToken.objects.filter(invitation=invitation).order_by("purpose")
    counted = rows.values_list("purpose").annotate(fetched=Sum("fetches"), used=Count("used_at"))
    return [(purpose, fetched, bool(used)) for purpose, fetched, used in counted]
