"""How the portal is, and its stops: setting one, releasing one. Requests in, answers out; services decide."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from invitations.forms.system import StopForm
from invitations.models.hold import HoldReason
from invitations.permissions import StaffRequest, get_hold, may_administer, may_read_history
from invitations.services.calls import pauses
from invitations.services.holds import holds
from invitations.services.reads import pulse, system
from invitations.services.upkeep import clock_jumps
from invitations.words.standing import moment
from invitations.words.system import first, held, lines


@require_safe
@may_read_history
def index(request: StaffRequest) -> HttpResponse:
    """`/system/`."""
    state = system.state()
    return render(
        request,
        "system/system.html",
        {
            "lines": lines(state),
            "holds": [_shown(standing) for standing in state.holds],
            "unknown": state.links["unknown"],
            "paused_until": state.pulse.paused_until,
            "ahead": state.clock.ahead,
            "can_change": request.user.is_admin,
        },
    )


def _shown(standing: system.Standing) -> dict[str, object]:
    reason = HoldReason(standing.hold.reason)
    return {
        "hold": standing.hold,
        "what": held(standing.hold),
        "waiting": standing.waiting,
        "first": first(standing.hold),
        "is_restored": reason == HoldReason.RESTORED,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@may_administer
def stop(request: StaffRequest) -> HttpResponse:
    """Stops everything or one account, with a reason for those who meet the stop."""
    form = StopForm(request.POST or None)
    if form.is_valid():
        holds.stop(
            by=request.user,
            reason=HoldReason.PERSON,
            account=form.cleaned_data["account"],
            detail=form.cleaned_data["detail"],
        )
        messages.success(request, _("Stopped. A call that is on its way now is finished; no other starts."))
        return redirect("system")
    return render(request, "system/stop.html", {"form": form, "possible": True})


@require_http_methods(["GET", "HEAD", "POST"])
@may_administer
def release(request: StaffRequest, hold_id: int) -> HttpResponse:
    """Says what to do first, and lets sending go on."""
    hold = get_hold(hold_id)
    if hold.reason == HoldReason.RESTORED:
        return redirect("restored")
    if request.method == "POST":
        holds.release(by=request.user, hold=hold)
        messages.success(
            request, _("Released. What waited behind it is sent now, unless another stop stands.")
        )
        return redirect("system")
    standing = next((one for one in system.standing_holds() if one.hold.pk == hold.pk), None)
    context = {"possible": standing is not None, "shown": _shown(standing) if standing else None}
    return render(request, "system/release.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may_administer
def end_pause(request: StaffRequest) -> HttpResponse:
    """Says who asked for the pause of all calls and until when, and ends it."""
    if request.method == "POST":
        until = pauses.end(by=request.user)
        messages.success(request, _("The pause is over at %(time)s.") % {"time": moment(until)})
        return redirect("system")
    paused_until = pulse.take(now=timezone.now()).paused_until
    shown = moment(paused_until) if paused_until else ""
    context = {"possible": paused_until is not None, "paused_until": shown}
    return render(request, "system/pause.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may_administer
def put_clock_right(request: StaffRequest) -> HttpResponse:
    """Puts right at once what waits for times that lie ahead; a worker does it by itself. A look leads back."""
    if request.method == "POST":
        if clock_jumps.put_right(by=request.user) is None:
            messages.info(request, _("No time lies ahead any more: nothing had to be put right."))
        else:
            messages.success(request, _("Put right: what waited for those times goes on."))
    return redirect("system")
