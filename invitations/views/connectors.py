"""The catalogue as Kondado's credentials list it, and what guests read about each connector."""

from hashlib import sha256

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from invitations.forms.help import HelpForm, help_forms
from invitations.models import Connector, Direction
from invitations.permissions import StaffRequest
from invitations.services.catalogue import help_texts, listing
from invitations.services.reads import invitations, timeline
from invitations.services.reads.help_texts import best
from invitations.words.guest import Card, sample
from invitations.words.names import DIRECTIONS

LOGO_AGE = 31_536_000


@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """`/connectors/`."""
    rows = listing.connectors(request.user)
    return render(
        request,
        "connectors/list.html",
        {
            "sides": [
                (DIRECTIONS[side].label, [row for row in rows if row["direction"] == side])
                for side in Direction
            ],
            "synced_at": timeline.last_sync(),
            "any": bool(rows),
            "can_change": request.user.can_change,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit_help(request: StaffRequest, connector_id: int) -> HttpResponse:
    """`/connectors/<pk>/help/`: administrators change it, everybody reads it. `preview` shows without saving."""
    connector = invitations.connector(connector_id, user=request.user)
    if connector is None:
        raise Http404
    if request.method == "POST" and not request.user.is_admin:
        raise PermissionDenied
    forms = help_forms(connector, request.POST if request.method == "POST" else None)
    is_preview = "preview" in request.POST
    # All of them are asked, so that every wrong field is marked at once.
    checked = [form.is_valid() for form in forms]
    is_sound = all(checked)
    if is_sound and not is_preview:
        help_texts.change(
            by=request.user, connector=connector, texts={form.language: form.text for form in forms}
        )
        messages.success(request, _("The help for guests is saved."))
        return redirect("connector_help", connector_id)
    context = {
        "connector": connector,
        "forms": forms,
        "samples": [
            (form.heading, form.language, _sample(connector, forms, form.language)) for form in forms
        ],
        "is_preview": is_preview and is_sound,
        "wrong": request.method == "POST" and not is_sound,
    }
    return render(request, "connectors/help.html", context)


def _sample(connector: Connector, forms: list[HelpForm], language: str) -> Card:
    """What the page of a guest with this language says of the connector."""
    return sample(connector, best((form.text for form in forms), language))


@require_safe
def logo(request: StaffRequest, connector_id: int) -> HttpResponse:
    """`/connectors/<pk>/logo/`: the portal's own small copy. The version in the address lets it be kept."""
    picture = listing.logo(connector_id, user=request.user)
    if not picture:
        raise Http404
    response = HttpResponse(picture, content_type="image/webp")
    etag = quote_etag(sha256(picture).hexdigest()[:32])
    response["ETag"] = etag
    age = LOGO_AGE if request.GET.get("v") else 0
    response["Cache-Control"] = f"private, max-age={age}"
    return get_conditional_response(request, etag=etag, response=response) or response
