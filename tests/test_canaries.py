"""Canaries: after a whole run, no secret is in a log, in an argument of a process, in a mail, or in the database."""

import base64
import json
import subprocess
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from invitations.models import AccessLink, Message
from invitations.models.link import MOVING
from invitations.services.guest import press
from invitations.services.invitations import copy_link
from tests.processes import wait_until, web, worker
from tests.test_secrets import assert_absent

FAULTS = ("http_502_html", "link_other_host", "refused_hostile", "no_answer_created", "link_javascript")


def everything_stored() -> str:
    """Every table's rows as text: bytes as they are, sessions and the cache also as what they hold."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of our own tables
            texts += [as_text(value) for row in cursor.fetchall() for value in row]
        cursor.execute("SELECT value FROM cache")
        texts += [as_text(base64.b64decode(value)) for (value,) in cursor.fetchall()]
    texts += [json.dumps(session.get_decoded()) for session in Session.objects.all()]
    if connection.vendor == "sqlite":
        file = Path(connection.settings_dict["NAME"])
        # Another process reads: closing a file gives up every lock that this process has on it, SQLite's included,
        # and the next worker to end would take the log away from under this connection.
        texts += [
            as_text(subprocess.check_output(["cat", path])) for path in file.parent.glob(f"{file.name}*")
        ]
    return "\n".join(texts)


def as_text(value: object) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def command_lines(*leaders: int) -> list[str]:
    """The arguments of every process that these started, themselves included, as anybody on the machine sees them."""
    lines = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                session = int((folder / "stat").read_text().rpartition(")")[2].split()[3])
                if session in leaders:
                    lines.append((folder / "cmdline").read_text())
    return lines


@pytest.mark.django_db(transaction=True)
def test_s48_a_whole_run_leaves_no_secret_anywhere(
    sandbox, make_invitation, manager, client_for, tmp_path, transactional_db
):
    """Worker and web as real processes at DEBUG: their logs, their arguments, and every byte of the database."""
    words = [f"Run fault-{fault}" for fault in FAULTS]
    # Sound ones in between, so that nothing stops.
    sound = [make_invitation(delivery="link") for _ in words]
    spoiled = [make_invitation(assigned_collection_name=word, delivery="link") for word in words]
    for number, (one, other) in enumerate(zip(sound, spoiled, strict=True)):
        moment = timezone.now() - timedelta(minutes=60 - number)
        AccessLink.objects.filter(invitation__in=[one, other]).update(queued_at=moment)
    web_log, worker_log = tmp_path / "web", tmp_path / "worker"
    session = client_for(manager).cookies["sessionid"].value

    with (
        web(sandbox, log=web_log, LOG_LEVEL="DEBUG") as portal,
        worker(sandbox, log=worker_log, LOG_LEVEL="DEBUG", KONDADO_DEADLINE_SECONDS="1") as process,
    ):
        wait_until(lambda: not AccessLink.objects.filter(status__in=MOVING).exists())
        lines = command_lines(portal.pid, process.pid)
        address = f"/invitations/{sound[0].public_id}/"
        page = portal.ask("POST", f"{address}copy/", f"sessionid={session}")
        key = page.text.partition("/g/")[2].partition("/")[0]
        cookie = portal.ask("GET", f"/g/{key}/").headers["Set-Cookie"].partition(";")[0]
        link = sound[0].links.get()
        shown = portal.ask("POST", f"/guest/{sound[0].public_id}/continue/{link.pk}/", cookie)
        portal.ask("POST", f"{address}links/{link.pk}/reveal/", f"sessionid={session}")
        portal.ask("GET", f"/no-such-page/{key}?token={key}")

    tokens = [created.guest_token for created in sandbox.ledger]
    assert len(tokens) == 8
    assert tokens[0] in shown.text
    assert len(key) >= 40
    assert len(lines) >= 4
    assert any("gunicorn" in line for line in lines)
    logs = web_log.read_text() + worker_log.read_text()
    assert "/g/***" in logs
    fields = [base64.urlsafe_b64encode(key).decode() for key in settings.FIELD_KEYS]
    for place in (logs, "\n".join(lines), everything_stored()):
        assert_absent(place, settings.SECRET_KEY, *fields, *tokens, key)
    assert_absent(logs, session)


@pytest.mark.django_db
def test_an_error_leaves_no_mail(settings, make_invitation, monkeypatch, manager):
    """Django's own mail of an error shows the variables of every frame, and here the key of a guest."""
    settings.ADMINS = [("Admin", "admin@example.com")]
    invitation = make_invitation(status="ready", delivery="link")
    address = copy_link.copy(by=manager, invitation=invitation)
    monkeypatch.setattr(press, "exchange", lambda token: token.no_such_attribute)

    assert Client(raise_request_exception=False).get(address).status_code == 500

    assert mail.outbox == []
    assert not Message.objects.exists()
