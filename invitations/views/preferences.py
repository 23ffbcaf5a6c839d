"""A person's own preferences."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invitations.forms.preferences import PreferencesForm
from invitations.permissions import StaffRequest
from invitations.services.people import preferences


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: StaffRequest) -> HttpResponse:
    """`/preferences/`, for every role."""
    form = PreferencesForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        preferences.change(by=request.user, **form.cleaned_data)
        # The next page is in the language just chosen, and so is what it says.
        with translation.override(form.cleaned_data["language"]):
            messages.success(request, _("Your preferences are saved."))
        return redirect("preferences")
    return render(request, "preferences/preferences.html", {"form": form})
