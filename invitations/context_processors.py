"""What every page knows: the portal's name, and what is wrong right now."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from invitations.words import look
from invitations.words.banners import standing_banners


def portal(request: HttpRequest) -> dict[str, Any]:
    """Name and look, sandbox mark, current page, and the banners for signed-in people. Looked up only when shown."""
    user = getattr(request, "user", None)
    match = getattr(request, "resolver_match", None)
    return {
        "portal_name": settings.PORTAL_NAME,
        "portal_accent": settings.PORTAL_ACCENT,
        "portal_logo": look.logo(),
        "sandbox": settings.KONDADO_SANDBOX,
        "nav": match.url_name if match else "",
        "banners": SimpleLazyObject(
            lambda: standing_banners(user=user) if user is not None and user.is_authenticated else []
        ),
    }
