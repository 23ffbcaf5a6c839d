"""`rotate_field_keys` killed in the middle, again and again, beside a worker that delivers: nothing is lost."""

import base64

import pytest
from django.db import connection

from invitations.models import Message, sealed
from tests import factories
from tests.processes import environment, running, wait_until, worker

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]
OLD, NEW = b"t" * 32, b"n" * 32
MAILS = 3000


def text_of(*keys: bytes) -> str:
    return ",".join(base64.urlsafe_b64encode(key).decode() for key in keys)


def moved() -> int:
    rows = Message.objects.annotate(key_name=sealed.KeyName("content"))
    return rows.filter(key_name=sealed.key_name(NEW)).count()


def make_mails() -> None:
    first = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    now = factories.queue_mail(to="one@example.com").created_at
    rows = [
        Message(
            pk=first + 10 + number, kind="sign_in", to_email="b@example.com", status="sent", created_at=now
        )
        for number in range(MAILS)
    ]
    for row in rows:
        row.content = row.seal(f"text {row.pk}")
    Message.objects.bulk_create(rows, batch_size=500)


def test_s47_killed_in_the_middle_it_goes_on(sandbox, make_invitation, tmp_path, settings, transactional_db):
    make_mails()
    make_invitation()
    log, words = tmp_path / "log", ["manage.py", "rotate_field_keys"]
    env = environment(sandbox, FIELD_KEYS=text_of(NEW, OLD), VAR_DIR=str(tmp_path))
    with worker(sandbox, log=log, FIELD_KEYS=text_of(NEW, OLD), VAR_DIR=str(tmp_path)):
        seen = 0
        for _ in range(3):
            with running(words, log=log, env=env) as process:
                wait_until(lambda seen=seen, process=process: moved() > seen or process.poll() is not None)
                process.kill()
            seen = moved()
        assert 0 < seen < MAILS
        with running(words, log=log, env=env) as process:
            wait_until(lambda: process.poll() is not None)
        assert process.returncode == 0, log.read_text()[-2000:]

    settings.FIELD_KEYS = [NEW]
    found = list(Message.objects.filter(to_email="b@example.com"))
    assert len(found) == MAILS
    assert all(message.open_content() == f"text {message.pk}" for message in found)


def test_s47_web_and_worker_refuse_to_start_without_a_key_by_its_name(
    sandbox, make_invitation, tmp_path, transactional_db
):
    make_invitation(status="ready")
    name = sealed.key_name(OLD).hex()
    env = environment(sandbox, FIELD_KEYS=text_of(NEW), VAR_DIR=str(tmp_path), BIND="127.0.0.1:0")
    for words in (["manage.py", "run_worker"], ["-m", "gunicorn"], ["manage.py", "check"]):
        log = tmp_path / "-".join(words).replace("/", "")
        with running(words, log=log, env=env) as process:
            wait_until(lambda process=process: process.poll() is not None)
        assert process.returncode not in (0, None)
        assert f"FIELD_KEYS lacks the key {name}" in log.read_text()
    assert connection.vendor
