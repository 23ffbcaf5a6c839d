"""What may be done with an invitation and its links, and by whom: the one place by which pages offer and services refuse.

Three questions, kept apart. What the state allows is pure: it reads no table. So is what a role allows. Whether an
account is a person's own is asked of the database, by services. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from invitations.errors import InvitationOver, NotYours, PortalError, TooEarly, WrongState
from invitations.models import AccessLink, Account, Delivery, Invitation, Status, User
from invitations.models.invitation import Over
from invitations.models.link import IN_HAND, MOVING

SETTLE_AFTER = timedelta(minutes=15)  # until then a late invitation may still turn up at Kondado


class Action(StrEnum):
    """What a person does with an invitation that was made."""

    COPY = "copy"
    MAIL = "mail"
    FORWARD = "forward"
    CORRECT = "correct"
    EXTEND = "extend"
    REVOKE = "revoke"
    ERASE = "erase"


class LinkAction(StrEnum):
    """What a person does with one of its links."""

    CANCEL = "cancel"
    SETTLE_EXISTS = "settle_exists"
    SETTLE_ABSENT = "settle_absent"
    SEND_AGAIN = "send_again"
    CONFIRM = "confirm"
    TAKE_BACK = "take_back"
    NEW_LINK = "new_link"
    REVEAL = "reveal"
    # Leads to the words of its refusal, which have a page of their own; services.holds.refusals decides about them.
    MARK = "mark"


# --- What the state allows


def actions(
    invitation: Invitation, links: Sequence[AccessLink], now: datetime, *, mail_under_way: bool = False
) -> frozenset[Action]:
    """What may be done with the invitation. `mail_under_way`: one to the guest waits to leave, or is leaving."""
    found = _actions(invitation, links, invitation.is_over(now), is_late=invitation.is_expired(now))
    return found - {Action.MAIL} if mail_under_way else found


def link_actions(invitation: Invitation, link: AccessLink, now: datetime) -> frozenset[LinkAction]:
    """What may be done with one link."""
    return _link_actions(invitation, link, invitation.is_over(now), now)


def refusal(
    action: Action,
    invitation: Invitation,
    links: Sequence[AccessLink],
    now: datetime,
    *,
    mail_under_way: bool = False,
) -> PortalError | None:
    """Why this may not be done with the invitation now; None where it may."""
    if action in actions(invitation, links, now, mail_under_way=mail_under_way):
        return None
    over = invitation.is_over(now)
    if over and action in _actions(invitation, links, None, is_late=False):
        return InvitationOver(over)
    return WrongState()


def link_refusal(
    action: LinkAction, invitation: Invitation, link: AccessLink, now: datetime
) -> PortalError | None:
    """Why this may not be done with the link now; None where it may."""
    if action in link_actions(invitation, link, now):
        return None
    over = invitation.is_over(now)
    if over and action in _link_actions(invitation, link, None, now):
        return InvitationOver(over)
    opens = settles_at(invitation, link)
    is_early = action in SETTLING and opens is not None and opens > now
    return TooEarly() if is_early else WrongState()


def settles_at(invitation: Invitation, link: AccessLink) -> datetime | None:
    """When a person may settle the link's outcome; None where there is nothing to settle."""
    attempt = link.current_attempt
    if link.status != Status.UNKNOWN or attempt is None or attempt.finished_at is None:
        return None
    return None if invitation.is_erased else attempt.finished_at + SETTLE_AFTER


def has_guest_page(link: AccessLink) -> bool:
    """Whether the guest page can lead on to Kondado for this link."""
    return link.status == Status.READY and not link.link_absent_reason


def _actions(
    invitation: Invitation, links: Sequence[AccessLink], over: Over | None, *, is_late: bool
) -> frozenset[Action]:
    """`over` and `is_late` apart: who declined may also be late."""
    live = [link for link in links if link.status != Status.CANCELLED]
    if over == Over.ERASED:
        return frozenset()
    found = {Action.ERASE}
    if over == Over.REVOKED or not live:
        return frozenset(found)
    if not any(link.status in IN_HAND for link in live):
        found.add(Action.REVOKE)
    if all(link.confirmed_at for link in live):
        return frozenset(found)
    if over is None and any(has_guest_page(link) for link in live):
        found |= {Action.MAIL, Action.FORWARD}
        found |= {Action.COPY} if invitation.delivery != Delivery.KONDADO else set()
    if invitation.expires_at:
        found.add(Action.EXTEND)
    if not is_late and not any(_address_is_fixed(invitation, link) for link in live):
        found.add(Action.CORRECT)
    return frozenset(found)


