"""Which stops of sending concern somebody. Reads only; services.holds sets and releases them."""

from __future__ import annotations

from django.db.models import Case, Q, When

from invitations.models import Account, Hold, User
from invitations.models.hold import HoldReason, HoldScope

MOST_SHOWN = 5


def of_person(user: User) -> list[Hold]:
    """What stops this person's accounts; a stop of one link shows on its invitation."""
    standing = Hold.objects.standing().exclude(scope=HoldScope.LINK)
    restored_first = Case(When(reason=HoldReason.RESTORED, then=0), default=1)
    standing = standing.select_related("account").order_by(restored_first, "since", "id")
    if not user.reads_everything:
        mine = Account.objects.visible_to(user)
        standing = standing.filter(
            Q(scope=HoldScope.EVERYTHING)
            | Q(scope=HoldScope.CREDENTIAL, credential__in=mine.values("credential"))
            | Q(scope=HoldScope.ACCOUNT, account__in=mine)
        )
    return list(standing[:MOST_SHOWN])
