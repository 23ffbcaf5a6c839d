"""Invitations for staff: the list, a new one, one's own page. Requests in, answers out; services decide."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from invitations.errors import AccountHeld, ConnectorNotOffered, NotYours, PortalError, SameOpenInvitation
from invitations.filters import FilterForm, chips, query
from invitations.forms import InvitationForm, default_delivery, new_nonce
from invitations.middleware import take_kept_input
from invitations.models import AccessLink, Account, Delivery, Direction, Invitation, Stage, Status, User
from invitations.permissions import StaffRequest, can_change, can_reveal, get_invitation, may_change
from invitations.picker import connector_choices
from invitations.presenters import present
from invitations.services import guest_links, queue, reading
from invitations.services.invitations import create
from invitations.wording import DELIVERIES, link_words, standing

# The order of the work: what needs somebody, then the way of an invitation, then how it may end.
STAGES = [
    (stage, stage.label)
    for stage in (
        Stage.NEEDS_ATTENTION,
        Stage.TO_APPROVE,
        Stage.SENDING,
        Stage.WAITING,
        Stage.OPENED,
        Stage.TO_VERIFY,
        Stage.PARTLY_CONNECTED,
        Stage.CONNECTED,
        Stage.DECLINED,
        Stage.EXPIRED,
        Stage.REVOKED,
        Stage.CANCELLED,
    )
]
MORE = ("delivery", "language", "message", "expires_in_days")
FIELD_OF = {NotYours: "account", AccountHeld: "account", ConnectorNotOffered: "connector"}


# The list ------------------------------------------------------------------------------------------


@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """`/invitations/`: newest first, the whole view in the address bar."""
    values = FilterForm(request.GET).values()
    page = reading.invitations(user=request.user, values=values)
    return render(
        request,
        "invitations/list.html",
        {
            "rows": with_badges(page.rows),
            "next": query(values, before=page.before) if page.before else "",
            "first": query(values, before=None) if "before" in values else "",
            "values": values,
            "since": values.get("from"),
            "stages": chips("stage", STAGES, values),
            "directions": chips("direction", list(Direction.choices), values),
            "accounts": reading.accounts_of(request.user),
            "managers": reading.managers_of(request.user),
            "connectors": connector_choices(values.get("connector")),
            "filtered": bool(values.keys() - {"before"}),
            "can_change": can_change(request.user),
        },
    )


# One invitation ------------------------------------------------------------------------------------


@require_safe
def detail(request: StaffRequest, public_id: str) -> HttpResponse:
    """`/invitations/<public_id>/`."""
    return detail_page(request, get_invitation(request.user, public_id))


@require_safe
def status(request: StaffRequest, public_id: str) -> HttpResponse:
    """The part of the page that moves, asked for again and again while it does."""
    invitation = get_invitation(request.user, public_id)
    return render(request, "invitations/_status.html", status_context(request.user, invitation))


@require_POST
@may_change
def copy(request: StaffRequest, public_id: str) -> HttpResponse:
    """Makes a guest link and shows it once."""
    invitation = get_invitation(request.user, public_id)
    try:
        guest_link = guest_links.copy(by=request.user, invitation=invitation)
    except PortalError as error:
        messages.error(request, error.sentence)
        return redirect("invitation", public_id)
    return detail_page(request, invitation, guest_link=guest_link)


def detail_page(request: StaffRequest, invitation: Invitation, **shown_once: str) -> HttpResponse:
    """The invitation's page; `shown_once` is a link that this one answer holds."""
    events = reading.timeline(invitation)
    context = status_context(request.user, invitation) | {"timeline": [present(*event) for event in events]}
    return render(request, "invitations/detail.html", context | shown_once)


def status_context(user: User, invitation: Invitation) -> dict[str, Any]:
    """What the moving part of the page shows."""
    links = list(invitation.links.all())
    mail = reading.latest_mail(invitation) if invitation.delivery == Delivery.PORTAL else None
    ready = any(link.status == Status.READY for link in links)
    cards = [_card(user, invitation, link) for link in links]
    stopped = any(card["place"] and not card["place"].expected_at for card in cards)
    closed = invitation.revoked_at or invitation.erased_at
    return {
        "invitation": invitation,
        "badge": badge(invitation.stage),
        "standing": standing(invitation, links, mail, stopped=stopped),
        "cards": cards,
        "delivery": DELIVERIES[invitation.delivery],
        "moving": any(link.is_moving for link in links),
        "can_copy": can_change(user) and ready and not closed and invitation.delivery != Delivery.KONDADO,
    }


def _card(user: User, invitation: Invitation, link: AccessLink) -> dict[str, Any]:
    waits = link.status == Status.QUEUED
    link.account = invitation.account  # the same one; spares a query
    return {
        "link": link,
        "words": link_words(link),
        "place": queue.place(link=link) if waits else None,
        "name_is_shared": reading.name_is_shared(link),
        "can_cancel": waits and can_change(user),
        "can_settle": link.status == Status.UNKNOWN and can_change(user),
        "can_send_again": link.status == Status.REJECTED and can_change(user),
        "can_reveal": link.status == Status.READY
        and not link.link_absent_reason
        and can_reveal(user, invitation),
    }


