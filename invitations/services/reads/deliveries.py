"""What is known of the mails and keys that left for one invitation. Reads only."""

from __future__ import annotations

from django.db.models import Count, Q, Sum

from invitations.models import GuestToken, Invitation, Message
from invitations.models.message import TO_GUESTS

MOST = 20
ALIVE = Q(revoked_at=None)


KeyRow = tuple[str, int, bool, bool]


def mails(invitation: Invitation) -> list[Message]:
    """The last mails to the guest and to whom it was passed on, newest first. One query."""
    return list(invitation.messages.filter(kind__in=TO_GUESTS).defer("content").order_by("-id")[:MOST])


def dead_mails(invitation: Invitation) -> set[int]:
    """The keys of those mails whose links open nothing any more. One query."""
    keys = GuestToken.objects.filter(invitation=invitation, message__isnull=False).order_by()
    counted = keys.values_list("message").annotate(alive=Count("pk", filter=ALIVE))
    return {message for message, alive in counted if not alive}


def keys(invitation: Invitation) -> list[KeyRow]:
    """How keys left, how often those were fetched, whether one was used, and whether one is good. One query."""
    rows = GuestToken.objects.filter(invitation=invitation).order_by("purpose")
    counted = rows.values_list("purpose").annotate(
        fetched=Sum("fetches"), used=Count("used_at"), alive=Count("pk", filter=ALIVE)
    )
    return [(purpose, fetched, bool(used), bool(alive)) for purpose, fetched, used, alive in counted]
