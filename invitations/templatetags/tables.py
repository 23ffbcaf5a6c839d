"""Rows of the long tables, written in one go: a template's loop over 50 rows costs more than the page around it.

Must not query.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from invitations.models import Stage
from invitations.templatetags.portal_ui import relative

register = template.Library()

INVITATION = (
    '<tr><th scope="row"><a class="row-link" href="{}{}/">{}</a>{}</th>'
    "<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>"
)


@register.simple_tag
def invitation_rows(rows: Iterable[Any]) -> SafeString:
    """Rows of templates/invitations/_table.html, in the order of its columns; each is a services.reading.Row."""
    parent = reverse("invitations")
    return format_html_join(
        "\n",
        INVITATION,
        (
            (
                parent,
                row.public_id,
                row.guest,
                format_html(' <span class="muted">{}</span>', row.email) if row.guest != row.email else "",
                row.connectors,
                row.account,
                stage_badge(row.stage),
                row.manager,
                relative(row.created_at),
            )
            for row in rows
        ),
    )


@register.simple_tag
def stage_badge(stage: str) -> SafeString:
    """A stage as icon and word."""
    return _badge(stage, get_language() or "")


@lru_cache(maxsize=64)
def _badge(stage: str, _language: str) -> SafeString:
    return render_to_string("components/status.html", {"value": stage, "label": Stage(stage).label})
