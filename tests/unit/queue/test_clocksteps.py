"""Steps of the wall clock: which differences count, and what refresh times become."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.queue.clocksteps import ClockSteps

HOUR = 3600.0


def test_T_06_a_clock_that_only_runs_takes_no_step() -> None:
    steps = ClockSteps()

    assert [steps.step(1_000_000.0 + second, second) for second in (0.0, 60.0, 120.0)] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("by", [HOUR, -HOUR, 2.5, -2.5, 7200.0])
def test_T_06_a_step_is_told_once(by: float) -> None:
    steps = ClockSteps()
    steps.step(1_000_000.0, 0.0)

    assert steps.step(1_000_060.0 + by, 60.0) == pytest.approx(by)
    assert steps.step(1_000_120.0 + by, 120.0) == 0.0


def test_T_06_two_seconds_do_not_count() -> None:
    steps = ClockSteps()
    steps.step(1_000_000.0, 0.0)

    assert steps.step(1_000_062.0, 60.0) == 0.0


def test_T_06_a_clock_that_drifts_is_followed_when_it_has_drifted_far_enough() -> None:
    steps = ClockSteps()

    told = [steps.step(sweep * 10.01, sweep * 10.0) for sweep in range(1_000)]

    assert sum(told) == pytest.approx(10.0, abs=2.1)
    assert 3 <= sum(step != 0 for step in told) <= 5


def test_T_08_sleep_of_the_machine_is_a_step_forward() -> None:
    steps = ClockSteps()
    steps.step(1_000_000.0, 50.0)

    # The steady clock stood still for two hours.
    assert steps.step(1_000_010.0 + 2 * HOUR, 60.0) == pytest.approx(2 * HOUR)


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(-1e6, 1e6)), max_size=30))
def test_T_06_what_is_told_keeps_up_with_the_wall(moves: list[tuple[float, float]]) -> None:
    steps = ClockSteps()
    wall = steady = told = 0.0
    steps.step(wall, steady)
    for passed, by in moves:
        steady += passed
        wall += passed + by
        told += steps.step(wall, steady)

        assert abs(wall - steady - told) <= 2.0 + 1e-6
