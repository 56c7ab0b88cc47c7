"""Seeds that are played in every run of the tests; ``make simulate`` plays as many as one likes."""

import os

import pytest

from simulation.play import play

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "100"))
AT_ONCE = 10


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_nothing_is_lost_whatever_happens(first: int) -> None:
    outcomes = [play(seed) for seed in range(first, min(first + AT_ONCE, SEEDS))]

    assert {outcome.seed: outcome.broken for outcome in outcomes if outcome.broken} == {}
    assert sum(outcome.struck.total() for outcome in outcomes) > 0


def test_a_seed_is_the_same_story_every_time() -> None:
    first, second = play(11), play(11)

    assert first.calls == second.calls
    assert first.struck == second.struck
