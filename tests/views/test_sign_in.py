"""Whoever only tries is slowed down; whoever knows the password gets in, whatever others try."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invitations.models import Message
from invitations.services.base import bounds
from invitations.services.mail import outbox
from invitations.services.people import guesses
from tests import factories

pytestmark = pytest.mark.django_db
LOGIN, RESET, CODE = reverse("account_login"), reverse("account_reset_password"), reverse("mfa_authenticate")
NOW = timezone.now()


def try_password(email, password="wrong-password-1", place="192.0.2.1", browser=None):
    return (browser or Client()).post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=place)


def is_in(answer):
    return answer.status_code == 302 and "sessionid" in answer.cookies


def refused(answer):
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many tries" in answer.content.decode()
    return True


def test_s05_seven_wrong_passwords_from_one_place_do_not_keep_the_owner_out_at_another(manager):
    answers = [try_password(manager.email) for _ in range(7)]

    assert [answer.status_code for answer in answers[:5]] == [200] * 5
    assert all(refused(answer) for answer in answers[5:])
    assert is_in(try_password(manager.email, factories.PASSWORD, "198.51.100.1"))


def test_one_try_a_minute_for_hours_keeps_nobody_out(admin, settings):
    settings.SECOND_FACTOR_FORCED = False
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(120):
            try_password(admin.email)
            clock.shift(60)
        assert is_in(try_password(admin.email, factories.PASSWORD, "198.51.100.1"))


def test_many_places_together_wait_longer_and_longer_and_a_new_one_does_not(manager):
    many = bounds.WRONG_PASSWORDS_ANYWHERE.most
    with time_machine.travel(NOW, tick=False) as clock:
        for number in range(many):
            assert try_password(manager.email, place=f"203.0.113.{number}").status_code == 200
        assert refused(try_password(manager.email, place="203.0.113.0"))
        clock.shift(guesses.pause_after(many))
        assert try_password(manager.email, place="203.0.113.0").status_code == 200
        assert is_in(try_password(manager.email, factories.PASSWORD, "198.51.100.1"))


def test_the_pause_grows_and_ends():
    pauses = [guesses.pause_after(tries) for tries in range(0, 2000, 10)]

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(0), guesses.LONGEST_PAUSE)


def test_a_browser_that_signed_in_before_is_not_in_anybodys_way(manager):
    """Not even a neighbour behind the same network address can fill its count."""
    browser = Client()
    try_password(manager.email, factories.PASSWORD, browser=browser)
    browser.post(reverse("account_logout"))
    for _ in range(7):
        try_password(manager.email)

    assert refused(try_password(manager.email, factories.PASSWORD))
    assert is_in(try_password(manager.email, factories.PASSWORD, browser=browser))


def test_a_known_browser_may_not_try_for_ever_and_knows_only_its_own_person(manager, colleague):
    browser = Client()
    try_password(manager.email, factories.PASSWORD, browser=browser)
    browser.post(reverse("account_logout"))
    own = [try_password(manager.email, browser=browser).status_code for _ in range(6)]
    anothers = [try_password(colleague.email, browser=browser).status_code for _ in range(6)]

    assert own == anothers == [200] * 5 + [429]


def test_s06_an_address_that_nobody_has_is_answered_alike(manager):
    for email in (manager.email, "nobody@example.com"):
        answers = [try_password(email, place="192.0.2.9").status_code for _ in range(6)]
        assert answers == [200] * 5 + [429]


def test_a_place_that_tries_many_people_is_refused_too():
    answers = [try_password(f"p{number}@example.com").status_code for number in range(21)]

    assert answers == [200] * 20 + [429]


def test_a_password_asked_for_again_is_not_refused_for_what_strangers_tried(client_for, manager):
    for _ in range(7):
        try_password(manager.email, place="127.0.0.1")

    answer = client_for(manager).post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})

    assert answer.status_code == 302


@pytest.fixture
def second_factor(manager):
    """The seed of somebody's codes, and a recovery code."""
    secret = generate_totp_secret()
    TOTP.activate(manager, secret)
    return secret, RecoveryCodes.activate(manager).get_unused_codes()[0]


