"""How late refreshes are, as figures."""

import pytest

from esoctl.queue.lags import MOST_REMEMBERED, WINDOW_SECONDS, Lag, Lags


def test_T_15_without_refreshes_there_is_no_lag() -> None:
    assert Lags().figures(0.0, []) == Lag(0.0, 0.0, 0.0)


def test_T_15_the_figures_are_of_what_was_handed_out_and_of_what_waits() -> None:
    lags = Lags()
    for seconds in range(99):
        lags.observe(10.0, float(seconds))

    figures = lags.figures(10.0, [500.0])

    assert figures == Lag(p50=50.0, p99=500.0, longest=500.0)


def test_T_15_old_lags_are_forgotten() -> None:
    lags = Lags()
    lags.observe(0.0, 100.0)
    lags.observe(200.0, 1.0)

    assert lags.figures(WINDOW_SECONDS, []).longest == 100.0
    assert lags.figures(WINDOW_SECONDS + 1, []).longest == 1.0


@pytest.mark.parametrize("count", [1, 2, MOST_REMEMBERED + 500])
def test_T_15_a_flood_of_refreshes_takes_no_more_memory(count: int) -> None:
    lags = Lags()
    for number in range(count):
        lags.observe(0.0, float(number))

    assert lags.figures(0.0, []).longest == count - 1
    assert lags.figures(0.0, []).p50 >= (count - MOST_REMEMBERED) / 2
