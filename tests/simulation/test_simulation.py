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

    assert story(first) == story(second)


def test_a_story_does_not_depend_on_those_before_it() -> None:
    seeds = (285, 24, 916)

    first, second = [play(seed) for seed in seeds], [play(seed) for seed in reversed(seeds)]

    assert [story(outcome) for outcome in first] == [story(outcome) for outcome in reversed(second)]


def story(outcome: Outcome) -> tuple[object, ...]:
    """All that tells two runs apart."""
    return outcome.calls, outcome.struck, outcome.figures, outcome.broken


def told(outcome: Outcome) -> str:
    """What to do about it."""
    again = f"play it again: .venv/bin/python hack/simulate.py --seed {outcome.seed}"
    return "\n".join([f"seed {outcome.seed} broke a promise; {again}", *outcome.broken])
