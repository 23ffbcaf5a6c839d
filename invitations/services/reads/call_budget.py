"""What is left of the calls that Kondado allows, as the rows of the calls tell. services.calls.pacing takes turns by it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max

from invitations.kondado.pacing import Limits, expected_seconds
from invitations.models import VendorCall


def limits() -> Limits:
    """Kondado's documented limits, or none in a sandbox that asks for none."""
    return Limits(settings.KONDADO_CALLS_PER_SECOND, settings.KONDADO_CALLS_PER_MINUTE)


def facts(now: datetime) -> dict[str, Any]:
    """What kondado.pacing wants to know, under its names for it. Three queries."""
    recent = VendorCall.objects.filter(arrived_at__isnull=False).order_by("-arrived_at")
    in_flight = VendorCall.objects.filter(arrived_at=None, deadline_at__gt=now)
    pauses = VendorCall.objects.filter(pause_until__isnull=False)
    return {
        "arrivals": list(
            recent.values_list("arrived_at", flat=True)[: max(settings.KONDADO_CALLS_PER_MINUTE, 1)]
        ),
        "in_flight_until": in_flight.aggregate(latest=Max("deadline_at"))["latest"],
        "pause_until": pauses.aggregate(latest=Max("pause_until"))["latest"],
    }


def expected(*, ahead: int, now: datetime) -> float:
    """Seconds until a call with `ahead` others before it can be expected to start."""
    return expected_seconds(ahead=ahead, **facts(now), now=now, limits=limits())
