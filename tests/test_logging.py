"""LOG_LEVEL holds for every logger, and whoever is refused leaves one line, without a traceback."""

import json
import logging
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse

from portal.logging import JsonLines, RefusalsInOneLine, logging_config


@pytest.fixture
def lines():
    """What is written, line by line, by a handler made as the portal makes its own."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    handler.addFilter(RefusalsInOneLine())
    loggers = [logging.getLogger(name) for name in ("", "django")]
    for logger in loggers:
        logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.mark.parametrize("level", ["WARNING", "ERROR", "CRITICAL"])
def test_the_level_holds_for_every_logger(level):
    config = logging_config(level=level)

    assert {one["level"] for one in [config["root"], *config["loggers"].values()]} == {level}


def test_those_who_write_values_stay_quiet_whatever_is_asked():
    loggers = logging_config(level="DEBUG")["loggers"]

    assert {name: one["level"] for name, one in loggers.items()} == {
        "django": "INFO",
        "django.server": "INFO",
        "httpx": "WARNING",
        "httpcore": "WARNING",
    }


def test_the_handler_is_made_with_the_filter():
    config = logging_config(level="INFO")

    assert config["filters"]["refusals"] == {"()": RefusalsInOneLine}
    assert config["handlers"]["console"]["filters"] == ["refusals"]


@pytest.mark.django_db
def test_a_page_that_a_role_may_not_have_is_one_line(client_for, manager, lines):
    assert client_for(manager).get("/system/").status_code == 403

    (line,) = lines()
    assert (line["level"], line["message"]) == ("WARNING", "GET /system/ 403")
    assert "traceback" not in line


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"--x\r\nnonsense", "multipart/form-data; boundary=", 400),
        (b"a=b", "application/x-www-form-urlencoded; charset=no-such", 200),
        (b"{}", "application/json", 400),
        (b"a" * 2_000_000, "text/plain", 413),
    ],
)
def test_a_body_that_nobody_understands_is_one_line(lines, body, kind, status):
    answer = Client().generic("POST", reverse("account_login"), body, content_type=kind)

    (line,) = lines()
    assert (answer.status_code, "traceback" in line) == (status, False)


@pytest.mark.django_db
def test_whoever_names_another_host_or_forges_a_form_is_one_line_that_says_why(lines):
    Client().get("/login/", headers={"Host": "evil.example"})
    Client(enforce_csrf_checks=True).post("/login/")

    host, forged = lines()
    assert "HTTP_HOST" in host["why"]
    assert "CSRF" in forged["why"]
    assert "traceback" not in host | forged


@pytest.mark.django_db
def test_a_fault_of_ours_keeps_its_traceback(lines, monkeypatch):
    def broken(*_args, **_more):
        raise RuntimeError("broken")

    monkeypatch.setattr("invitations.views.health.health.failed_checks", broken)
    Client(raise_request_exception=False).get("/readyz")

    assert any("RuntimeError" in line.get("traceback", "") for line in lines())
