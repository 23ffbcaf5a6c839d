"""What staff does with an invitation that was made. Requests in, answers out; services decide."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invitations.errors import PortalError, SameOpenInvitation
from invitations.forms.change import ExtendForm, PersonForm
from invitations.models import Delivery, Invitation
from invitations.permissions import StaffRequest, get_invitation, may_administer, may_change
from invitations.services.invitations import change
from invitations.services.invitations.allowed import Action, refusal
from invitations.services.invitations.erase import erase_guest, invitations_of
from invitations.views.telling import telling

page_with_form = require_http_methods(["GET", "HEAD", "POST"])


@require_POST
@may_change
def mail(request: StaffRequest, public_id: str) -> HttpResponse:
    """Mails the guest page to the guest."""
    invitation = get_invitation(request.user, public_id)
    with telling(request, _("Queued: the mail leaves in a moment. Earlier mails keep working.")):
        change.send_mail(by=request.user, invitation=invitation)
    return redirect("invitation", public_id)


@page_with_form
@may_change
def forward(request: StaffRequest, public_id: str) -> HttpResponse:
    """Mails the guest page to somebody else as well."""
    invitation = get_invitation(request.user, public_id)
    form = PersonForm(request.POST or None)
    if form.is_valid():
        with telling(request, _("Queued: the mail leaves in a moment.")):
            change.forward(
                by=request.user,
                invitation=invitation,
                to_email=form.cleaned_data["email"],
                to_name=form.cleaned_data["name"],
            )
        return redirect("invitation", public_id)
    return _ask(request, invitation, Action.FORWARD, "invitations/forward.html", form=form)


@page_with_form
@may_change
def correct(request: StaffRequest, public_id: str) -> HttpResponse:
    """Says what a corrected address ends, and takes the new one."""
    invitation = get_invitation(request.user, public_id)
    known = {"email": invitation.recipient_email, "name": invitation.recipient_name}
    form = PersonForm(request.POST or None, initial=known)
    if form.is_valid():
        try:
            mailed = change.correct_address(
                by=request.user,
                invitation=invitation,
                recipient_email=form.cleaned_data["email"],
                recipient_name=form.cleaned_data["name"],
            )
        except SameOpenInvitation as error:
            form.add_error("email", str(error.sentence))
            return _ask(
                request,
                invitation,
                Action.CORRECT,
                "invitations/address.html",
                form=form,
                existing=error.existing,
            )
        except PortalError as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, _corrected(mailed))
        return redirect("invitation", public_id)
    return _ask(request, invitation, Action.CORRECT, "invitations/address.html", form=form)


def _corrected(mailed: bool) -> str:  # noqa: FBT001  (an answer, not a switch)
    if mailed:
        return _("Corrected. Links in earlier mails no longer work; a new mail leaves in a moment.")
    return _("Corrected. Links in earlier mails no longer work.")


@page_with_form
@may_change
def extend(request: StaffRequest, public_id: str) -> HttpResponse:
    """Opens the invitation for longer."""
    invitation = get_invitation(request.user, public_id)
    asked_again = invitation.asked_again_at is not None and invitation.delivery != Delivery.LINK
    initial = {"days": invitation.expires_in_days, "mail": asked_again}
    form = ExtendForm(request.POST or None, initial=initial)
    if form.is_valid():
        with telling(request, _("Extended. Links that the guest already has work again.")):
            change.extend(by=request.user, invitation=invitation, **form.cleaned_data)
        return redirect("invitation", public_id)
    return _ask(request, invitation, Action.EXTEND, "invitations/extend.html", form=form)


@page_with_form
@may_change
def revoke(request: StaffRequest, public_id: str) -> HttpResponse:
    """Says what revoking ends and what it cannot, and does it."""
    invitation = get_invitation(request.user, public_id)
    if request.method != "POST":
        return _ask(request, invitation, Action.REVOKE, "invitations/revoke.html")
    with telling(request, _("Revoked. No guest link works any more; Kondado’s own link may still work.")):
        change.revoke(by=request.user, invitation=invitation)
    return redirect("invitation", public_id)


@page_with_form
@may_administer
def erase(request: StaffRequest, public_id: str) -> HttpResponse:
    """Says what erasing the guest ends and what it cannot, and does it."""
    invitation = get_invitation(request.user, public_id)
    if request.method == "POST":
        with telling(request, _("Erased. Nothing here names this guest any more.")):
            erase_guest(by=request.user, invitation=invitation)
        return redirect("invitation", public_id)
    count = invitations_of(invitation).count()
    return _ask(request, invitation, Action.ERASE, "invitations/erase.html", count=count)


def _ask(
    request: StaffRequest,
    invitation: Invitation,
    action: Action,
    template: str,
    **more: Any,
) -> HttpResponse:
    """A page that asks before something is done, or says that it cannot be done now."""
    refused = refusal(action, invitation, list(invitation.links.all()), timezone.now())
    context = {"invitation": invitation, "possible": refused is None, "refused": refused}
    return render(request, template, context | more)
