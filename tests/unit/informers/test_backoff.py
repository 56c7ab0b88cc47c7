import pytest

from esoctl.informers.backoff import Backoff


def waits(draw: float, count: int) -> list[float]:
    backoff, now, found = Backoff(), 0.0, []
    for _ in range(count):
        found.append(backoff.next(now, draw))
        now += found[-1]
    return found


def test_I_26_waits_double_up_to_the_cap() -> None:
    assert waits(0.0, 8) == pytest.approx([0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0])


def test_I_26_eight_steps_take_between_110_and_221_seconds() -> None:
    assert 110 <= sum(waits(0.0, 8)) <= sum(waits(1.0, 8)) <= 221


def test_I_26_two_calm_minutes_begin_anew() -> None:
    backoff = Backoff()
    first = backoff.next(0.0, 0.0)
    second = backoff.next(first + 119.9, 0.0)

    assert (first, second) == (0.8, 1.6)
    assert backoff.next(first + 119.9 + second + 120.0, 0.0) == 0.8
