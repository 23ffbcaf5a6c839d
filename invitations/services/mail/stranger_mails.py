"""Mails that somebody without a session can have sent to somebody: how many of them leave. Writes no mail itself."""

from __future__ import annotations

from datetime import datetime

from invitations.services.base import throttle
from invitations.services.base.bounds import MAILS_TO_NOBODY, MAILS_TO_NOBODY_IN_ALL, RESET_MAILS


def may_leave(*, to: str, known: bool, place: str, now: datetime | None = None) -> bool:
    """Counts one mail to this address, if it may leave. The answer to whoever asked is the same either way.

    To an address that is `known` only its own bound counts, so that nobody can use up another one's mail: the mail
    that somebody else asked for a moment ago opens the same page.
    """
    if not known and (throttle.take(MAILS_TO_NOBODY, place, now=now).wait):
        return False
    if not known and throttle.take(MAILS_TO_NOBODY_IN_ALL, now=now).wait:
        return False
    return not throttle.take(RESET_MAILS, to.strip().lower(), now=now).wait
