"""Rows of the long tables, written in one go: a template's loop over 50 rows costs more than the page around it.

Must not query.
"""

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from invitations.models import Stage
from invitations.templatetags.portal_ui import relative

register = template.Library()

INVITATION = (
    '<tr><th scope="row"><a class="row-link" href="{address}">{guest}</a>{email}</th>'
    "<td>{connectors}</td><td>{account}</td><td>{stage}</td><td>{manager}</td><td>{created}</td></tr>"
)


@register.simple_tag
def invitation_rows(rows: Iterable[Any]) -> SafeString:
    """Rows of templates/invitations/_table.html, in the order of its columns; each is a services.reading.Row."""
    parent = reverse("invitations")
    return SafeString("\n".join(_invitation_row(row, parent) for row in rows))


def _invitation_row(row: Any, parent: str) -> str:
    """One row, each value escaped by the standard library: format_html looks at every value's type four times."""
    email = f' <span class="muted">{escape(row.email)}</span>' if row.guest != row.email else ""
    return INVITATION.format(
        address=f"{parent}{row.public_id}/",
        guest=escape(row.guest),
        email=email,
        connectors=escape(row.connectors),
        account=escape(row.account),
        stage=stage_badge(row.stage),
        manager=escape(row.manager),
        created=relative(row.created_at),
    )


@register.simple_tag
def stage_badge(stage: str) -> SafeString:
    """A stage as icon and word."""
    return _badge(stage, get_language() or "")


@lru_cache(maxsize=64)
def _badge(stage: str, _language: str) -> SafeString:
    return render_to_string("components/status.html", {"value": stage, "label": Stage(stage).label})
