"""What ends where the machine could not know: an unknown outcome, or a refusal that was put right.

A person decides; or Kondado's own mail in the silent mailbox shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from invitations.errors import LinkNotAccepted, PortalError, WrongState
from invitations.kondado.links import fingerprint, known_fingerprints, link_problem
from invitations.models import AccessLink, Attempt, Delivery, EventKind, Status, User
from invitations.models.attempt import Approval, Outcome, SettledHow
from invitations.models.link import LinkAbsent
from invitations.services.base import audit, locks, slots, stages
from invitations.services.invitations.allowed import LinkAction, settles_at
from invitations.services.invitations.links import locked_for
from invitations.services.mail import guest_queue

MOST_SHOWN = 200


@transaction.atomic
def exists(*, by: User, link: AccessLink, url: str = "", note: str = "", now: datetime | None = None) -> None:
    """The invitation turned up at Kondado: the link becomes ready, with the pasted address.

    Without an address only where Kondado mailed the guest itself. Raises NotYours, WrongState, TooEarly,
    LinkNotAccepted.
    """
    now = now or timezone.now()
    link, attempt = _unknown(by=by, link=link, action=LinkAction.SETTLE_EXISTS, now=now)
    url = url.strip()
    if not url and link.invitation.delivery != Delivery.KONDADO:
        raise LinkNotAccepted
    if url:
        _store_link(attempt, url)
    else:
        link.link_absent_reason = LinkAbsent.SETTLED_WITHOUT
    _make_ready(link, attempt, now)
    _sign(attempt, by=by, note=note, now=now)
    _record(by=by, link=link, data={"how": "exists", "with_link": bool(url)}, now=now)


@transaction.atomic
def arrived(*, link: AccessLink, attempt: Attempt, url: str, now: datetime | None = None) -> bool:
    """Kondado's mail for this attempt arrived in the silent mailbox, with `url`: proof, whatever the time.

    False, and nothing changed, when somebody settled it first or its guest was erased. Raises LinkNotAccepted.
    """
    now = now or timezone.now()
    link = locks.link(link.pk)
    current = link.current_attempt
    if current is None or current != attempt or settles_at(link.invitation, link) is None:
        return False
    _store_link(current, url)
    _make_ready(link, current, now)
    _sign(current, by=None, note="", now=now)
    _record(by=audit.WORKER, link=link, data={"how": "mailbox"}, now=now)
    return True


@transaction.atomic
def absent(*, by: User, link: AccessLink, note: str = "", now: datetime | None = None) -> None:
    """Nothing turned up at Kondado: one new attempt is approved. Raises NotYours, WrongState, TooEarly."""
    now = now or timezone.now()
    link, attempt = _unknown(by=by, link=link, action=LinkAction.SETTLE_ABSENT, now=now)
    _sign(attempt, by=by, note=note, now=now)
    _approve_again(by=by, link=link, approval=Approval.SETTLED_ABSENT, now=now)
    _record(by=by, link=link, data={"how": "absent"}, now=now)


def several(
    *, by: User, links: Iterable[AccessLink], exist: bool, note: str = "", now: datetime | None = None
) -> int:
    """Settles each of these alike, each in a transaction and with a record of its own; gives how many were.

    One that may not be settled so is left as it is: too early, settled meanwhile, or its link is needed.
    """
    done = 0
    for link in links:
        try:
            if exist:
                exists(by=by, link=link, note=note, now=now)
            else:
                absent(by=by, link=link, note=note, now=now)
        except PortalError:
            continue
        done += 1
    return done


@transaction.atomic
def send_again(
    *, by: User, link: AccessLink, assigned_collection_name: str, now: datetime | None = None
) -> None:
    """A refused link goes out once more, under the name given. Raises NotYours, WrongState, SameOpenInvitation."""
    now = now or timezone.now()
    link = locked_for(by=by, link=link, action=LinkAction.SEND_AGAIN, now=now)
    link.status = Status.QUEUED  # a refused one asks for no slot
    slots.take_back(links=[link], recipient_normal=link.recipient_normal, now=now)
    link.refresh_from_db(fields=["holds_open_slot"])
    link.assigned_collection_name = assigned_collection_name
    _approve_again(by=by, link=link, approval=Approval.EDITED, now=now)
    _record(by=by, link=link, data={"how": "edited"}, now=now, kind=EventKind.LINK_SENT_AGAIN)


def unknown(*, by: User, account_id: int | None = None) -> list[AccessLink]:
    """What waits for this person's word, the longest waiting first. One query."""
    links = AccessLink.objects.unknown_of(by)
    return list((links.filter(account_id=account_id) if account_id else links)[:MOST_SHOWN])


def words_of_people(links: Iterable[AccessLink]) -> dict[int, list[Attempt]]:
    """What was settled, by whom and why, of those links that were; no query where nothing can have been."""
    asked = [
        link.pk
        for link in links
        if link.current_attempt and (link.current_attempt.number > 1 or link.current_attempt.settled_at)
    ]
    found: dict[int, list[Attempt]] = {pk: [] for pk in asked}
    if asked:
        rows = Attempt.objects.filter(access_link__in=asked, settled_at__isnull=False)
        for attempt in rows.select_related("settled_by").order_by("number"):
            found[attempt.access_link_id].append(attempt)
    return found


def _unknown(*, by: User, link: AccessLink, action: LinkAction, now: datetime) -> tuple[AccessLink, Attempt]:
    row = locked_for(by=by, link=link, action=action, now=now)
    if row.current_attempt is None:
        raise WrongState
    return row, row.current_attempt


def _store_link(attempt: Attempt, url: str) -> None:
    if link_problem(url, settings.KONDADO_LINK_HOSTS, settings.KONDADO_SANDBOX):
        raise LinkNotAccepted
    if Attempt.objects.filter(link_sha256__in=known_fingerprints(url)).exists():
        raise LinkNotAccepted
    attempt.kondado_link, attempt.link_sha256 = attempt.seal(url), fingerprint(url)


def _make_ready(link: AccessLink, attempt: Attempt, now: datetime) -> None:
    attempt.outcome = Outcome.READY
    link.status = Status.READY
    link.save(update_fields=["status", "link_absent_reason"])
    if link.invitation.expires_at is None:
        link.invitation.expires_at = now + timedelta(days=link.invitation.expires_in_days)
        link.invitation.save(update_fields=["expires_at"])


def _sign(attempt: Attempt, *, by: User | None, note: str, now: datetime) -> None:
    attempt.settled_how = SettledHow.PERSON if by else SettledHow.MAILBOX
    attempt.settled_by = by
    attempt.settled_at, attempt.settled_note = now, note[:300]
    try:
        attempt.save()
    except IntegrityError:  # between the look and the write the link was stored for another one
        raise LinkNotAccepted from None


def _approve_again(*, by: User, link: AccessLink, approval: Approval, now: datetime) -> None:
    number = link.attempts.count() + 1
    link.current_attempt = Attempt.objects.create(
        access_link=link, number=number, approval=approval, approved_by=by, approved_at=now
    )
    link.status, link.queued_at = Status.QUEUED, now
    link.save()


def _record(
    *,
    by: User | str,
    link: AccessLink,
    data: dict[str, object],
    now: datetime,
    kind: EventKind = EventKind.LINK_SETTLED,
) -> None:
    guest_queue.queue_when_ready(invitation=link.invitation, now=now)
    stages.refresh(invitation=link.invitation, now=now)
    about = f"invitation:{link.invitation.public_id}"
    audit.record(kind=kind, by=by, about=about, data={"link": link.position} | data, now=now)
