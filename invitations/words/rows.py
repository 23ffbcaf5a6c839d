"""The rows of a list of invitations, ready to show: fifty at a time are worth making before the template. Reads no table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from invitations.services.reads.invitations import Row
from invitations.words.marks import icon, time_tag
from invitations.words.names import STAGES

# Letters of the longest word that a column has room for; a longer one may break anywhere.
LONGEST_WORD, LONGEST_OF_GUEST = 14, 24


@dataclass(frozen=True, slots=True)
class Line:
    """One invitation, and the class of each cell that needs one. `email` is empty where the guest is shown by it."""

    url: str
    guest: str
    guest_class: str
    email: str
    connectors: str
    connectors_class: str
    account: str
    account_class: str
    stage: str
    icon: SafeString
    stage_word: str
    manager: str
    manager_class: str
    created: SafeString


def lines(rows: Iterable[Row]) -> list[Line]:
    """The rows in order."""
    now = timezone.localtime()
    nobody = capfirst(_("an erased person"))
    stages = {stage.value: (icon(word.icon), str(word.label)) for stage, word in STAGES.items()}
    return [
        Line(
            url=reverse("invitation", args=[row.public_id]),
            guest=row.guest or nobody,
            guest_class=_class(f"{row.guest} {row.email}", LONGEST_OF_GUEST),
            email=row.email if row.email != row.guest else "",
            connectors=row.connectors,
            connectors_class=_class(row.connectors),
            account=row.account,
            account_class=_class(row.account),
            stage=row.stage,
            icon=stages[row.stage][0],
            stage_word=stages[row.stage][1],
            manager=row.manager,
            manager_class=_class(row.manager),
            created=time_tag(row.created_at, now),
        )
        for row in rows
    ]


def _class(text: str, most: int = LONGEST_WORD) -> str:
    return "long" if len(text) > most and max(map(len, text.split())) > most else ""