def _address_is_fixed(invitation: Invitation, link: AccessLink) -> bool:
    """Whether a request that names the guest's own address may still be under way to Kondado."""
    attempt = link.current_attempt
    frozen = attempt is not None and attempt.frozen_at is not None
    return invitation.delivery == Delivery.KONDADO and link.status in MOVING and frozen


def _link_actions(
    invitation: Invitation, link: AccessLink, over: Over | None, now: datetime
) -> frozenset[LinkAction]:
    if over == Over.ERASED:
        return frozenset()
    found = set(BY_STATUS[Status(link.status)](link))
    if over not in ASKS_ANEW:
        found -= NEW_ATTEMPT
    opens = settles_at(invitation, link)
    if opens is None or opens > now:
        found -= SETTLING
    return frozenset(found)


def _when_ready(link: AccessLink) -> set[LinkAction]:
    found = {LinkAction.TAKE_BACK} if link.confirmed_at else {LinkAction.CONFIRM, LinkAction.NEW_LINK}
    return found if link.link_absent_reason else found | {LinkAction.REVEAL}


SETTLING = frozenset({LinkAction.SETTLE_EXISTS, LinkAction.SETTLE_ABSENT})
# What approves one more request to Kondado. The time of an expired invitation begins anew with it; what somebody's
# word ended is not asked for again.
NEW_ATTEMPT = frozenset({LinkAction.NEW_LINK, LinkAction.SEND_AGAIN, LinkAction.SETTLE_ABSENT})
ASKS_ANEW = (None, Over.EXPIRED)
# By what Kondado did with it; what ended the invitation takes some of it away.
BY_STATUS: dict[Status, Callable[[AccessLink], set[LinkAction]]] = {
    Status.DRAFT: lambda _link: {LinkAction.CANCEL},
    Status.QUEUED: lambda _link: {LinkAction.CANCEL},
    Status.CONNECTING: lambda _link: set(),
    Status.ON_WIRE: lambda _link: set(),
    Status.READY: _when_ready,
    Status.REJECTED: lambda _link: {LinkAction.SEND_AGAIN, LinkAction.MARK},
    Status.UNKNOWN: lambda _link: set(SETTLING),
    Status.CANCELLED: lambda _link: set(),
}


# --- Who may


ADMINS_ALONE = frozenset({Action.ERASE, LinkAction.MARK})
OWNERS_AND_ADMINS = frozenset({LinkAction.REVEAL})


def may(user: User, action: Action | LinkAction, invitation: Invitation) -> bool:
    """Whether somebody who sees the invitation may do this to it, by their role, whatever its state."""
    if action in ADMINS_ALONE:
        return user.is_admin
    if action in OWNERS_AND_ADMINS:
        return user.is_admin or (user.can_change and invitation.created_by_id == user.pk)
    return user.can_change


def may_act(user: User, account: Account) -> bool:
    """Whether this person may invite for this account and act on its invitations. One query."""
    return Account.objects.usable_by(user).filter(pk=account.pk).exists()


# --- Both


def offered(
    user: User,
    invitation: Invitation,
    links: Sequence[AccessLink],
    now: datetime,
    *,
    mail_under_way: bool = False,
) -> frozenset[Action]:
    """What a page offers this person, who sees the invitation."""
    found = actions(invitation, links, now, mail_under_way=mail_under_way)
    return frozenset(action for action in found if may(user, action, invitation))


def offered_on_link(
    user: User, invitation: Invitation, link: AccessLink, now: datetime
) -> frozenset[LinkAction]:
    """What a page offers this person to do with one link of an invitation that they see."""
    found = link_actions(invitation, link, now)
    return frozenset(action for action in found if may(user, action, invitation))


def check(
    action: Action,
    *,
    by: User,
    invitation: Invitation,
    links: Sequence[AccessLink],
    now: datetime,
    mail_under_way: bool = False,
) -> None:
    """For services, on locked rows. Raises NotYours, or what `refusal` says."""
    _check_person(action, by, invitation)
    error = refusal(action, invitation, links, now, mail_under_way=mail_under_way)
    if error:
        raise error


def check_link(action: LinkAction, *, by: User, link: AccessLink, now: datetime) -> None:
    """For services, on a locked link with its invitation. Raises NotYours, or what `link_refusal` says."""
    _check_person(action, by, link.invitation)
    error = link_refusal(action, link.invitation, link, now)
    if error:
        raise error


def _check_person(action: Action | LinkAction, by: User, invitation: Invitation) -> None:
    if not (may(by, action, invitation) and may_act(by, invitation.account)):
        raise NotYours
