"""Who may open which page and see which object. Views fetch through these getters; decides nothing else.

An object of another account is 404, a page that a role may not have is 403.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django_htmx.middleware import HtmxDetails

from invitations.models import AccessLink, Attempt, Hold, Invitation, Role, User
from invitations.services.reads import invitations

View = Callable[..., HttpResponse]


class StaffRequest(HttpRequest):
    """A request whose person is signed in: the middleware has made sure of it."""

    user: User
    htmx: HtmxDetails
    was_saved: bool  # set once something is: whatever fails after that must not say that nothing was


def role_required(*roles: Role) -> Callable[[View], View]:
    """The view is for people with one of these roles; others get 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


may_change = role_required(Role.MANAGER, Role.ADMIN)
may_administer = role_required(Role.ADMIN)
may_read_history = role_required(Role.ADMIN, Role.AUDITOR)


def get_invitation(user: User, public_id: str) -> Invitation:
    """The invitation with its links, in a fixed number of queries. Raises Http404 unless `user` may see it."""
    invitation = invitations.one(user=user, public_id=public_id)
    if invitation is None:
        raise Http404
    return invitation


def get_refusal(attempt_id: int) -> Attempt:
    """An attempt that Kondado refused, whoever made it. Raises Http404 for any other."""
    return get_object_or_404(Attempt.objects.refused(), pk=attempt_id)


def get_hold(hold_id: int) -> Hold:
    """A hold, standing or released. Raises Http404 when there is none."""
    return get_object_or_404(Hold, pk=hold_id)


def get_link(invitation: Invitation, link_id: int) -> AccessLink:
    """One link of an invitation that was already fetched. Raises Http404 for any other."""
    for link in invitation.links.all():
        if link.pk == link_id:
            return link
    raise Http404
