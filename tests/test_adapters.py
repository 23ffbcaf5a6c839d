"""Mails about signing in: the portal's words in their reader's language, queued by the page and sent by the worker."""

import json

import pytest
from django.core import mail
from django.test import Client

from invitations.models import Message
from invitations.services.mail import outbox
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "another long pass-phrase for tests"


def the_words() -> dict:
    return json.loads(Message.objects.get().open_content())


def test_a_forgotten_password_is_chosen_anew_by_the_link_of_a_mail_that_the_worker_sends(manager, settings):
    manager.language = "pt-br"
    manager.save()
    browser = Client(headers={"accept-language": "es"})

    browser.post("/password/reset/", {"email": manager.email.upper()})

    assert mail.outbox == []
    outbox.step()
    (sent,) = mail.outbox
    assert sent.to == [manager.email]
    assert sent.subject == "Escolha uma nova senha para Convite"
    link = next(line for line in sent.body.splitlines() if line.startswith("http"))
    assert link.startswith(f"{settings.PORTAL_URL}/password/reset/key/")
    page = browser.get(link.removeprefix(settings.PORTAL_URL), follow=True)
    browser.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    manager.refresh_from_db()
    assert manager.check_password(NEW)
    outbox.step()
    assert mail.outbox[1].subject == "Sua senha foi redefinida"
    assert "127.0.0.1" in mail.outbox[1].body


def test_an_address_that_nobody_signs_in_with_gets_a_mail_without_any_link():
    Client(headers={"accept-language": "es"}).post("/password/reset/", {"email": "nobody@example.org"})

    assert the_words()["subject"] == "Ninguna cuenta en Convite con esta dirección"
    assert "http" not in the_words()["text"]


def test_what_a_browser_calls_itself_stays_one_short_line(client_for, manager):
    browser = client_for(manager)
    agent = "Browser\t" + "x" * 500
    fields = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}

    browser.post("/password/change/", fields, headers={"user-agent": agent})

    (line,) = [line for line in the_words()["text"].splitlines() if "Browser" in line]
    assert line.endswith("Browser " + "x" * 112)
