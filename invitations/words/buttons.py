"""The buttons of an invitation's page: the one next thing to do, and the rest. Reads no table, decides no rule."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from invitations.models import AccessLink, Delivery, Invitation, Message, Stage, Status
from invitations.models.message import MessageKind, MessageStatus
from invitations.services.invitations.allowed import Action

UNDER_WAY = frozenset({MessageStatus.QUEUED, MessageStatus.SENDING})
NOT_THERE = frozenset({MessageStatus.FAILED, MessageStatus.UNKNOWN, MessageStatus.BOUNCED})


@dataclass(frozen=True, slots=True)
class Button:
    """`posts` acts at once; the others lead to a page that asks first. `once`: not again by a reload."""

    url: str
    label: Any
    icon: str
    posts: bool = False
    once: bool = False
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Buttons:
    """`first` is None where there is nothing to do but wait, or something to do elsewhere.

    `beside` stays in sight whatever comes first: a link to pass on helps as soon as there is one.
    """

    first: Button | None
    beside: Button | None
    rest: list[Button]


BUTTONS = {
    Action.COPY: Button("invitation_copy", _("Copy guest link"), "copy", posts=True, once=True),
    Action.MAIL: Button("invitation_mail", _("Mail the guest page"), "mail", posts=True),
    Action.FORWARD: Button("invitation_forward", _("Send to somebody else too"), "forward"),
    Action.CORRECT: Button("invitation_address", _("Correct the address"), "at-sign"),
    Action.EXTEND: Button("invitation_extend", _("Extend"), "calendar-plus"),
    Action.REVOKE: Button("invitation_revoke", _("Revoke"), "link-2-off", danger=True),
    Action.ERASE: Button("invitation_erase", _("Erase the guest"), "eraser", danger=True),
}
AGAIN = Button("invitation_mail", _("Mail the guest again"), "mail", posts=True)


def buttons(
    invitation: Invitation,
    links: Sequence[AccessLink],
    mails: Sequence[Message],
    can: Collection[Action],
    *,
    copied: bool = False,
) -> Buttons:
    """What of all that this person `can` do stands where. `mails` are those to guests, newest first.

    Where a link was just `copied`, not another one.
    """
    possible = set(can) - ({Action.COPY} if copied else set())
    own = [mail for mail in mails if mail.kind == MessageKind.INVITATION]
    first = _first(invitation, links, own[0].status if own else "")
    shown = {action: BUTTONS[action] for action in BUTTONS if action in possible}
    if Action.MAIL in shown and own:
        shown[Action.MAIL] = AGAIN
    chosen = shown.pop(first, None) if first else None
    return Buttons(chosen, shown.pop(Action.COPY, None), list(shown.values()))


def _first(invitation: Invitation, links: Sequence[AccessLink], mailed: str) -> Action | None:
    stage = invitation.stage
    troubled = any(link.status in {Status.REJECTED, Status.UNKNOWN} for link in links)
    if stage == Stage.EXPIRED:
        return Action.EXTEND
    if stage == Stage.DECLINED:
        return Action.CORRECT
    if stage == Stage.NEEDS_ATTENTION and not troubled and mailed in NOT_THERE:
        return Action.CORRECT
    if stage == Stage.WAITING and invitation.delivery == Delivery.LINK and not mailed:
        return Action.COPY
    if stage == Stage.WAITING and mailed == MessageStatus.UNKNOWN:
        return Action.MAIL
    return None
