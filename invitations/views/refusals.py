"""Kondado's own words of refusal and what they mean here. Requests in, answers out; services decide."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from invitations.forms.system import MarkForm
from invitations.permissions import (
    StaffRequest,
    get_refusal,
    may_administer,
    may_read_history,
)
from invitations.services.holds import refusals


@require_safe
@may_read_history
def index(request: StaffRequest) -> HttpResponse:
    """`/system/refusals/`: every refusal that was met, with its mark."""
    return render(
        request,
        "system/refusals.html",
        {"rows": refusals.seen(), "can_mark": request.user.is_admin},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@may_administer
def mark(request: StaffRequest, attempt_id: int) -> HttpResponse:
    """Shows the words of one refusal and takes the decision what they mean."""
    attempt = get_refusal(attempt_id)
    marked = refusals.mark_on(attempt)
    form = MarkForm(request.POST or None, initial={"verdict": marked.verdict if marked else ""})
    if form.is_valid():
        refusals.mark(by=request.user, attempt=attempt, verdict=form.cleaned_data["verdict"])
        messages.success(request, _("Kept. It counts from the next refusal in these words on."))
        return redirect("refusals")
    context = {"attempt": attempt, "mark": marked, "form": form, "possible": True}
    return render(request, "system/refusal.html", context)
