"""The record of everything, for administrators and auditors. Changes nothing."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from invitations.filters import HistoryForm, query
from invitations.models import AuditEvent
from invitations.permissions import StaffRequest, may_read_history
from invitations.presenters import KINDS, present
from invitations.services import record


@require_safe
@may_read_history
def index(request: StaffRequest) -> HttpResponse:
    """`/history/`: newest first, one page at a time, the whole view in the address bar."""
    values = HistoryForm(request.GET).values()
    page = record.history(values)
    return render(
        request,
        "history/list.html",
        {
            "lines": [(present(event, details), event, _same(event)) for event, details in page.rows],
            "next": query(values, before=page.before) if page.before else "",
            "first": query(values, before=None) if "before" in values else "",
            "values": values,
            "kinds": sorted(KINDS),
        },
    )


def _same(event: AuditEvent) -> dict[str, str]:
    """Addresses of the events that share something with this one."""
    return {"kind": query({"kind": event.kind}), "actor": query({"actor": event.actor})}
