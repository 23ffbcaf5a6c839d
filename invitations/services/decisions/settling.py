"""What ends where the machine could not know: an unknown outcome, or a refusal that was put right.

A person decides; or Kondado's own mail in the silent mailbox shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from invitations.errors import LinkNotAccepted, PortalError, WrongState
from invitations.kondado.links import link_problem
from invitations.models import AccessLink, Attempt, Delivery, EventKind, User
from invitations.models.attempt import Approval, SettledHow
from invitations.services.base import audit, locks
from invitations.services.invitations import approve, changes
from invitations.services.invitations.allowed import LinkAction, settles_at
from invitations.services.invitations.links import locked_for
from invitations.services.invitations.ready import attempt_with, make_ready

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
    _settle_as_there(link, attempt, url=url, by=by, note=note, now=now)
    data = {"how": "exists", "with_link": bool(url)}
    changes.finish_link(link=link, kind=EventKind.LINK_SETTLED, by=by, data=data, now=now)


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
    _settle_as_there(link, current, url=url, by=None, note="", now=now)
    changes.finish_link(
        link=link, kind=EventKind.LINK_SETTLED, by=audit.WORKER, data={"how": "mailbox"}, now=now
    )
    return True


@transaction.atomic
def absent(*, by: User, link: AccessLink, note: str = "", now: datetime | None = None) -> None:
    """Nothing turned up at Kondado: one new attempt is approved. Raises NotYours, WrongState, TooEarly."""
    now = now or timezone.now()
    link, attempt = _unknown(by=by, link=link, action=LinkAction.SETTLE_ABSENT, now=now)
    _sign(attempt, by=by, note=note, now=now)
    approve.again(link=link, approval=Approval.SETTLED_ABSENT, by=by, now=now)
    changes.finish_link(link=link, kind=EventKind.LINK_SETTLED, by=by, data={"how": "absent"}, now=now)


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
    link.assigned_collection_name = assigned_collection_name
    approve.again(link=link, approval=Approval.EDITED, by=by, now=now)
    changes.finish_link(link=link, kind=EventKind.LINK_SENT_AGAIN, by=by, data={"how": "edited"}, now=now)


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


def _settle_as_there(
    link: AccessLink, attempt: Attempt, *, url: str, by: User | None, note: str, now: datetime
) -> None:
    """The link is ready. Raises LinkNotAccepted for an address that is unsafe, or another attempt's."""
    if url and (
        link_problem(url, settings.KONDADO_LINK_HOSTS, settings.KONDADO_SANDBOX) or attempt_with(url)
    ):
        raise LinkNotAccepted
    make_ready(link=link, attempt=attempt, url=url, now=now)
    link.save(update_fields=["status", "link_absent_reason"])
    try:
        _sign(attempt, by=by, note=note, now=now)
    except IntegrityError:  # between the look and the write the link was stored for another one
        raise LinkNotAccepted from None


def _sign(attempt: Attempt, *, by: User | None, note: str, now: datetime) -> None:
    attempt.settled_how = SettledHow.PERSON if by else SettledHow.MAILBOX
    attempt.settled_by = by
    attempt.settled_at, attempt.settled_note = now, note[:300]
    attempt.save()
