"""What a guest presses. Each press is a POST, may be repeated, and ends on the guest's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from invitations.forms.guest import DeclineForm, ForwardForm, LanguageForm
from invitations.models import DeclineKind, GuestToken
from invitations.services.guest import answers, progress
from invitations.views.guest import expired, for_guest, show
from invitations.words.guest import brand


@require_POST
@for_guest
def open_page(request: HttpRequest, key: GuestToken) -> HttpResponse:
    """The page, for a browser that keeps no cookies: the link from the mail was pasted into a form."""
    return _back(key)


@require_POST
@for_guest
def go_on(request: HttpRequest, key: GuestToken, link_id: int) -> HttpResponse:
    """Leads to Kondado by a page of its own: a redirect would break `form-action 'self'`."""
    link, address = progress.go_on(by=key, link_id=link_id)
    context = {**brand(key.invitation), "name": link.connector_name, "address": address}
    return render(request, "guest/go_on.html", context)


@require_POST
@for_guest
def done(request: HttpRequest, key: GuestToken, link_id: int) -> HttpResponse:
    """The guest says that it is set up."""
    progress.done(by=key, link_id=link_id)
    return _back(key)


@require_POST
@for_guest
def undone(request: HttpRequest, key: GuestToken, link_id: int) -> HttpResponse:
    """The guest takes that back."""
    progress.undone(by=key, link_id=link_id)
    return _back(key)


@require_POST
@for_guest
def forward(request: HttpRequest, key: GuestToken) -> HttpResponse:
    """Asks a colleague, who gets a mail with a key of their own."""
    form = ForwardForm(request.POST)
    if not form.is_valid():
        return _again(request, key, "forward", form)
    answers.forward(by=key, to_email=form.cleaned_data["to_email"], to_name=form.cleaned_data["to_name"])
    return _back(key)


@require_POST
@for_guest
def decline(request: HttpRequest, key: GuestToken) -> HttpResponse:
    """The guest says no, or who should be asked instead."""
    form = DeclineForm(request.POST)
    if not form.is_valid():
        named = request.POST.get("kind") == DeclineKind.WRONG_PERSON
        return _again(request, key, "name" if named else "decline", form)
    answers.decline(by=key, kind=DeclineKind(form.cleaned_data["kind"]), reason=form.cleaned_data["reason"])
    return _back(key)


@require_POST
@for_guest
def resume(request: HttpRequest, key: GuestToken) -> HttpResponse:
    """A guest who declined goes on after all."""
    answers.resume(by=key)
    return _back(key)


@require_POST
@for_guest
def speak(request: HttpRequest, key: GuestToken) -> HttpResponse:
    """The page in another language; later mails follow. Anything but an offered language changes nothing."""
    form = LanguageForm(request.POST)
    if form.is_valid():
        answers.speak(by=key, language=form.cleaned_data["language"])
    return _back(key)


@require_POST
@for_guest
def ask_again(request: HttpRequest, key: GuestToken) -> HttpResponse:
    """A guest who came too late asks for more time."""
    answers.ask_again(by=key)
    return _back(key)


def _back(key: GuestToken) -> HttpResponse:
    return redirect("guest", key.invitation.public_id)


def _again(
    request: HttpRequest, key: GuestToken, asking: str, form: ForwardForm | DeclineForm
) -> HttpResponse:
    """The page with the form open that was filled in wrongly, and what was typed."""
    if key.invitation.is_expired(timezone.now()):
        return expired(request, key)
    return show(request, key, asking=asking, typed=request.POST, errors=form.errors)
