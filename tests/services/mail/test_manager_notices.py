"""The manager hears of what a guest did, in the own language, and nobody else does."""

import json

import pytest
from django.db import transaction
from django.utils import timezone

from invitations.models import Message
from invitations.services.mail import manager_notices
from invitations.services.mail.manager_notices import News

pytestmark = pytest.mark.django_db


def tell(invitation, what):
    with transaction.atomic():
        manager_notices.tell(invitation=invitation, what=what, now=timezone.now())


@pytest.mark.parametrize("what", list(News))
def test_each_news_names_the_guest_and_leads_to_the_page(make_invitation, manager, settings, what):
    invitation = make_invitation(recipient_name="Ana Sobrenome\nBcc: x@example.com")

    tell(invitation, what)

    message = Message.objects.get(kind="notice")
    content = json.loads(message.open_content())
    assert message.to_email == manager.email
    assert "Ana" in content["subject"]
    assert "\n" not in content["subject"]
    for words in (content["text"], content["html"]):
        assert words.count(f"{settings.PORTAL_URL}/invitations/{invitation.public_id}/") == 1
    assert b"Sobrenome" not in bytes(message.content), "sealed"


def test_nobody_is_told_who_may_not_sign_in(make_invitation, manager):
    invitation = make_invitation()
    manager.is_active = False
    manager.save()
    invitation.refresh_from_db()

    tell(invitation, News.DONE)

    assert not Message.objects.filter(kind="notice").exists()
