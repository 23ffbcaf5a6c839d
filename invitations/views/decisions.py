"""A person's decision on one link: settle an unknown outcome, send a refused one again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from invitations.errors import InvitationOver, LinkNotAccepted, PortalError
from invitations.forms.decisions import SendAgainForm, SettleForm, SettleSeveralForm
from invitations.models import Delivery
from invitations.permissions import StaffRequest, get_invitation, get_link, may_change
from invitations.services.decisions import settling
from invitations.services.invitations.allowed import LinkAction, link_actions, link_refusal, settles_at
from invitations.services.reads import invitations
from invitations.words.names import DELIVERIES
from invitations.words.standing import link_words


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def settle(request: StaffRequest, public_id: str, link_id: int) -> HttpResponse:
    """Says what is known of an unknown outcome, and takes the decision."""
    invitation = get_invitation(request.user, public_id)
    link = get_link(invitation, link_id)
    now = timezone.now()
    absent = link_refusal(LinkAction.SETTLE_ABSENT, invitation, link, now)
    form = SettleForm(request.POST or None, again=absent is None)
    if form.is_valid():
        answer = form.cleaned_data
        try:
            if answer["decision"] == SettleForm.EXISTS:
                settling.exists(by=request.user, link=link, url=answer["link"], note=answer["note"])
                messages.success(request, _("Settled: it exists. Nothing more is sent to Kondado."))
            else:
                settling.absent(by=request.user, link=link, note=answer["note"])
                messages.success(request, _("Settled: it did not exist. It is queued to be sent once more."))
            return redirect("invitation", public_id)
        except LinkNotAccepted as error:
            form.add_error("link", str(error.sentence))
        except PortalError as error:
            form.add_error(None, str(error.sentence))
    context = {
        "invitation": invitation,
        "link": link,
        "attempt": link.current_attempt,
        "words": link_words(link),
        "delivery": DELIVERIES[Delivery(invitation.delivery)].inside,
        "form": form,
        "opens_at": settles_at(invitation, link),
        "is_open": LinkAction.SETTLE_EXISTS in link_actions(invitation, link, now),
        "not_again": absent.sentence if isinstance(absent, InvitationOver) else "",
    }
    return render(request, "invitations/settle.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def settle_several(request: StaffRequest) -> HttpResponse:
    """`/settle/`: everything whose outcome waits for this person's word, to be settled alike."""
    chosen = request.GET.get("account", "")
    account_id = int(chosen) if chosen.isdecimal() and len(chosen) < 10 else None
    now = timezone.now()
    links = settling.unknown(by=request.user, account_id=account_id)
    ripe = [link for link in links if LinkAction.SETTLE_EXISTS in link_actions(link.invitation, link, now)]
    form = SettleSeveralForm(request.POST or None, links=ripe)
    if form.is_valid():
        answer = form.cleaned_data
        wanted = form.chosen()
        exist = answer["decision"] == SettleSeveralForm.EXIST
        done = settling.several(by=request.user, links=wanted, exist=exist, note=answer["note"])
        _say(request, done, len(wanted) - done)
        return redirect(request.get_full_path())
    context = {
        "rows": [(link, link_words(link), settles_at(link.invitation, link), link in ripe) for link in links],
        "form": form,
        "any_ripe": bool(ripe),
        "accounts": invitations.circle(request.user).accounts,
        "account_id": account_id,
    }
    return render(request, "invitations/settle_several.html", context)


def _say(request: StaffRequest, done: int, left: int) -> None:
    if done:
        words = ngettext("%(count)d invitation settled.", "%(count)d invitations settled.", done)
        messages.success(request, words % {"count": done})
    if left:
        words = ngettext(
            "%(count)d is as it was: its link is needed, or it changed in the meantime. Settle it on its own page.",
            "%(count)d are as they were: their links are needed, or they changed in the meantime. Settle them on their own pages.",
            left,
        )
        messages.warning(request, words % {"count": left})


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def send_again(request: StaffRequest, public_id: str, link_id: int) -> HttpResponse:
    """Shows Kondado's words once more and sends a refused link again, under the name given."""
    invitation = get_invitation(request.user, public_id)
    link = get_link(invitation, link_id)
    form = SendAgainForm(
        request.POST or None, initial={"assigned_collection_name": link.assigned_collection_name}
    )
    if form.is_valid():
        name = form.cleaned_data["assigned_collection_name"]
        try:
            settling.send_again(by=request.user, link=link, assigned_collection_name=name)
        except PortalError as error:
            form.add_error(None, str(error.sentence))
        else:
            messages.success(request, _("Queued to be sent once more."))
            return redirect("invitation", public_id)
    context = {
        "invitation": invitation,
        "link": link,
        "attempt": link.current_attempt,
        "form": form,
        "refused": link_refusal(LinkAction.SEND_AGAIN, invitation, link, timezone.now()),
    }
    return render(request, "invitations/send_again.html", context)
