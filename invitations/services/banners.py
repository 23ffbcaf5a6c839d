"""What everybody has to know before doing anything: sending stands still, or nobody works. Reads only."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from invitations.models import Account, Hold, User
from invitations.models.hold import HoldScope
from invitations.services import health
from invitations.wording import moment


def standing_banners(*, user: User, now: datetime | None = None) -> list[dict[str, str]]:
    """Kind and text of each, the most serious first."""
    now = now or timezone.now()
    found = []
    late = health.worker_late_since(now)
    if late:
        since = moment(late)
        text = _("Nothing is being sent: no worker has shown itself since %(since)s. What you queue is kept.")
        found.append({"kind": "danger", "text": text % {"since": since}})
    for hold in _holds_for(user):
        since = moment(hold.since)
        text = _(
            "Sending is stopped for %(scope)s since %(since)s: %(reason)s. What is queued waits unharmed."
        )
        what = hold.account.name if hold.account else hold.get_scope_display().lower()
        found.append(
            {
                "kind": "warning",
                "text": text % {"scope": what, "since": since, "reason": hold.get_reason_display()},
            }
        )
    return found


def _holds_for(user: User) -> list[Hold]:
    if not Hold.objects.standing().exclude(scope=HoldScope.LINK).exists():
        return []
    standing = (
        Hold.objects.standing()
        .exclude(scope=HoldScope.LINK)
        .select_related("account")
        .order_by("since", "id")
    )
    if not user.reads_everything:
        mine = Account.objects.visible_to(user)
        standing = standing.filter(
            Q(scope=HoldScope.EVERYTHING)
            | Q(scope=HoldScope.CREDENTIAL, credential__in=mine.values("credential"))
            | Q(scope=HoldScope.ACCOUNT, account__in=mine)
        )
    return list(standing[:5])