def code_now(secret):
    return format_hotp_value(hotp_value(secret, next(iter(counters()))))


def try_code(user, code, place, browser=None):
    browser = browser or Client()
    try_password(user.email, factories.PASSWORD, place, browser)
    return browser.post(CODE, {"code": code}, REMOTE_ADDR=place)


def test_whoever_tries_codes_with_a_stolen_password_is_refused_and_the_owner_is_not(manager, second_factor):
    answers = [try_code(manager, "000000", "192.0.2.1") for _ in range(7)]

    assert [answer.status_code for answer in answers[:5]] == [200] * 5
    assert all(refused(answer) for answer in answers[5:])
    assert is_in(try_code(manager, code_now(second_factor[0]), "198.51.100.1"))


def test_codes_tried_from_everywhere_leave_the_owner_a_known_browser_and_a_recovery_code(
    manager, second_factor
):
    secret, recovery = second_factor
    known = Client()
    with time_machine.travel(NOW, tick=False) as clock:
        assert is_in(try_code(manager, code_now(secret), "198.51.100.1", known))
        known.post(reverse("account_logout"))
        clock.shift(60)
        for number in range(bounds.WRONG_CODES_ANYWHERE.most):
            try_code(manager, "000000", f"203.0.113.{number}")

        stranger = try_code(manager, code_now(secret), "203.0.113.99")
        assert stranger.status_code == 200
        assert "recovery codes" in stranger.content.decode()
        assert is_in(try_code(manager, recovery, "203.0.113.98"))
        assert is_in(try_code(manager, code_now(secret), "198.51.100.1", known))


def ask_reset(email, place="192.0.2.1"):
    return Client().post(RESET, {"email": email}, REMOTE_ADDR=place)


def test_however_many_resets_are_asked_for_one_mail_goes_out_in_five_minutes(manager):
    with time_machine.travel(NOW, tick=False) as clock:
        answers = [ask_reset(manager.email, f"192.0.2.{number}") for number in range(5)]
        assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
            (302, reverse("account_reset_password_done"))
        }
        assert Message.objects.count() == 1
        clock.shift(300)
        ask_reset(manager.email)
        assert Message.objects.count() == 2


def test_resets_for_one_person_refuse_nobody_at_another_place(manager):
    for _ in range(25):
        ask_reset("somebody@example.com")

    assert refused(ask_reset(manager.email))
    assert ask_reset(manager.email, "198.51.100.1").status_code == 302
    assert Message.objects.filter(kind="sign_in").count() == 2


def test_the_portal_cannot_be_made_to_write_to_the_whole_world():
    for number in range(12):
        ask_reset(f"p{number}@elsewhere.example")
    assert Message.objects.count() == bounds.MAILS_TO_NOBODY.most

    for number in range(100):
        ask_reset(f"q{number}@elsewhere.example", f"203.0.113.{number}")
    assert Message.objects.count() == bounds.MAILS_TO_NOBODY_IN_ALL.most


def test_a_reset_password_works_at_once_where_it_was_mistyped_before(manager):
    for _ in range(5):
        try_password(manager.email)
    assert refused(try_password(manager.email, factories.PASSWORD))
    ask_reset(manager.email)
    browser = Client()
    page = browser.get(link_in_the_mail())
    browser.post(page["Location"], {"password1": "a-new-long-password", "password2": "a-new-long-password"}, REMOTE_ADDR="192.0.2.1")  # fmt: skip

    assert is_in(try_password(manager.email, "a-new-long-password"))


def link_in_the_mail():
    while outbox.step():
        pass
    (link,) = {word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word}
    return link.removeprefix("http://localhost:8000")
