"""Kondado's key and token, its links and the guests' keys are in no log, no record, no page and no process list."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse

from invitations.models import Attempt, AuditDetail, AuditEvent, Status
from invitations.services.invitations import copy_link
from invitations.services.sending import dispatch
from portal.logging import JsonLines
from tests.processes import wait_until, worker

FAULTS = (
    "http_401_html",
    "http_429_retry_after",
    "http_502_html",
    "link_other_host",
    "link_userinfo",
    "link_javascript",
    "no_answer_created",
    "garbage_status_line",
    "redirect_302",
    "refused_hostile",
    "reset_after_request",
    "truncated_body",
)
PAGES = ("overview", "invitations", "invitation_new", "connectors", "history")


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """Everything that any logger says at DEBUG, as the portal's own handler writes it."""
    lines: list[str] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = lambda record: lines.append(formatter.format(record))
    formatter = JsonLines()
    loggers = [logging.getLogger(name) for name in ("", "django", "httpx", "httpcore", "django.db.backends")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    for logger in (logging.getLogger(), logging.getLogger("django")):
        logger.addHandler(handler)
    yield lines
    for logger in (logging.getLogger(), logging.getLogger("django")):
        logger.removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def record_text() -> str:
    rows = [*AuditEvent.objects.values(), *AuditDetail.objects.values()]
    return json.dumps(rows, default=str)


def assert_absent(text: str, *secrets: str) -> None:
    """Says which secret was found by its place only, so that a failing test shows none."""
    for number, secret in enumerate((settings.KONDADO_KEY, settings.KONDADO_TOKEN, *secrets)):
        assert len(secret) >= 8
        found = secret in text
        assert not found, f"secret {number} was found"


@pytest.mark.django_db
@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_writes_a_secret_into_the_log_or_the_record(
    sandbox, settings, make_invitation, log_lines, fault
):
    settings.KONDADO_DEADLINE_SECONDS = 0.5
    sandbox.misbehave(fault)
    make_invitation()

    dispatch.step()

    assert log_lines
    links = [item.guest_token for item in sandbox.ledger]
    attempt = Attempt.objects.get()
    if attempt.quarantined_link:
        withheld = attempt._meta.get_field("quarantined_link").value_from_object(attempt)
        assert b"://" not in bytes(withheld)
    assert_absent("\n".join(log_lines) + record_text() + attempt.error_text, *links)


@pytest.mark.django_db
def test_a_database_error_shows_no_secret(sandbox, make_invitation, log_lines):
    """The statement that fails holds the sealed link only."""
    make_invitation()
    dispatch.step()
    (created,) = sandbox.ledger

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM invitations_attempt")
        row = repr(cursor.fetchall())

    assert_absent(row + "\n".join(log_lines) + record_text(), created.link, created.guest_token)


@pytest.mark.django_db
def test_s16_no_page_of_any_role_shows_a_secret(
    sandbox, make_invitation, manager, colleague, auditor, admin, client_for
):
    invitation = make_invitation(delivery="link")
    dispatch.step()
    (created,) = sandbox.ledger
    key = copy_link.copy(by=manager, invitation=invitation).rstrip("/").rpartition("/")[2]
    link = invitation.links.get()
    assert link.status == Status.READY
    paths = [reverse(name) for name in PAGES]
    paths += [reverse(name, args=[invitation.public_id]) for name in ("invitation", "invitation_status")]
    models = ("attempt", "accesslink", "guesttoken", "message", "invitation", "vendorcall")
    paths += [reverse(f"admin:invitations_{model}_changelist") for model in models]
    paths += [reverse("admin:invitations_attempt_change", args=[link.current_attempt_id])]
    paths += [reverse("admin:invitations_guesttoken_change", args=[invitation.tokens.get().pk])]

    for person in (manager, colleague, auditor, admin):
        browser = client_for(person)
        for path in paths:
            assert_absent(browser.get(path).content.decode(), created.guest_token, key)


@pytest.mark.django_db
def test_the_log_hides_keys_in_addresses(client, log_lines, make_invitation, manager):
    invitation = make_invitation(status="ready", delivery="link")
    address = copy_link.copy(by=manager, invitation=invitation)
    key = address.rstrip("/").rpartition("/")[2]

    assert client.get(address).status_code == 303
    client.get(f"/password/reset/key/1-{key}/")
    client.get(f"/no-such-page/?key={key}&token={key}")

    assert any("/g/***" in line for line in log_lines)
    assert_absent("\n".join(log_lines), key)


@pytest.mark.django_db(transaction=True)
def test_the_list_of_processes_shows_no_secret(sandbox, make_invitation, tmp_path, transactional_db):
    """Settings come by the environment, which only the owner of the process may read."""
    log = tmp_path / "log"
    link = make_invitation().links.get()
    with worker(sandbox, log=log, LOG_LEVEL="DEBUG") as process:
        wait_until(lambda: link.refresh_from_db() or link.status == Status.READY)
        words = Path(f"/proc/{process.pid}/cmdline").read_text()
        seen_by = Path(f"/proc/{process.pid}/environ").stat().st_mode

    assert "run_worker" in words
    assert oct(seen_by)[-2:] == "00"
    (created,) = sandbox.ledger
    assert "invitation call ended" in log.read_text()
    assert_absent(words + log.read_text(), created.guest_token, settings.SECRET_KEY)
