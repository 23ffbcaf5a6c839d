"""The two documented call limits, by a clock the test turns."""

import pytest

from invitations.kondado.sandbox.limiter import Limiter
from tests.kondado.sandbox_calls import fetch, invite, listing, make

REFUSAL = {
    "success": False,
    "error": "RATE_LIMIT_EXCEEDED",
    "message": "Too many requests. Please try again in 60 seconds.",
}


class Clock:
    """Seconds that pass only when told to; quarters and whole numbers, so that sums are exact."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_next_call_is_allowed_after_exactly_one_second(clock: Clock) -> None:
    limiter = Limiter(1, 20, clock)
    assert limiter.admit("ip", "key")
    clock.now += 1 - 2**-20
    assert not limiter.admit("ip", "key")
    clock.now += 1
    assert limiter.admit("ip", "key")


def test_the_21st_call_waits_until_the_first_is_a_minute_old(clock: Clock) -> None:
    limiter = Limiter(1, 20, clock)
    for _ in range(20):
        assert limiter.admit("ip", "key")
        clock.now += 1
    clock.now = 1060 - 2**-20
    assert not limiter.admit("ip", "key")
    clock.now = 1061
    assert limiter.admit("ip", "key")


def test_refused_calls_count_too(clock: Clock) -> None:
    limiter = Limiter(1, 20, clock)
    limiter.admit("ip", "key")
    clock.now += 0.75
    assert not limiter.admit("ip", "key")
    clock.now += 0.75
    assert not limiter.admit("ip", "key")
    assert limiter.used("ip") == (2, 3)


def test_each_key_and_each_ip_has_its_own_count(clock: Clock) -> None:
    limiter = Limiter(1, 20, clock)
    assert limiter.admit("ip 1", "key 1")
    assert not limiter.admit("ip 2", "key 1")
    assert not limiter.admit("ip 1", "key 2")
    assert limiter.admit("ip 3", "key 3")


def test_zero_is_no_limit(clock: Clock) -> None:
    limiter = Limiter(0, 0, clock)
    assert all(limiter.admit("ip", "key") for _ in range(100))


def test_the_minute_holds_without_the_second(clock: Clock) -> None:
    limiter = Limiter(0, 20, clock)
    assert [limiter.admit("ip", "key") for _ in range(21)] == [True] * 20 + [False]


def test_a_passed_limit_is_answered_to_the_letter_with_status_200(clock: Clock) -> None:
    with make(per_second=1, per_minute=20, clock=clock) as sandbox:
        assert listing(sandbox, "src").json["success"] is True
        answer = invite(sandbox)
        assert (answer.status, answer.json) == (200, REFUSAL)
        assert "retry-after" not in answer.headers
        assert [call.refused for call in sandbox.calls] == [False, True]
        assert sandbox.ledger == []
        clock.now += 1
        assert invite(sandbox).json["success"] is True


def test_calls_with_a_wrong_credential_count_and_pages_do_not(clock: Clock) -> None:
    with make(per_second=0, per_minute=2, clock=clock) as sandbox:
        fetch(sandbox, "GET", "/sandbox/ledger.json")
        fetch(sandbox, "GET", "/parent_collections/src")
        assert invite(sandbox).json["success"] is True
        assert invite(sandbox).json == REFUSAL


def test_a_fault_asked_for_waits_while_the_limit_refuses(clock: Clock) -> None:
    with make(per_second=1, clock=clock) as sandbox:
        listing(sandbox, "src")
        sandbox.misbehave("http_204")
        assert invite(sandbox).json == REFUSAL
        clock.now += 1
        assert invite(sandbox).status == 204
        clock.now += 0.5
        assert invite(sandbox).json == REFUSAL
