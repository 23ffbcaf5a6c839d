"""For balancers and probes: alive, and ready. Names of failed checks only, no figures."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from invitations.services.reads import health


@login_not_required
@require_safe
def alive(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """200 or 503. A late worker is named but stays 200, so that a balancer keeps the web up."""
    failed = health.failed_checks()
    late = [] if failed else health.late_checks()
    return JsonResponse({"failed": failed, "late": late}, status=503 if failed else 200)
