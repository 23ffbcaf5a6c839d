"""What the guest's page shows of an invitation, as plain values for a template. Reads no table and writes nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _

from invitations.models import AccessLink, Connector, DeclineKind, Invitation, Status
from invitations.services.reads.help_texts import Help
from invitations.words import look
from invitations.words.marks import initials, monogram
from invitations.words.names import DECLINE_KINDS, choices

LOGO_BYTES = 4_096
PICTURE_BYTES = 6_500  # logo and photo together, so that the page stays under 15 kB
PICTURES = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"RIFF", "webp"))


@dataclass(frozen=True, slots=True)
class Card:
    """One link as the guest sees it. `state` is one word: making, mailed, open, went, done, confirmed, replaced."""

    pk: int
    name: str
    mark: str
    is_source: bool
    state: str
    tutorial: str
    help: Help | None
    went_on: str
    is_next: bool = False

    @property
    def is_over(self) -> bool:
        """Nothing is left to do for it, as far as the guest is concerned."""
        return self.state in {"done", "confirmed"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, as a title and a sentence on what that means."""

    title: str
    meaning: str


def what_is_asked(*, company: str, asked: Sequence[tuple[str, bool]]) -> Asked:
    """The words for what is asked: name of each connector, and whether it is a source. Empty for none."""
    words = {"company": company, "count": len(asked), "name": asked[0][0] if asked else ""}
    title, meaning = "", ""
    if len(asked) > 1:
        title = _("Connect %(count)s services")
        meaning = _(
            "%(company)s works with the data service Kondado. There you connect each of these, in any order; you can stop and come back, on any device."
        )
    elif asked and asked[0][1]:
        title = _("Connect %(name)s as a data source")
        meaning = _(
            "%(company)s works with the data service Kondado. There you allow it to read data from your %(name)s."
        )
    elif asked:
        title = _("Connect %(name)s as a data destination")
        meaning = _(
            "%(company)s works with the data service Kondado. There you allow it to deliver data to your %(name)s."
        )
    return Asked(title % words, meaning % words)


def language_of(invitation: Invitation) -> str:
    """The language to speak to the guest, or the portal's own while it has no texts in theirs."""
    offered = dict(settings.LANGUAGES)
    known = invitation.language in offered and check_for_language(invitation.language)
    return invitation.language if known else settings.LANGUAGE_CODE


def brand(invitation: Invitation) -> dict[str, object]:
    """Who asks: company, person, their pictures as `data:` addresses, the accent; the portal's where the account has none."""
    account, sender = invitation.account, invitation.created_by
    logo, photo = bytes(account.brand_logo) or look.logo_bytes(), bytes(sender.photo)
    return {
        "invitation": invitation,
        "company": account.shown_brand,
        "company_mark": initials(account.shown_brand),
        "logo": picture(logo, most=LOGO_BYTES),
        "sender": str(sender),
        "sender_mark": initials(str(sender)),
        "photo": picture(photo, most=PICTURE_BYTES - min(len(logo), LOGO_BYTES)),
        "accent": account.brand_accent or settings.PORTAL_ACCENT,
    }


def picture(data: bytes, *, most: int) -> str:
    """A picture as a `data:` address; empty when there is none, it is too large, or no kind that browsers show."""
    kind = next((name for start, name in PICTURES if data.startswith(start)), "")
    if not kind or len(data) > most:
        return ""
    return f"data:image/{kind};base64,{b64encode(data).decode()}"


def refusals() -> list[tuple[str, Any]]:
    """The ways to say no that a guest chooses from; to name somebody else has a form of its own."""
    return [pair for pair in choices(DeclineKind) if pair[0] != DeclineKind.WRONG_PERSON]


def thanks(invitation: Invitation) -> str:
    """What a guest reads who declined."""
    kind = DeclineKind(invitation.decline_kind or DeclineKind.WILL_NOT)
    return str(DECLINE_KINDS[kind].sentence) % {"sender": invitation.created_by}


def masked(address: str) -> str:
    """`ana@example.com` as `a•••@example.com`: enough for its owner, too little for a stranger."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def day(at: datetime | None) -> str:
    """A date in words, in the reader's language."""
    return date_format(localtime(at), "DATE_FORMAT") if at else ""


def cards(
    links: Iterable[AccessLink], helps: Mapping[int, Help], replaced: Collection[int] = ()
) -> list[Card]:
    """The links that still ask something, or did; the first that is open is the next one.

    `replaced` are the keys of those that a newer invitation asks for.
    """
    found = [
        _card(link, helps.get(link.connector_id), "replaced" if link.pk in replaced else _state(link))
        for link in links
    ]
    first = next((card.pk for card in found if card.state in {"open", "went"}), None)
    return [replace(card, is_next=card.pk == first) for card in found]


def sample(connector: Connector, help_: Help | None) -> Card:
    """A connector as a guest sees it who has not begun."""
    return Card(
        pk=0,
        name=connector.name,
        mark=monogram(connector.name),
        is_source=connector.direction == "src",
        state="open",
        tutorial=_tutorial(connector),
        help=help_,
        went_on="",
    )


def _tutorial(connector: Connector) -> str:
    return connector.tutorial_url if connector.tutorial_url.startswith("https://") else ""


def _card(link: AccessLink, help_: Help | None, state: str) -> Card:
    return Card(
        pk=link.pk,
        name=link.connector_name,
        mark=monogram(link.connector_name),
        is_source=link.direction == "src",
        state=state,
        tutorial=_tutorial(link.connector),
        help=help_,
        went_on=day(link.continued_at),
    )


def _state(link: AccessLink) -> str:
    if link.confirmed_at:
        return "confirmed"
    if link.done_at:
        return "done"
    if link.status != Status.READY:
        return "making"
    if link.link_absent_reason:
        return "mailed"
    return "went" if link.continued_at else "open"
