"""Pacing against a simulated Kondado that counts with two sliding windows, by its own moments."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invitations.kondado.pacing import Limits, expected_seconds, wait_seconds

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
USUAL = Limits(per_second=1, per_minute=20)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def wait(
    *arrivals: float,
    in_flight_until: float | None = None,
    pause_until: float | None = None,
    limits: Limits = USUAL,
) -> float:
    return wait_seconds(
        arrivals=[at(seconds) for seconds in arrivals],
        in_flight_until=None if in_flight_until is None else at(in_flight_until),
        pause_until=None if pause_until is None else at(pause_until),
        now=NOW,
        limits=limits,
    )


def test_the_first_call_starts_at_once() -> None:
    assert wait() == 0.0


def test_calls_are_a_second_apart_from_the_last_arrival() -> None:
    assert wait(0.0) == pytest.approx(1.05)
    assert wait(-1.0, -5.0) == pytest.approx(0.05)
    assert wait(-1.05) == 0.0


def test_the_twenty_first_call_waits_for_the_minute() -> None:
    full = [-50.0 + 2 * number for number in range(20)]

    assert wait(*full[1:]) == 0.0
    assert wait(*full) == pytest.approx(10.05)
    assert wait(*reversed(full)) == pytest.approx(10.05)
    assert wait(-300.0, *full) == pytest.approx(10.05)
    assert wait(*[second - 10.05 for second in full]) == 0.0


def test_one_call_is_in_flight_and_a_lost_one_counts_from_its_deadline() -> None:
    assert wait(in_flight_until=7.0) == pytest.approx(8.05)
    assert wait(in_flight_until=-0.5) == pytest.approx(0.55)
    assert wait(in_flight_until=-2.0) == 0.0
    assert wait(in_flight_until=7.0, limits=Limits(0, 20)) == pytest.approx(7.0)


def test_a_pause_holds_whatever_the_limits() -> None:
    assert wait(pause_until=60.0) == 60.0
    assert wait(pause_until=60.0, limits=Limits(0, 0)) == 60.0
    assert wait(pause_until=-1.0) == 0.0
    assert wait(0.0, pause_until=0.5) == pytest.approx(1.05)


def test_zero_turns_a_limit_off() -> None:
    crowd = [0.0] * 30

    assert wait(*crowd, in_flight_until=9.0, limits=Limits(0, 0)) == 0.0
    assert wait(*crowd, limits=Limits(0, 20)) == pytest.approx(60.05)
    assert wait(*crowd, limits=Limits(1, 0)) == pytest.approx(1.05)
    assert wait(0.0, limits=Limits(0.5, 0)) == pytest.approx(2.05)


LIMITS = st.builds(Limits, per_second=st.sampled_from([0, 0.5, 1, 3]), per_minute=st.sampled_from([0, 3, 20]))
LATENCIES = st.lists(
    # the way there, the way back, and whether the answer is lost
    st.tuples(st.floats(0, 25), st.floats(0, 25), st.booleans()),
    min_size=30,
    max_size=70,
)


@settings(max_examples=150, deadline=None)
@given(latencies=LATENCIES, limits=LIMITS)
def test_no_latency_leads_to_a_refusal(latencies: list[tuple[float, float, bool]], limits: Limits) -> None:
    now, arrivals, counted = NOW, [], []
    lost: datetime | None = None
    for there, back, is_lost in latencies:
        seconds = wait_seconds(
            arrivals=arrivals[-20:], in_flight_until=lost, pause_until=None, now=now, limits=limits
        )
        now += timedelta(seconds=seconds)
        there, back = min(there, 20.0), min(back, max(0.0, 20.0 - there))
        counted.append(now + timedelta(seconds=there))
        end = now + timedelta(seconds=20 if is_lost else there + back)
        if lost is not None:
            arrivals.append(lost)
        lost = end if is_lost else None
        if not is_lost:
            arrivals.append(end)
        now = end

    for size, window in (
        (1 if limits.per_second else 0, limits.per_second and 1 / limits.per_second),
        (limits.per_minute, 60),
    ):
        if size:
            gaps = [later - earlier for earlier, later in zip(counted, counted[size:], strict=False)]
            assert all(gap >= timedelta(seconds=window) for gap in gaps)


def test_a_hundred_calls_take_hardly_longer_than_the_limits_demand() -> None:
    now, arrivals = NOW, []
    for _ in range(100):
        seconds = wait_seconds(
            arrivals=arrivals, in_flight_until=None, pause_until=None, now=now, limits=USUAL
        )
        now += timedelta(seconds=seconds + 0.1)
        arrivals.append(now)

    assert (now - NOW).total_seconds() < 4 * 60 * 1.1 + 25


def expect(
    ahead: int, *arrivals: float, in_flight_until: float | None = None, limits: Limits = USUAL
) -> float:
    return expected_seconds(
        ahead=ahead,
        arrivals=[at(seconds) for seconds in arrivals],
        in_flight_until=None if in_flight_until is None else at(in_flight_until),
        pause_until=None,
        now=NOW,
        limits=limits,
    )


def test_an_estimate_counts_those_ahead() -> None:
    assert expect(0) == 0.0
    assert expect(3) == pytest.approx(3 * 2.05)
    assert expect(20) == pytest.approx(61.05)
    assert 4 * 60 < expect(100) < 6 * 60
    assert expect(0, in_flight_until=20.0) == pytest.approx(2.05)
    assert expect(0, in_flight_until=-0.5) == pytest.approx(0.55)
    assert expect(50, limits=Limits(0, 0)) == 0.0


@given(st.integers(0, 60), st.lists(st.floats(-90, 0), max_size=25))
def test_an_estimate_never_promises_less_than_the_wait(ahead: int, arrivals: list[float]) -> None:
    assert expect(ahead, *arrivals) >= wait(*arrivals)
    assert expect(ahead + 1, *arrivals) >= expect(ahead, *arrivals)


def test_a_pause_comes_before_the_queue() -> None:
    seconds = expected_seconds(
        ahead=2, arrivals=[], in_flight_until=None, pause_until=at(60), now=NOW, limits=USUAL
    )

    assert seconds == pytest.approx(60 + 2 * 2.05)
