"""The record of everything, for administrators and auditors. Changes nothing."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from invitations.forms.filters import HistoryForm, query
from invitations.models import AuditEvent, User
from invitations.permissions import StaffRequest, may_read_history
from invitations.services.reads import invitations, timeline
from invitations.words.event_kinds import NOBODY, kind_groups, object_words
from invitations.words.timeline import present


@require_safe
@may_read_history
def index(request: StaffRequest) -> HttpResponse:
    """`/history/`: newest first, one page at a time, the whole view in the address bar."""
    values = HistoryForm(request.GET).values()
    page = timeline.history(values)
    return render(
        request,
        "history/list.html",
        {
            "lines": [(present(event, details), _same(event)) for event, details in page.rows],
            "next": query(values, before=page.before) if page.before else "",
            "first": query(values, before=None) if "before" in values else "",
            "values": values,
            "kinds": kind_groups(),
            "actors": _actors(request.user, values.get("actor")),
            "about": object_words(values["object"]) if "object" in values else "",
            "about_all": query(values, object=None, before=None),
        },
    )


def _actors(user: User, chosen: str | None) -> list[tuple[str, str]]:
    """Everybody who may have acted; who is `chosen` stays in the list although gone from here."""
    found = {name: str(word) for name, word in NOBODY.items()}
    found |= {f"user:{pk}": name for pk, name in invitations.circle(user).managers}
    if chosen:
        found.setdefault(chosen, chosen)
    return list(found.items())


def _same(event: AuditEvent) -> dict[str, str]:
    """Addresses of the events that share something with this one."""
    return {
        "kind": query({"kind": event.kind}),
        "actor": query({"actor": event.actor}),
        "object": query({"object": event.object}),
    }
