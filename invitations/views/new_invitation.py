"""A new invitation: the form, its preview, and giving both back with what was typed. Services decide."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invitations.errors import (
    AccountHeld,
    ConnectorNotOffered,
    NotYours,
    PortalError,
    SameOpenInvitation,
    SentOtherwise,
)
from invitations.forms.lines import FIELDS
from invitations.forms.new_invitation import InvitationForm, default_delivery, labelled
from invitations.kept_input import take_kept_input
from invitations.models import Account, Direction, Invitation
from invitations.nonces import marked_nonce
from invitations.permissions import StaffRequest, may_change
from invitations.services.invitations.create import create_invitation
from invitations.words import previews

MORE = ("delivery", "language", "message", "expires_in_days")
FIELD_OF = {NotYours: "account", AccountHeld: "account", ConnectorNotOffered: "connector"}


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new(request: StaffRequest) -> HttpResponse:
    """`/invitations/new/`: shows the form, previews it, adds or removes a line, or makes the invitation and leads to its page."""
    if request.method != "POST":
        return _fresh(request)
    if "preview" in request.POST:
        return _preview(request)
    if {"add", "remove"} & request.POST.keys():
        return _other_lines(request)
    form = InvitationForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            invitation = _create(request, form)
            request.was_saved = True
        except SameOpenInvitation as error:
            return show_form(request, form, existing=error.existing)
        except SentOtherwise as error:
            form.renew_nonce()
            return show_form(
                request, form, status=409, sent=error.first, differences=labelled(error.differences)
            )
        except PortalError as error:
            form.add_error(FIELD_OF.get(type(error)), str(error.sentence))
        else:
            response = redirect("invitation", invitation.public_id)
            response.status_code = 303
            return response
    form.focus_first_error()
    return show_form(request, form)


def _other_lines(request: StaffRequest) -> HttpResponse:
    """The form with one empty line more, or without the line whose number was pressed."""
    if "add" in request.POST:
        form = _shown(request, request.POST, more_lines=1)
        form.lines.focus_last()
        return show_form(request, form)
    typed = request.POST.copy()
    for name in FIELDS:
        values = typed.getlist(name)
        typed.setlist(name, [one for number, one in enumerate(values, 1) if str(number) != typed["remove"]])
    return show_form(request, _shown(request, typed))


def _create(request: StaffRequest, form: InvitationForm) -> Invitation:
    fields = {name: value for name, value in form.cleaned_data.items() if name != "direction"}
    return create_invitation(by=request.user, **fields)


def _fresh(request: StaffRequest) -> HttpResponse:
    """An empty form, or the one that was under way when the session ended."""
    kept = take_kept_input(request) if request.method == "GET" else None
    if kept is not None:
        notice = _(
            "Your session had ended, so nothing was sent. Here is what you typed: look it over and send it again."
        )
        return again(request, MultiValueDict(kept), notice)
    accounts = list(Account.objects.usable_by(request.user))
    initial = _defaults(accounts) | {"form_nonce": marked_nonce(request.user)}
    form = InvitationForm(user=request.user, accounts=accounts, initial=initial)
    return show_form(request, form)


def again(
    request: StaffRequest, typed: MultiValueDict[str, Any], notice: str, status: int = 200
) -> HttpResponse:
    """The form with what was typed before, unchecked, and why it is shown again."""
    return show_form(request, _shown(request, typed), notice=notice, status=status)


def _shown(request: StaffRequest, typed: MultiValueDict[str, Any], *, more_lines: int = 0) -> InvitationForm:
    """A form that holds what was typed and has checked nothing."""
    initial: dict[str, Any] = {name: typed.get(name) for name in InvitationForm.base_fields if name in typed}
    initial |= {name: typed.getlist(name) for name in FIELDS}
    initial["form_nonce"] = initial.get("form_nonce") or marked_nonce(request.user)
    return InvitationForm(user=request.user, initial=initial, more_lines=more_lines)


def _defaults(accounts: list[Account]) -> dict[str, Any]:
    initial: dict[str, Any] = {"direction": Direction.SRC, "delivery": ""}
    if len(accounts) == 1:
        initial |= {
            "account": accounts[0].pk,
            "delivery": default_delivery(accounts[0]),
            "language": accounts[0].default_language,
            "expires_in_days": accounts[0].default_expires_in_days,
        }
    return initial


def _preview(request: StaffRequest) -> HttpResponse:
    """What the guest will get, from whatever is right so far; a part of the page for htmx, else the page."""
    checked = InvitationForm(request.POST, user=request.user)
    checked.full_clean()
    preview = preview_of(request, checked.cleaned_data)
    if request.htmx:
        return render(request, "invitations/_preview.html", {"preview": preview})
    return show_form(request, _shown(request, request.POST), preview=preview)


def preview_of(request: StaffRequest, data: dict[str, Any]) -> dict[str, Any]:
    """What the guest will get, as far as the form knows it."""
    return {
        "guest": data.get("recipient_name") or data.get("recipient_email") or "",
        "email": data.get("recipient_email", ""),
        "names": [one.name for one in data.get("wanted", [])],
        "delivery": data.get("delivery", ""),
        "language": data.get("language") or get_language(),
        "mail": previews.mail(user=request.user, data=data),
        "page": previews.page(user=request.user, data=data),
    }


def show_form(
    request: StaffRequest, form: InvitationForm, *, status: int = 200, **extra: Any
) -> HttpResponse:
    """The page around a form. `extra`: `existing` (the same open links), `notice`, `preview`."""
    if extra.get("existing"):
        form.fields["insist_reason"].widget.attrs["autofocus"] = True
    if "preview" not in extra:
        extra["preview"] = preview_of(request, getattr(form, "cleaned_data", {}))
    shows_insist = bool(
        extra.get("existing") or form["insist_reason"].value() or "insist_reason" in form.errors
    )
    form.fields["insist_reason"].required = shows_insist  # once it shows, nothing is sent without it
    context = {
        "form": form,
        "nonce": form["form_nonce"].value(),
        "guests": form.recent.guests,
        "no_accounts": not form.accounts,
        "shows_insist": shows_insist,
        "opens_more": any(name in form.errors for name in MORE),
    }
    return render(request, "invitations/new.html", context | extra, status=status)
