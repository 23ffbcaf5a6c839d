"""What staff does with one link of an invitation. Requests in, answers out; services decide."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invitations.errors import PortalError
from invitations.permissions import StaffRequest, get_invitation, get_link, may_change
from invitations.services.invitations import links
from invitations.services.invitations.allowed import LinkAction, link_refusal
from invitations.views.invitations import detail_page
from invitations.views.telling import telling


@require_POST
@may_change
def cancel(request: StaffRequest, public_id: str, link_id: int) -> HttpResponse:
    """Takes a queued link back before it leaves."""
    link = get_link(get_invitation(request.user, public_id), link_id)
    with telling(request, _("Cancelled. Nothing was sent to Kondado.")):
        links.cancel(by=request.user, link=link)
    return redirect("invitation", public_id)


@require_POST
@may_change
def reveal(request: StaffRequest, public_id: str, link_id: int) -> HttpResponse:
    """Shows Kondado's own link in this one answer; the record keeps who looked."""
    invitation = get_invitation(request.user, public_id)
    link = get_link(invitation, link_id)
    try:
        kondado_link = links.reveal_kondado_link(by=request.user, link=link)
    except PortalError as error:
        messages.error(request, error.sentence)
        return redirect("invitation", public_id)
    return detail_page(request, invitation, kondado_link=kondado_link)


@require_POST
@may_change
def confirm(request: StaffRequest, public_id: str, link_id: int) -> HttpResponse:
    """A person saw it in Kondado."""
    link = get_link(get_invitation(request.user, public_id), link_id)
    with telling(request, _("Confirmed: %(connector)s is connected.") % {"connector": link.connector_name}):
        links.confirm(by=request.user, link=link)
    return redirect("invitation", public_id)


@require_POST
@may_change
def take_back(request: StaffRequest, public_id: str, link_id: int) -> HttpResponse:
    """It is not connected after all."""
    link = get_link(get_invitation(request.user, public_id), link_id)
    with telling(request, _("Taken back: it no longer counts as connected.")):
        links.take_back(by=request.user, link=link)
    return redirect("invitation", public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new_link(request: StaffRequest, public_id: str, link_id: int) -> HttpResponse:
    """Says what a new link ends, and asks for it."""
    invitation = get_invitation(request.user, public_id)
    link = get_link(invitation, link_id)
    if request.method != "POST":
        refused = link_refusal(LinkAction.NEW_LINK, invitation, link, timezone.now())
        context = {"invitation": invitation, "link": link, "possible": refused is None, "refused": refused}
        return render(request, "invitations/new_link.html", context)
    with telling(request, _("Queued. The old link and every guest link that was sent ended just now.")):
        links.new_link(by=request.user, link=link)
    return redirect("invitation", public_id)
