"""Rows of the long tables, written in one go: a template's loop over 50 rows costs more than the page around it.

Must not query.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from invitations.models import Stage
from invitations.templatetags.portal_ui import time_tag
from invitations.words.names import STAGES

register = template.Library()

INVITATION = (
    '<tr><th scope="row"{long}><a class="row-link" href="{address}">{guest}</a>{email}</th>'
    "{connectors}{account}<td>{stage}</td>{manager}<td>{created}</td></tr>"
)
# Letters of the longest word that a column has room for; a longer one may break anywhere.
LONGEST_WORD, LONGEST_OF_GUEST = 14, 24


@register.simple_tag
def invitation_rows(rows: Iterable[Any]) -> SafeString:
    """Rows of templates/invitations/_table.html, in the order of its columns; each is a services.reads.invitations.Row."""
    parent, now, language = reverse("invitations"), timezone.localtime(), get_language() or ""
    return SafeString("\n".join(_invitation_row(row, parent, now, language) for row in rows))


def _invitation_row(row: Any, parent: str, now: datetime, language: str) -> str:
    """One row, each value escaped by the standard library: format_html looks at every value's type four times."""
    email = f' <span class="muted">{escape(row.email)}</span>' if row.guest != row.email else ""
    return INVITATION.format(
        long=_long(f"{row.guest} {row.email}", LONGEST_OF_GUEST),
        address=f"{parent}{row.public_id}/",
        guest=escape(row.guest or capfirst(_("an erased person"))),
        email=email,
        connectors=_cell(row.connectors),
        account=_cell(row.account),
        stage=_badge(row.stage, language),
        manager=_cell(row.manager),
        created=time_tag(row.created_at.astimezone(now.tzinfo), now=now, language=language),
    )


def _cell(text: str) -> str:
    return f"<td{_long(text, LONGEST_WORD)}>{escape(text)}</td>"


def _long(text: str, most: int) -> str:
    return ' class="long"' if len(text) > most and max(map(len, text.split())) > most else ""


@register.simple_tag
def guest_options(guests: Iterable[tuple[str, str]]) -> SafeString:
    """Options of the guests invited before, each an address and a name."""
    return SafeString(
        "".join(f'<option value="{escape(email)}">{escape(name)}</option>' for email, name in guests)
    )


@register.simple_tag
def stage_badge(stage: str) -> SafeString:
    """A stage as icon and word."""
    return _badge(stage, get_language() or "")


@lru_cache(maxsize=64)
def _badge(stage: str, _language: str) -> SafeString:
    return render_to_string("components/status.html", {"value": stage, "label": STAGES[Stage(stage)].label})
