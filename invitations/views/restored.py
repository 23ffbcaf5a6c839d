"""After a restore: what waits, compared by an administrator with what Kondado made. Services decide."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from invitations.forms.system import ComparedForm, RestoredForm
from invitations.models import Hold
from invitations.permissions import StaffRequest, may_administer
from invitations.services.decisions import restoring
from invitations.services.holds import holds


@require_http_methods(["GET", "HEAD", "POST"])
@may_administer
def index(request: StaffRequest) -> HttpResponse:
    """`/system/restored/`: says what to compare, takes the answers, and releases the hold at the end."""
    hold = restoring.standing_hold()
    if hold is None:
        return render(request, "system/restored.html", {"hold": None})
    links = restoring.waiting(hold)
    is_release = "release" in request.POST
    compared = ComparedForm(request.POST if is_release else None)
    form = RestoredForm(request.POST if request.POST and not is_release else None, links=links)
    if compared.is_valid():
        return _release(request, hold)
    if form.is_valid():
        return _answer(request, form)
    context = {"hold": hold, "links": links, "form": form, "compared": compared, "most": restoring.MOST_SHOWN}
    return render(request, "system/restored.html", context)


def _release(request: StaffRequest, hold: Hold) -> HttpResponse:
    holds.release(by=request.user, hold=hold)
    messages.success(request, _("Released. What is left of the list is sent now."))
    return redirect("system")


def _answer(request: StaffRequest, form: RestoredForm) -> HttpResponse:
    chosen = form.chosen()
    if form.cleaned_data["answer"] == RestoredForm.SENT:
        done = restoring.were_sent(by=request.user, links=chosen)
        words = ngettext(
            "%(count)d is unknown now and is not sent. Settle it with the link that Kondado made.",
            "%(count)d are unknown now and are not sent. Settle them with the links that Kondado made.",
            done,
        )
    else:
        done = restoring.cancel(by=request.user, links=chosen)
        words = ngettext("%(count)d cancelled.", "%(count)d cancelled.", done)
    messages.success(request, words % {"count": done})
    return redirect("restored")
