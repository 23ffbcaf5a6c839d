"""What a service refuses, each with a sentence for the person who asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from invitations.models.invitation import Over

if TYPE_CHECKING:
    from invitations.models import AccessLink, Connector, Hold, Invitation


class PortalError(Exception):
    """Nothing was changed. `sentence` says why, in words for a person."""

    sentence: Any = _("That did not work, and nothing was changed.")


class NotYours(PortalError):  # noqa: N818  (named as the sentence says it)
    """The person may not act on this."""

    sentence = _("This account is not yours to act on.")


class SignsIn(PortalError):  # noqa: N818
    """The address is that of somebody who signs in: what they did here is told by their name."""

    sentence = _("This address belongs to somebody who signs in here. They cannot be erased as a guest.")


class RecordKeyMissing(PortalError):  # noqa: N818
    """FIELD_KEYS lacks the key without which nobody can be found in the record."""

    sentence = _(
        "The key that names people in the record cannot be read, so that nothing was erased. Put the missing key back into FIELD_KEYS."
    )


class AccountHeld(PortalError):  # noqa: N818
    """Sending for the account stands still."""

    sentence = _("Sending for this account is stopped. An administrator has to release it first.")

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.pk)
        self.hold = hold


class ConnectorNotOffered(PortalError):  # noqa: N818
    """Kondado does not list the connector for the account's credential (any more)."""

    sentence = _("Kondado does not offer this connector for the account. Choose another one.")

    def __init__(self, connector: Connector) -> None:
        super().__init__(connector.pk)
        self.connector = connector


class SameOpenInvitation(PortalError):  # noqa: N818
    """The same guest was already asked for the same connector."""

    sentence = _("This guest already has an open invitation for this connector.")

    def __init__(self, *existing: AccessLink) -> None:
        super().__init__(*(link.pk for link in existing))
        self.existing = existing


@dataclass(frozen=True)
class Difference:
    """One thing that an invitation was made with, and what the same form asked for later."""

    field: str
    made: str
    asked: str


class SentOtherwise(PortalError):  # noqa: N818
    """The same form made an invitation already, and asked for something else than now: nothing more was made."""

    sentence = _("Not sent again: this form was sent before, and asked for something else.")

    def __init__(self, first: Invitation, differences: tuple[Difference, ...]) -> None:
        super().__init__(first.pk)
        self.first = first
        self.differences = differences


class WrongState(PortalError):  # noqa: N818
    """Another state by now: somebody or something was faster."""

    sentence = _("This has changed in the meantime. Look at where it stands now.")


class InvitationOver(WrongState):
    """The invitation asks nothing of its guest any more, and only therefore this cannot be done."""

    def __init__(self, why: Over) -> None:
        super().__init__(str(why))
        self.why = why
        self.sentence = OVER[why]


OVER: dict[Over, Any] = {
    Over.ERASED: _("The guest was erased, so nothing more can be done here."),
    Over.REVOKED: _(
        "This invitation was revoked, so nothing more is sent. Invite again if it is still needed."
    ),
    Over.DECLINED: _(
        "The guest declined, so nothing more is sent. Wait until they go on after all on the guest page, or correct the address to ask somebody else."
    ),
    Over.EXPIRED: _("This invitation has expired. Extend it first."),
}


class LinkUnsafe(PortalError):  # noqa: N818
    """A stored link no longer keeps the rules for links."""

    sentence = _("This link is withheld for safety. Tell an administrator.")


class NoSilentAddress(PortalError):  # noqa: N818
    """Only Kondado could mail this guest: the account has no address of its own for Kondado to write to."""

    sentence = _("This account has no silent address, so only Kondado can mail the guest.")


class TooEarly(PortalError):  # noqa: N818
    """An answer may still arrive."""

    sentence = _("Wait until 15 minutes after the fault: an invitation may still turn up until then.")


class LinkNotAccepted(PortalError):  # noqa: N818
    """A pasted link is not one of Kondado's, or belongs to another invitation."""

    sentence = _("This is not a link of Kondado's for this invitation. Paste it as Kondado's mail shows it.")


class AlreadyShown(PortalError):  # noqa: N818
    """The press that made a guest link was repeated by a reload."""

    sentence = _(
        "A guest link is shown once. Copy the guest link again to get another one; the first stays good."
    )


class OpensNothing(PortalError):  # noqa: N818
    """The guest's key opens nothing: unknown, revoked and erased are told apart for nobody."""

    sentence = _("This link does not open anything.")


class InvitationExpired(PortalError):  # noqa: N818
    """The guest came too late."""

    sentence = _("This invitation has expired.")


class InvitationDeclined(PortalError):  # noqa: N818
    """The guest said no, perhaps in another window."""

    sentence = _("You declined this invitation. Take that back first if you want to go on.")


class InvitedMeanwhile(PortalError):  # noqa: N818
    """Another invitation of the same guest took the place of the one that was declined."""

    sentence = _("In the meantime you were sent a newer invitation for the same. Please use that one.")


class AlreadyForwarded(PortalError):  # noqa: N818
    """The colleague has a link already."""

    sentence = _("This address already has the invitation. Nothing was sent again.")


class TooManyForwards(PortalError):  # noqa: N818
    """The guest named as many colleagues as one invitation may have."""

    sentence = _("This invitation was passed on three times already. Please ask the person who sent it.")


class TooOften(PortalError):  # noqa: N818
    """The same thing was switched back and forth for too long."""

    sentence = _("This was changed too often. Please write to the person who invited you.")


class TooManyTries(PortalError):  # noqa: N818
    """Whoever tries has to wait for `wait` seconds; with `only_recovery`, a recovery code is still looked at."""

    sentence = _("Too many tries. Please wait a little before you try again.")

    def __init__(self, wait: int, *, only_recovery: bool = False) -> None:
        super().__init__(wait)
        self.wait = wait
        self.only_recovery = only_recovery


class BackupError(Exception):
    """A backup or a restore could not be made. The text is a sentence for an operator, and holds no secret.

    Nothing was changed, unless `half_way`: the rows are back, and something is left to do.
    """

    half_way = False
