"""What an event of the record says to a person.

Names come from the event's own details, so that an erased person has none. Reads no table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invitations.models import AuditDetail, AuditEvent
from invitations.words.event_kinds import NOBODY, event_words, object_words
from invitations.words.lengths import spoken
from invitations.words.mails import mail_fault
from invitations.words.names import (
    ALARMS,
    DECLINE_KINDS,
    DELIVERIES,
    HOLD_REASONS,
    LANGUAGES,
    REFUSAL_VERDICTS,
    TOKEN_PURPOSES,
    WAIT_REASONS,
    Name,
)
from invitations.words.standing import unknown_fault


@dataclass(frozen=True, slots=True)
class Line:
    """One event, ready for a page. `kind`, `who` and `what` are words; `url` leads to what it is about when that has a page."""

    number: int
    at: datetime
    kind: str
    icon: str
    text: str
    about: str
    who: str
    what: str
    url: str


@dataclass(frozen=True, slots=True)
class About:
    """What the page of one invitation knows beside the record.

    Its connectors by position, where there are several, and the mails whose links open nothing any more.
    """

    connectors: Mapping[int, str] = field(default_factory=dict)
    dead_mails: Collection[int] = ()


NOTHING_MORE = About()
SHUT: dict[str, Any] = {
    "expired": gettext_lazy("it had expired"),
    "revoked": gettext_lazy("it was revoked"),
    "erased": gettext_lazy("it was erased"),
    "replaced": gettext_lazy("a newer link had replaced theirs"),
}
REASONS: dict[str, Any] = {
    "more": gettext_lazy("what had been put off"),
    **{value: name.label for table in (ALARMS, HOLD_REASONS, WAIT_REASONS) for value, name in table.items()},
    **SHUT,
}
VERDICTS: dict[str, Any] = {
    "": gettext_lazy("nothing more than before"),
    **{value: name.label for value, name in REFUSAL_VERDICTS.items()},
}
HOW: dict[str, Any] = {
    "exists": gettext_lazy("it exists at Kondado"),
    "absent": gettext_lazy("it does not exist at Kondado, and was queued anew"),
    "mailbox": gettext_lazy("Kondado’s mail with its link arrived in the silent mailbox"),
}


def present(event: AuditEvent, details: Iterable[AuditDetail], more: About = NOTHING_MORE) -> Line:
    """`event` as a line, with what `more` is known on the page where it stands."""
    kind, words = event_words(event.kind), _words(event, details)
    return Line(
        number=event.number,
        at=event.at,
        kind=str(kind.label),
        icon=kind.icon,
        text=str(kind.sentence) % words,
        about=_about(event.data, more),
        who=words["actor"],
        what=object_words(event.object),
        url=object_url(event.object),
    )


def object_url(reference: str) -> str:
    """Where an event's object can be looked at; empty when it has no page."""
    kind, _colon, name = reference.partition(":")
    return reverse("invitation", args=[name]) if kind == "invitation" and name else ""


def _words(event: AuditEvent, details: Iterable[AuditDetail]) -> dict[str, Any]:
    people = {one.detail.get("role", ""): one.detail for one in details}
    names = {role: _name(detail) for role, detail in people.items()}
    full = {role: _name_at(detail) for role, detail in people.items()}
    gone = _("an erased person")
    reason, language = str(event.data.get("reason", "")), event.data.get("language")
    return {
        "kind": event.kind,
        "actor": names.get("actor") or str(NOBODY.get(event.actor, gone)),
        "guest": names.get("guest", gone),
        "member": names.get("member", gone),
        "guest_at": full.get("guest", gone),
        "member_at": full.get("member", gone),
        "fault": unknown_fault(str(event.data.get("fault", ""))),
        "mail_fault": mail_fault(str(event.data.get("fault", ""))),
        "reason": REASONS.get(reason, reason) or _("no reason was recorded"),
        "verdict": str(VERDICTS.get(str(event.data.get("verdict", "")), "")).lower(),
        "why": _inside(DECLINE_KINDS, event.data.get("why")) or _("no reason was recorded"),
        "language": LANGUAGES[language].label if language in LANGUAGES else "?",
        "how": HOW.get(str(event.data.get("how", "")), ""),
        "days": event.data.get("days", 0),
        "length": spoken(timedelta(seconds=event.data.get("seconds", 0))),
        "listed": event.data.get("listed", 0),
        "added": event.data.get("added", 0),
        "retired": event.data.get("retired", 0),
        "tries": event.data.get("tries", 0),
        "left": event.data.get("left", 0),
    }


def _inside(table: Mapping[Any, Name], value: Any) -> str:
    """The words of a value inside a sentence; empty for one that the table lacks, as an older release may have recorded."""
    return str(table[value].inside) if value in table else ""


def _name(detail: Mapping[str, Any]) -> str:
    return str(detail.get("name") or detail.get("email") or _("an erased person"))


def _name_at(detail: Mapping[str, Any]) -> str:
    """Name and address, because two people may bear one name."""
    name, email = str(detail.get("name") or ""), str(detail.get("email") or "")
    return f"{name} ({email})" if name and email else _name(detail)


def _about(data: Mapping[str, Any], more: About) -> str:
    """A few words beside the sentence: connector, by which key, delivery, what is over by now."""
    delivery, key, left = (str(data.get(name, "")) for name in ("delivery", "key", "left_out"))
    position = data.get("link")
    words = [
        data.get("connector") or (more.connectors.get(position, "") if isinstance(position, int) else ""),
        _("without %(names)s, which a newer invitation asks for") % {"names": left} if left else "",
        _inside(TOKEN_PURPOSES, key) or key,
        _inside(DELIVERIES, delivery) or delivery,
        _("its link opens nothing any more") if data.get("mail") in more.dead_mails else "",
    ]
    return " · ".join(str(word) for word in words if word)
