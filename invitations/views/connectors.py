"""The catalogue as Kondado's credentials list it. Changes nothing."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from invitations.models import Direction
from invitations.permissions import StaffRequest, can_change
from invitations.services import reading


@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """`/connectors/`."""
    rows = reading.connectors()
    return render(
        request,
        "connectors/list.html",
        {
            "sides": [(side.label, [row for row in rows if row["direction"] == side]) for side in Direction],
            "synced_at": reading.last_sync(),
            "any": bool(rows),
            "can_change": can_change(request.user),
        },
    )
