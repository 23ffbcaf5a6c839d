"""Locks the rows of one change to the end of its transaction, in the one order that docs/architecture.md gives.

What belongs to a row is read after its lock: a join would show it as it was before the wait.
"""

from __future__ import annotations

from invitations.models import AccessLink, Attempt, Invitation


def link(link_id: int) -> AccessLink:
    """One link with its invitation, both locked, and its attempt, which nobody changes without the link's lock."""
    row = AccessLink.objects.select_for_update().get(pk=link_id)
    row.invitation = Invitation.objects.select_for_update().get(pk=row.invitation_id)
    if row.current_attempt_id is not None:
        row.current_attempt = Attempt.objects.get(pk=row.current_attempt_id)
    return row


def link_of_whole(row: AccessLink) -> AccessLink:
    """As `link`, with all others of its invitation locked too."""
    invitation, links = whole(row.invitation_id)
    found = next((one for one in links if one.pk == row.pk), None)
    if found is None:
        raise AccessLink.DoesNotExist(row.pk)
    found.invitation = invitation
    if found.current_attempt_id is not None:
        found.current_attempt = Attempt.objects.get(pk=found.current_attempt_id)
    return found


def whole(invitation_id: int) -> tuple[Invitation, list[AccessLink]]:
    """An invitation and all its links, in the order in which people see them."""
    links = list(AccessLink.objects.select_for_update().filter(invitation_id=invitation_id).order_by("pk"))
    row = Invitation.objects.select_for_update().get(pk=invitation_id)
    return row, sorted(links, key=lambda link: (link.position, link.pk))
