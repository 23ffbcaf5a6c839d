"""Text around a guest link that a person passes on: in the guest's language, ready to paste. Sends nothing."""

from __future__ import annotations

from urllib.parse import quote

from django.template.loader import render_to_string
from django.utils import translation

from invitations.mail import write
from invitations.models import Invitation
from invitations.services.invitations.allowed import has_guest_page


def text(invitation: Invitation, url: str) -> str:
    """A few lines for any messenger, with the link once."""
    links = [link for link in invitation.links.all() if has_guest_page(link)]
    with translation.override(invitation.language):
        context = write.words(write.Asked.by(invitation, links)) | {"url": url}
        return render_to_string("invitations/_share.txt", context).strip()


def whatsapp(words: str) -> str:
    """An address that opens WhatsApp with the text; the guest's key leaves only when a person presses it."""
    return f"https://wa.me/?text={quote(words, safe='')}"
