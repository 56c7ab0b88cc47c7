"""What happens in one run: drawn whole from the seed before it begins, so that a seed is a story."""

import random
from typing import NamedTuple

from simulation.faults import KINDS

KEYS = ("db", "api", "tls", "smtp")
INTERVALS = ("10s", "30s", "1m")
CHAOS_SECONDS = 90.0
PROVIDER = ("provider down", "provider denies", "provider throttles", "provider hangs", "provider slow")
ACTIONS = (
    "rotate",
    "rotate",
    "vanish",
    "restore",
    "edit",
    "delete target",
    "tamper",
    "force",
    "delete",
    "create",
    "crash",
    "stop",
    "break store",
)


class Wanted(NamedTuple):
    """One ExternalSecret at one time: secret key -> remote key, and how it behaves."""

    entries: tuple[tuple[str, str], ...]
    interval: str
    deletion: str
    creation: str


class Step(NamedTuple):
    """Something that happens at a time; ``amount`` is a number from 0 to 1 that says how much or which."""

    at: float
    what: str
    name: str
    amount: float


class Window(NamedTuple):
    """A fault that is on for a while."""

    start: float
    end: float
    kind: str
    rate: float


class Scenario(NamedTuple):
    """A whole run."""

    seed: int
    objects: dict[str, Wanted]
    steps: list[Step]
    windows: list[Window]


def wanted(draw: random.Random) -> Wanted:
    """An ExternalSecret's wishes."""
    names = draw.sample(("a", "b", "c"), draw.randint(1, 3))
    deletion = draw.choice(("Retain", "Retain", "Delete", "Merge"))
    creation = "Owner" if deletion == "Delete" else draw.choice(("Owner", "Owner", "Orphan"))
    entries = tuple((name, draw.choice(KEYS)) for name in sorted(names))
    return Wanted(entries, draw.choice(INTERVALS), deletion, creation)


def drawn(seed: int) -> Scenario:
    """The scenario of that seed: a few faults of many kinds at most, so that each gets its chance."""
    draw = random.Random(seed)
    objects = {f"es{number}": wanted(draw) for number in range(draw.randint(1, 3))}
    allowed = draw.sample(ACTIONS, draw.randint(2, len(ACTIONS)))
    steps = [
        Step(draw.uniform(0, CHAOS_SECONDS), draw.choice(allowed), draw.choice([*objects]), draw.random())
        for _ in range(draw.randint(2, 10))
    ]
    kinds = draw.sample((*KINDS, *PROVIDER), draw.randint(0, 5))
    return Scenario(seed, objects, sorted(steps), [_window(draw, kind) for kind in kinds])


def _window(draw: random.Random, kind: str) -> Window:
    start = draw.uniform(0, CHAOS_SECONDS * 0.8)
    return Window(start, min(CHAOS_SECONDS, start + draw.uniform(2, 60)), kind, draw.choice((0.05, 0.3, 1.0)))
