"""A link is ready: its address is kept, and the guest's time starts with the first. Called under the lock of the link."""

from __future__ import annotations

from datetime import datetime, timedelta

from invitations.kondado.links import fingerprint, known_fingerprints
from invitations.models import AccessLink, Attempt, Status
from invitations.models.attempt import Outcome
from invitations.models.link import LinkAbsent


def attempt_with(url: str) -> Attempt | None:
    """The attempt that this very link of Kondado's was kept for already, in whatever spelling."""
    return Attempt.objects.filter(link_sha256__in=known_fingerprints(url)).first()


def make_ready(*, link: AccessLink, attempt: Attempt, url: str, now: datetime) -> None:
    """Sets what being ready means; the caller saves link and attempt. `url` is empty where only the guest has it.

    Of a guest who was erased nothing is kept.
    """
    invitation = link.invitation
    link.status, attempt.outcome = Status.READY, Outcome.READY
    if invitation.is_erased:
        link.link_absent_reason = LinkAbsent.ERASED
    elif url:
        attempt.kondado_link, attempt.link_sha256 = attempt.seal(url), fingerprint(url)
    else:
        link.link_absent_reason = LinkAbsent.SETTLED_WITHOUT
    if invitation.expires_at is None:
        invitation.expires_at = now + timedelta(days=invitation.expires_in_days)
        invitation.save(update_fields=["expires_at"])
