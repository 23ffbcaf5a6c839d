"""When the form cannot be saved because of the database, people read why, what was not done, and what they typed."""

import re
from contextlib import nullcontext

import pytest
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection
from django.test import Client
from psycopg import errors

from invitations.models import Invitation
from invitations.views import new_invitation
from tests.crash.conftest import nobody_writes

pytestmark = pytest.mark.django_db
URL = "/invitations/new/"
OWN = {"Origin": "http://testserver"}


def caused(cause):
    error = OperationalError("ERROR")
    error.__cause__ = cause
    return error


FAILURES = [
    (OperationalError("database or disk is full"), "disk of the portal is full"),
    (caused(errors.DiskFull()), "disk of the portal is full"),
    (OperationalError("database is locked"), "had to give way"),
    (caused(errors.LockNotAvailable()), "had to give way"),
    (OperationalError("server closed the connection unexpectedly"), "cannot reach its database"),
    (InterfaceError("connection already closed"), "cannot reach its database"),
]


@pytest.fixture
def typed(account, connector):
    return {
        "account": account.pk,
        "direction": "src",
        "connector": connector.pk,
        "assigned_collection_name": "[Guest] ClickUp",
        "recipient_email": "ana@example.com",
        "recipient_name": "Ana <b>",
        "delivery": "kondado",
        "language": "pt-br",
        "expires_in_days": 14,
        "form_nonce": "the-first-nonce",
    }


@pytest.fixture
def browser(client_for, manager) -> Client:
    return client_for(manager, raise_request_exception=False)


def fails(monkeypatch, error):
    def broken(**_fields):
        raise error

    monkeypatch.setattr(new_invitation, "create_invitation", broken)


@pytest.mark.parametrize(("error", "said"), FAILURES)
def test_each_trouble_has_its_page_with_the_input(browser, typed, monkeypatch, error, said):
    fails(monkeypatch, error)
    answer = browser.post(URL, typed, headers=OWN)

    text = answer.content.decode()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Not saved, and nothing was sent" in text
    assert said in text
    assert "Ana &lt;b&gt;" in text


def test_what_comes_back_can_be_sent_again_as_the_same_form(browser, typed, monkeypatch):
    with monkeypatch.context() as broken:
        fails(broken, FAILURES[0][0])
        text = browser.post(URL, typed, headers=OWN).content.decode()
    given = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', text))
    answers = [browser.post(URL, given) for _ in range(2)]

    assert given["form_nonce"] == "the-first-nonce"
    assert [answer.status_code for answer in answers] == [303, 303]
    assert Invitation.objects.count() == 1


def test_a_foreign_page_gets_nothing_back(browser, typed, monkeypatch):
    fails(monkeypatch, FAILURES[0][0])
    text = browser.post(URL, typed, headers={"Origin": "https://evil.example"}).content.decode()

    assert "ana@example.com" not in text
    assert "csrfmiddlewaretoken" not in text


@pytest.mark.parametrize("error", [IntegrityError("x"), DatabaseError("x"), RuntimeError("x")])
def test_another_fault_is_told_as_what_it_is(browser, typed, monkeypatch, error):
    fails(monkeypatch, error)
    answer = browser.post(URL, typed, headers=OWN)

    assert answer.status_code == 500
    assert "do not know how far" in answer.content.decode()


def test_once_it_is_saved_nobody_says_that_it_was_not(browser, typed, monkeypatch):
    def gone(*_args, **_more):
        raise FAILURES[-1][0]

    monkeypatch.setattr(new_invitation, "redirect", gone)
    answer = browser.post(URL, typed, headers=OWN)

    assert (answer.status_code, Invitation.objects.count()) == (500, 1)


def test_a_page_that_cannot_be_read_says_so_and_needs_no_person(monkeypatch, settings):
    def gone(*_args, **_more):
        raise FAILURES[-1][0]

    monkeypatch.setattr("invitations.middleware.SessionLimitsMiddleware._is_over", gone)
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", gone)
    browser = Client(raise_request_exception=False)
    browser.cookies["sessionid"] = "a" * 32
    answer = browser.get("/")

    assert answer.status_code == 503
    assert "cannot reach its database" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_really_fails_saves_nothing(browser, typed):
    """SQLite may grow no further; on PostgreSQL somebody else holds the table."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
            expected, typed["message"] = "full", "x" * 900
        else:
            cursor.execute("SET lock_timeout = 200")
            expected = "busy"
    connection.close_at = None  # the next requests come over this very connection
    with nobody_writes(Invitation._meta.db_table) if expected == "busy" else nullcontext():
        for number in range(60):
            other = {"form_nonce": f"nonce-number-{number}", "recipient_email": f"a{number}@example.com"}
            answer = browser.post(URL, typed | other, headers=OWN)
            if answer.status_code == 503:
                break
    connection.close()

    assert answer.status_code == 503
    said = {"full": "disk of the portal is full", "busy": "had to give way"}
    assert said[expected] in answer.content.decode()
