"""Whether a run of many seeds tested what it says it tests: every class of fault and every act must have happened.

A run of a thousand seeds or more must have met all of them, in each whole thousand. A shorter one must have met those
that its scenarios drew often enough.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from simulation.faults import KINDS
from simulation.scenario import ACTIONS, Scenario
from simulation.wishes import KINDS as WISHES

BLOCK = 1000
ENOUGH = 25
"""Scenarios that draw a class, from which on it must have struck."""
PROOFS = (
    "order dealt anew",
    "list for lost events",
    "key removed for absence",
    "secret deleted for absence",
    "older version again",
    "target removed with its owner",
)
"""What must have come up, beside what was drawn: chances of the loop, and judgements of the witness."""
WRITTEN = tuple(f"written: {kind}" for kind in dict.fromkeys(WISHES) if kind != "broken")
CLASSES = (*KINDS, *ACTIONS, *PROOFS, *WRITTEN)


def drawn_in(scenario: Scenario) -> Counter[str]:
    """The classes that a scenario may show."""
    names = {step.what for step in scenario.steps} | {window.kind for window in scenario.windows}
    return Counter(names)


def missed(seeds: int, struck: Mapping[str, int], drawn: Mapping[str, int]) -> list[str]:
    """The classes that should have struck and did not."""
    if seeds >= BLOCK:
        return [name for name in CLASSES if not struck.get(name)]
    return [name for name in CLASSES if drawn.get(name, 0) >= ENOUGH and not struck.get(name)]


def table(struck: Mapping[str, int], drawn: Mapping[str, int]) -> list[str]:
    """One line for every class: how often it struck, and how many scenarios drew it."""
    rows = [f"{'class':30} {'struck':>9} {'drawn':>7}"]
    return rows + [f"{name:30} {struck.get(name, 0):>9} {drawn.get(name, 0) or '':>7}" for name in CLASSES]


def total(counters: Iterable[Counter[str]]) -> Counter[str]:
    """Their sum."""
    found: Counter[str] = Counter()
    for each in counters:
        found.update(each)
    return found
