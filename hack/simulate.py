"""Plays many seeds of tests/simulation; every broken promise is shown with its seed, which plays the same again.

simulate.py [SEEDS] [FIRST] [PROCESSES]
simulate.py --seed N        one seed, with its story and every call of the operator
"""

import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import structlog

from simulation.play import Outcome, play
from simulation.scenario import drawn

SILENT = 50
SHOWN = 20


def silently(seed: int) -> Outcome:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(SILENT))
    return play(seed)


def many(seeds: range, processes: int) -> int:
    """The number of seeds that broke something."""
    began, struck, broken = time.monotonic(), Counter[str](), 0
    with ProcessPoolExecutor(processes) as pool:
        for outcome in pool.map(silently, seeds, chunksize=10):
            struck += outcome.struck
            broken += bool(outcome.broken)
            for text in outcome.broken[:SHOWN]:
                print(f"seed {outcome.seed}: {text}", flush=True)
    print(f"{len(seeds)} seeds in {time.monotonic() - began:.0f} s, {broken} broke a promise")
    print("what struck:", ", ".join(f"{name} {count}" for name, count in struck.most_common()))
    return broken


def one(seed: int) -> int:
    """Tell the story of one seed."""
    scenario = drawn(seed)
    for name, wanted in scenario.objects.items():
        print(name, wanted)
    for event in sorted((*scenario.steps, *scenario.windows)):
        print(event)
    outcome = silently(seed)
    print("\n".join(outcome.calls))
    print("\n".join(outcome.broken) or "nothing was lost")
    return len(outcome.broken)


def main(arguments: list[str]) -> int:
    """The exit status."""
    if arguments[:1] == ["--seed"]:
        return 1 if one(int(arguments[1])) else 0
    count, first, processes = [
        int(each) for each in (*arguments, *("2000", "0", str(os.cpu_count()))[len(arguments) :])
    ]
    return 1 if many(range(first, first + count), processes) else 0


if __name__ == "__main__":
    # The order of sets must be the same in every process, or a seed would not be the same story.
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    sys.exit(main(sys.argv[1:]))
