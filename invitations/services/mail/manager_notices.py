"""Tells whoever invited, by mail, what a guest did and what did not reach them. Writes to the outbox and to nobody else."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy

from invitations.models import Invitation
from invitations.models.message import MessageKind
from invitations.services.base import throttle
from invitations.services.base.bounds import GUEST_NOTICES
from invitations.services.mail import outbox


class News(StrEnum):
    """What happened that the manager hears of."""

    DONE = "done"
    UNDONE = "undone"
    DECLINED = "declined"
    RESUMED = "resumed"
    FORWARDED = "forwarded"
    ASKED_AGAIN = "asked_again"
    BOUNCED = "bounced"


# Subject, what happened, what to do.
WORDS: dict[News, tuple[Any, Any, Any]] = {
    News.DONE: (
        gettext_lazy("%(guest)s says it is done"),
        gettext_lazy("%(guest)s says on the guest page that the connection is set up."),
        gettext_lazy("Kondado reports nothing back: look there, then confirm it in the portal."),
    ),
    News.UNDONE: (
        gettext_lazy("%(guest)s is not done after all"),
        gettext_lazy("%(guest)s took back what was said before: the connection is not set up yet."),
        gettext_lazy("Nothing to do now; the guest page is still open."),
    ),
    News.DECLINED: (
        gettext_lazy("%(guest)s declined"),
        gettext_lazy("%(guest)s answered on the guest page and does not go on."),
        gettext_lazy("The reason, if one was given, stands on the invitation’s page."),
    ),
    News.RESUMED: (
        gettext_lazy("%(guest)s goes on after all"),
        gettext_lazy("%(guest)s had declined and opened the invitation again."),
        gettext_lazy("Nothing to do now; the guest page is open again."),
    ),
    News.FORWARDED: (
        gettext_lazy("%(guest)s passed the invitation on"),
        gettext_lazy("%(guest)s named a colleague, who gets a mail with a link of their own."),
        gettext_lazy("The colleague’s name and address stand on the invitation’s page."),
    ),
    News.ASKED_AGAIN: (
        gettext_lazy("%(guest)s asks for more time"),
        gettext_lazy("The invitation of %(guest)s has expired, and the guest asks for a new one."),
        gettext_lazy("Extend it or invite again."),
    ),
    News.BOUNCED: (
        gettext_lazy("The mail to %(guest)s came back"),
        gettext_lazy("A mail server returned the mail to %(guest)s: nobody got it at this address."),
        gettext_lazy("Correct the address on the invitation’s page and send it again."),
    ),
}


def tell(*, invitation: Invitation, what: News, now: datetime) -> None:
    """One mail in the language of whoever invited; none to somebody who was deactivated, nor beyond GUEST_NOTICES.

    Called in the transaction of the change.
    """
    manager = invitation.created_by
    if not manager.is_active or throttle.take(GUEST_NOTICES, str(invitation.pk), now=now).wait:
        return
    with translation.override(manager.language):
        subject, happened, to_do = (str(words) % {"guest": invitation.guest_shown} for words in WORDS[what])
    outbox.put(
        to=manager.email,
        subject=" ".join(subject.split()),
        text=f"{happened}\n{to_do}",
        url=settings.PORTAL_URL + reverse("invitation", args=[invitation.public_id]),
        kind=MessageKind.NOTICE,
        invitation=invitation,
        language=manager.language,
        now=now,
    )
