"""The portal's mails: one function each, and one that hands a mail to Django's backend. Decides nothing.

What people typed reaches headers as one line without control characters, and bodies escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.utils import parseaddr
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import ngettext

from invitations.mail.seven_bits import SevenBitMail
from invitations.mail.smtp import NotSent
from invitations.models import ACCENTS, AccessLink, Invitation
from invitations.typed.addresses import NotAnAddress, one_form
from invitations.typed.invisible import CONTROL_OR_BLANK

LONGEST_NAME, LONGEST_SUBJECT = 64, 180
ADDRESS = re.compile(r"<?([^\s<>@]*)@[^\s<>]*>?")
# The shades of static/css/tokens.css: a mail can bring no style sheet.
SHADES = {
    "indigo": "#4650c9", "blue": "#1f5fbf", "sky": "#0b6a9c", "teal": "#0b7169", "green": "#1f7040", "olive": "#5c6812",
    "amber": "#8a5a00", "orange": "#a8480c", "red": "#b42a2f", "rose": "#b3235f", "violet": "#7338b8", "slate": "#475267",
}  # fmt: skip


class MailName(StrEnum):
    """Every mail that may leave, by the folder of its words in templates/emails. allauth's bear allauth's names."""

    INVITATION = "invitation"
    FORWARD = "forward"
    ALERT = "alert"
    GUEST_DONE = "guest_done"
    GUEST_UNDONE = "guest_undone"
    GUEST_DECLINED = "guest_declined"
    GUEST_RESUMED = "guest_resumed"
    GUEST_FORWARDED = "guest_forwarded"
    GUEST_ASKED_AGAIN = "guest_asked_again"
    GUEST_BOUNCED = "guest_bounced"
    PASSWORD_RESET_KEY = "password_reset_key"  # noqa: S105  (names a mail)
    UNKNOWN_ACCOUNT = "unknown_account"
    PASSWORD_RESET = "password_reset"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    PASSWORD_SET = "password_set"  # noqa: S105
    TOTP_ACTIVATED = "totp_activated"
    TOTP_DEACTIVATED = "totp_deactivated"
    RECOVERY_CODES_GENERATED = "recovery_codes_generated"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address, ready to leave. Its repr is empty: bodies may hold keys."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a guest is asked, in the words that mails and previews share. `links` are names with directions."""

    sender: str
    sender_email: str
    company: str
    accent: str
    links: Sequence[tuple[str, str]]
    guest: str
    message: str
    language: str
    expires_in_days: int
    expires_at: datetime | None = None

    @classmethod
    def by(cls, invitation: Invitation, links: Sequence[AccessLink]) -> Asked:
        """What `invitation` asks with these of its links."""
        return cls(
            sender=str(invitation.created_by),
            sender_email=invitation.created_by.email,
            company=invitation.account.shown_brand,
            accent=invitation.account.brand_accent,
            links=[(link.connector_name, link.direction) for link in links],
            guest=invitation.recipient_name,
            message=invitation.message,
            language=invitation.language,
            expires_in_days=invitation.expires_in_days,
            expires_at=invitation.expires_at,
        )


# One function for each mail ------------------------------------------------------------------------


def invitation(asked: Asked, *, to: str, url: str, mail_id: str = "") -> Mail:
    """To the guest: who asks for what, why it is safe, and one link to the guest page."""
    return _to_guest(MailName.INVITATION, asked, to=to, to_name=asked.guest, url=url, mail_id=mail_id)


def forward(asked: Asked, *, to: str, to_name: str, forwarded_by: str, url: str, mail_id: str = "") -> Mail:
    """To a colleague of the guest: as `invitation`, and who passed it on."""
    return _to_guest(
        MailName.FORWARD, asked, to=to, to_name=to_name, url=url, mail_id=mail_id, forwarded_by=forwarded_by
    )


def to_staff(words: dict[str, str], *, to: str, language: str, mail_id: str) -> Mail:
    """To somebody who signs in: the `words` that `staff_words` wrote when the mail was queued."""
    return Mail(to, words["subject"], words["text"], words["html"], _headers(to, language, mail_id))