def with_badges(rows: list[reading.Row]) -> list[tuple[reading.Row, SafeString]]:
    """Rows for a table. Each stage's badge is made once, because an include for each row would cost more than the row."""
    badges = {stage: badge(stage) for stage in {row.stage for row in rows}}
    return [(row, badges[row.stage]) for row in rows]


def badge(stage: str) -> SafeString:
    """A stage as icon and word."""
    return render_to_string("components/status.html", {"value": stage, "label": Stage(stage).label})


# A new one -----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new(request: StaffRequest) -> HttpResponse:
    """`/invitations/new/`: shows the form, previews it, or makes the invitation and leads to its page."""
    if request.method != "POST":
        return _fresh(request)
    form = InvitationForm(request.POST, user=request.user)
    if "preview" in request.POST:
        return _preview(request, form)
    if form.is_valid():
        try:
            invitation = _create(request, form)
        except SameOpenInvitation as error:
            return show_form(request, form, existing=error.existing)
        except PortalError as error:
            form.add_error(FIELD_OF.get(type(error)), str(error.sentence))
        else:
            response = redirect("invitation", invitation.public_id)
            response.status_code = 303
            return response
    form.focus_first_error()
    return show_form(request, form)


def _create(request: StaffRequest, form: InvitationForm) -> Invitation:
    fields = {name: value for name, value in form.cleaned_data.items() if name != "direction"}
    return create(by=request.user, **fields)


def _fresh(request: StaffRequest) -> HttpResponse:
    """An empty form, or the one that was under way when the session ended."""
    kept = take_kept_input(request) if request.method == "GET" else None
    if kept is not None:
        fields = {name: values[-1] for name, values in kept.items() if values}
        notice = _(
            "Your session had ended, so nothing was sent. Here is what you typed: look it over and send it again."
        )
        return again(request, fields, notice)
    accounts = reading.accounts_to_invite_for(request.user)
    form = InvitationForm(user=request.user, initial=_defaults(accounts))
    return show_form(request, form, no_accounts=not accounts)


def again(request: StaffRequest, fields: dict[str, Any], notice: str, status: int = 200) -> HttpResponse:
    """The form with what was typed before, unchecked, and why it is shown again."""
    initial = {name: value for name, value in fields.items() if name in InvitationForm.base_fields}
    initial["form_nonce"] = initial.get("form_nonce") or new_nonce()
    return show_form(
        request, InvitationForm(user=request.user, initial=initial), notice=notice, status=status
    )


def _defaults(accounts: list[Account]) -> dict[str, Any]:
    initial: dict[str, Any] = {
        "form_nonce": new_nonce(),
        "direction": Direction.SRC,
        "delivery": "",
    }
    if len(accounts) == 1:
        initial |= {
            "account": accounts[0].pk,
            "delivery": default_delivery(accounts[0]),
            "language": accounts[0].default_language,
            "expires_in_days": accounts[0].default_expires_in_days,
        }
    return initial


def _preview(request: StaffRequest, form: InvitationForm) -> HttpResponse:
    """What the guest will get, from whatever is right so far; a part of the page for htmx, else the page."""
    form.full_clean()
    preview = preview_of(request, form.cleaned_data)
    if request.htmx:
        return render(request, "invitations/_preview.html", {"preview": preview})
    form = InvitationForm(user=request.user, initial=request.POST.dict())
    return show_form(request, form, preview=preview)


def preview_of(request: StaffRequest, data: dict[str, Any]) -> dict[str, Any]:
    """The words of the guest's page, as far as the form knows them."""
    account, connector = data.get("account"), data.get("connector")
    return {
        "sender": str(request.user),
        "company": account.shown_brand if account else "",
        "connector": connector.name if connector else "",
        "direction": connector.direction if connector else data.get("direction", ""),
        "guest": data.get("recipient_name") or data.get("recipient_email") or "",
        "email": data.get("recipient_email", ""),
        "message": data.get("message", ""),
        "name": data.get("assigned_collection_name", ""),
        "delivery": data.get("delivery", ""),
    }


def show_form(
    request: StaffRequest, form: InvitationForm, *, status: int = 200, **extra: Any
) -> HttpResponse:
    """The page around a form. `extra`: `existing` (the same open link), `notice`, `preview`, `no_accounts`."""
    existing = extra.get("existing")
    if existing:
        form.fields["insist_reason"].widget.attrs["autofocus"] = True
    if "preview" not in extra:
        extra["preview"] = preview_of(request, getattr(form, "cleaned_data", {}))
    context = {
        "form": form,
        "shows_insist": bool(existing or form["insist_reason"].value() or "insist_reason" in form.errors),
        "opens_more": any(name in form.errors for name in MORE),
    }
    return render(request, "invitations/new.html", context | extra, status=status)
