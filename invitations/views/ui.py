"""The gallery of components, for development: every piece in every state on one page. No data of anybody."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from invitations.models import ACCENTS, Stage, Status
from invitations.words.names import choices

NAMES = ["Google Ads", "Pipedrive", "Shopify", "São Paulo Bank", "BigQuery", "PostgreSQL", "VTEX", "Zendesk"]


class SampleForm(forms.Form):
    """One field of each kind."""

    email = forms.EmailField(label="Guest's address", help_text="Where the invitation goes.")
    name = forms.CharField(label="Guest's name", required=False)
    connector = forms.ChoiceField(
        label="Connector",
        choices=[("", ""), *((name, name) for name in NAMES)],
        widget=forms.Select(attrs={"data-picker": True, "data-none": "Nothing found"}),
    )
    direction = forms.ChoiceField(
        label="Direction", choices=[("src", "Source"), ("dest", "Destination")], widget=forms.RadioSelect
    )
    message = forms.CharField(label="Message", widget=forms.Textarea, required=False)
    days = forms.IntegerField(label="Days until it expires", initial=14)
    agreed = forms.BooleanField(label="Send a second one", help_text="Only when you mean to.")


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """The page /ui/. Raises Http404 unless DEBUG."""
    if not settings.DEBUG:
        raise Http404
    now = timezone.now()
    steps = [
        timedelta(seconds=5),
        timedelta(minutes=3),
        timedelta(hours=5),
        timedelta(days=3),
        timedelta(days=40),
    ]
    context = {
        "accents": ACCENTS,
        "statuses": choices(Status),
        "stages": choices(Stage),
        "names": NAMES,
        "kinds": ["info", "success", "warning", "danger"],
        "moments": [*(now - step for step in steps), *(now + step for step in steps[1:])],
        "form": SampleForm(initial={"direction": "src"}),
        "wrong": SampleForm({"email": "ana@", "direction": "x"}, prefix="wrong"),
    }
    return render(request, "ui/gallery.html", context)
