"""Delays after failures."""

import itertools
import math
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.queue.limiter import Backoff, Limiter


def a_limiter(draw: float = 0.5) -> Limiter[str]:
    """One whose draws are all the same; 0.5 is the middle of the jitter."""
    return Limiter(random=lambda: draw)


def delays(limiter: Limiter[str], count: int) -> list[float]:
    return [limiter.delay("a") for _ in range(count)]


def test_Q_12_delays_double_from_one_second() -> None:
    assert delays(a_limiter(), 8) == [1, 2, 4, 8, 16, 32, 64, 128]


def test_Q_12_delays_stay_finite_and_capped_after_ten_thousand_failures() -> None:
    limiter = a_limiter(draw=math.nextafter(1.0, 0.0))

    longest = max(delays(limiter, 10_001))

    assert 299.9 < longest <= 300.0


@pytest.mark.parametrize(("draw", "expected"), [(0.0, [0.75, 1.5, 3.0]), (1.0, [1.25, 2.5, 5.0])])
def test_jitter_is_a_quarter_either_way(draw: float, expected: list[float]) -> None:
    assert delays(a_limiter(draw), 3) == expected


def test_delays_at_the_cap_are_spread_below_it() -> None:
    draws = itertools.cycle([0.0, 0.25, 0.5, 0.75])
    limiter: Limiter[str] = Limiter(random=lambda: next(draws))
    delays(limiter, 12)

    assert delays(limiter, 4) == [225.0, 243.75, 262.5, 281.25]


def test_keys_do_not_slow_one_another_down() -> None:
    limiter = a_limiter()
    delays(limiter, 5)

    assert limiter.delay("b") == 1.0


def test_Q_13_a_forgotten_key_starts_again_and_takes_no_memory() -> None:
    limiter = a_limiter()
    delays(limiter, 5)

    limiter.forget("a")

    assert (len(limiter), limiter.failures("a"), limiter.delay("a")) == (0, 0, 1.0)


def test_Q_13_forgetting_a_key_that_never_failed_is_allowed() -> None:
    limiter = a_limiter()

    limiter.forget("a")

    assert len(limiter) == 0


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        pytest.param(None, 1.0, id="none"),
        pytest.param(0.5, 1.0, id="shorter than the computed delay"),
        pytest.param(20.0, 20.0, id="longer than the computed delay"),
        pytest.param(7_200.0, 300.0, id="longer than the cap"),
        pytest.param(math.inf, 300.0, id="endless"),
        pytest.param(-5.0, 1.0, id="negative"),
        pytest.param(math.nan, 1.0, id="no number"),
    ],
)
def test_Q_15_a_hint_is_a_floor_and_capped(hint: float | None, expected: float) -> None:
    assert a_limiter().delay("a", hint) == expected


def test_Q_15_a_hint_does_not_shorten_later_delays() -> None:
    limiter = a_limiter()
    limiter.delay("a", 200.0)

    assert limiter.delay("a") == 2.0


@given(
    failures=st.integers(0, 2_000),
    draw=st.floats(0, 1, exclude_max=True),
    hint=st.none() | st.floats(allow_nan=True, allow_infinity=True),
)
def test_every_delay_is_within_its_bounds(failures: int, draw: float, hint: float | None) -> None:
    limiter: Limiter[str] = Limiter(random=lambda: draw, backoff=Backoff())
    limiter._failures["a"] = failures

    delay = limiter.delay("a", hint)

    lowest = min(2.0 ** min(failures, 60), 300.0) * 0.75
    assert lowest <= delay <= 300.0


def test_Q_36_only_failing_keys_take_memory() -> None:
    limiter = a_limiter()
    keys = [f"key-{number}" for number in range(10_000)]
    tracemalloc.start()
    for key in keys:
        limiter.delay(key)
        limiter.forget(key)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 100 * 1024


def test_Q_12_a_failure_may_have_a_cap_of_its_own() -> None:
    limiter = a_limiter(draw=1.0)

    found = [limiter.delay("a", at_most=30.0) for _ in range(8)]

    assert found == [1.25, 2.5, 5.0, 10.0, 20.0, 30.0, 30.0, 30.0]
    assert limiter.delay("a") == 300.0