def staff_words(name: MailName, context: dict[str, Any], *, language: str, url: str = "") -> dict[str, str]:
    """Subject, text and html of a mail to staff, with at most one address, which is one of the portal's own."""
    with translation.override(language):
        shown = context | {"portal": settings.PORTAL_NAME, "language": language}
        subject = one_line(render_to_string(f"emails/{name}/subject.txt", shown))[:LONGEST_SUBJECT]
        text = render_to_string(f"emails/{name}/body.txt", shown).strip()
        shown |= {
            "subject": subject,
            "paragraphs": text.split("\n\n"),
            "url": url,
            "host": host_of(url),
            "shade": shade(),
        }
        html = render_to_string(f"emails/{name}/body.html", shown)
    return {"subject": subject, "text": "\n\n".join(filter(None, (text, url))) + "\n", "html": html}


# How they are put together --------------------------------------------------------------------------


def _to_guest(
    name: MailName, asked: Asked, *, to: str, to_name: str, url: str, mail_id: str, **more: str
) -> Mail:
    company, sender = one_line(asked.company), one_line(asked.sender)
    headers = _headers(to, asked.language, mail_id) | {
        "From": address(f"{sender} · {company}", parseaddr(settings.DEFAULT_FROM_EMAIL)[1]),
        "Reply-To": address(sender, asked.sender_email),
        "To": address(to_name, to),
    }
    with translation.override(asked.language):
        context = words(asked) | more | {"to": to, "to_name": to_name, "url": url, "host": host_of(url)}
    return _render(name, context, to=to, language=asked.language, headers=headers)


def words(asked: Asked) -> dict[str, Any]:
    """What templates of mails to guests say, in the language that is active now."""
    return {
        "asked": asked,
        "what": _what(asked.links),
        "ends": date_format(localtime(asked.expires_at), "DATE_FORMAT") if asked.expires_at else "",
        "shade": shade(asked.accent),
        "portal": settings.PORTAL_NAME,
        "language": asked.language,
    }


def _what(links: Sequence[tuple[str, str]]) -> str:
    """The connectors in a few words: a name, or a number once there are several."""
    if len(links) == 1:
        return links[0][0]
    return ngettext("%(count)d data connection", "%(count)d data connections", len(links)) % {
        "count": len(links)
    }


def _render(
    name: MailName, context: dict[str, Any], *, to: str, language: str, headers: dict[str, str]
) -> Mail:
    with translation.override(language):
        subject, text, html = (
            render_to_string(f"emails/{name}/{part}", {"language": language} | context)
            for part in ("subject.txt", "body.txt", "body.html")
        )
    return Mail(to, one_line(subject)[:LONGEST_SUBJECT], text.strip() + "\n", html, headers)


def shade(accent: str = "") -> str:
    """The colour of an account's accent, or of the portal's where it has none."""
    return SHADES.get(accent or settings.PORTAL_ACCENT, SHADES[ACCENTS[0]])


def _headers(to: str, language: str, mail_id: str) -> dict[str, str]:
    """What every mail bears: to whom and from the portal, a name of its own, and no answer from a machine."""
    name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    headers = {
        "From": address(name or settings.PORTAL_NAME, sender),
        "To": address("", to),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": language,
    }
    return headers | {"Message-ID": mail_id} if mail_id else headers


def one_line(text: str) -> str:
    """`text` without control characters and line breaks, and with nothing that a mail program would decode."""
    return " ".join(CONTROL_OR_BLANK.sub(" ", text).replace("=?", "= ?").split())


def address(name: str, email: str) -> str:
    """A header's value that is exactly one address, whatever the name holds; an address in a name loses its domain."""
    name = ADDRESS.sub(r"\1", one_line(name)).strip()[:LONGEST_NAME]
    return str(Address(display_name=name, addr_spec=mailable(email)))


def mailable(email: str) -> str:
    """An address as mail servers write it; one of this machine alone, as in the demo, stays as it is."""
    try:
        return one_form(email)
    except NotAnAddress:
        return one_line(email)


def host_of(url: str) -> str:
    """What stands behind a link, to be its visible text."""
    return urlsplit(url).netloc


def send(mail: Mail) -> None:
    """Hands the mail over. Raises smtp.MailError: NotSent, Refused or Unsure."""
    message = SevenBitMail(
        subject=mail.subject,
        body=mail.text,
        from_email=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        to=[mailable(mail.to)],
        headers=mail.headers,
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    try:
        message.send()
    except OSError as error:  # of a backend that is no SMTP: a folder that cannot be written
        raise NotSent(f"errno_{error.errno}") from None
