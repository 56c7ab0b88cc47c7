"""Seeds that are played in every run of the tests; ``make simulate`` plays as many as one likes."""

import os

import pytest

from simulation.coverage import drawn_in, missed, total
from simulation.play import Outcome, play
from simulation.scenario import drawn

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "500"))
AT_ONCE = 20
REPLAYED = (3, 11, 29)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_nothing_is_lost_whatever_happens(first: int) -> None:
    seeds = range(first, min(first + AT_ONCE, SEEDS))

    outcomes = [play(seed) for seed in seeds]

    assert [told(outcome) for outcome in outcomes if outcome.broken] == []
    struck, wanted = total(outcome.struck for outcome in outcomes), total(drawn_in(drawn(seed)) for seed in seeds)
    assert struck.total() > 0
    assert missed(len(seeds), struck, wanted) == []


@pytest.mark.parametrize("seed", REPLAYED)
def test_a_seed_is_the_same_story_every_time(seed: int) -> None:
    first, second = play(seed), play(seed)

    assert first.calls == second.calls
    assert first.struck == second.struck
    assert first.figures == second.figures


def told(outcome: Outcome) -> str:
    """What to do about it."""
    again = f"play it again: .venv/bin/python hack/simulate.py --seed {outcome.seed}"
    return "\n".join([f"seed {outcome.seed} broke a promise; {again}", *outcome.broken])
