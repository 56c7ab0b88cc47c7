"""What happens in one run: drawn whole from the seed before it begins, so that a seed is a story.

Swarm testing: each run has only some of the faults and actions, each at a rate of its own, so that what would drown
in everything at once gets its chance.
"""

import random
from typing import NamedTuple

from simulation.faults import KINDS
from simulation.ground import MAIN
from simulation.wishes import Wish, wish

CHAOS_SECONDS = 60.0
ACTIONS = (
    "rotate",
    "rotate twice",
    "remove remote",
    "mark remote",
    "restore remote",
    "roll back",
    "edit",
    "edit twice",
    "delete",
    "make again",  # deleted and created at once, with another spec [F45]
    "create",
    "force",
    "tamper",  # [F36]
    "add foreign key",
    "seize",  # [F35]
    "delete target",  # [F37]
    "occupy",  # the target is made anew by hand [F38]
    "foreign owner",
    "immutable",  # [F39]
    "break store",  # [F46]
    "remove store",
    "mend store",
    "lose keys",
    "change keys",
    "text",
    "kill",  # [F51]
    "stop",
    "lead",  # the other replica leads
    "clock",  # [F59]
    "suspend",
    "cut",  # all watches at once
    "lose crd",  # [F33]
    "end namespace",  # [F28]
)
SELDOM = ("lose crd", "end namespace")
SIDE = "team-b"
"""A second namespace."""


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
    objects: dict[tuple[str, str], Wish]
    steps: list[Step]
    windows: list[Window]
    replicas: int
    shuffled: bool
    batching: bool
    ending: str
    """What is looked at once all is well: peace, a rotation, or both."""


def drawn(seed: int) -> Scenario:
    """The scenario of that seed."""
    draw = random.Random(seed)
    objects = {(MAIN, f"es{number}"): wish(draw) for number in range(draw.choice((1, 1, 2, 2, 3)))}
    if draw.random() < 0.15:
        objects[SIDE, "side"] = Wish("data", (("a", "db", "user"),), "shared", "30s", "Retain", "Owner")
    allowed = draw.sample(ACTIONS, draw.randint(1, 8))
    steps = [
        _step(draw, allowed, [name for space, name in objects if space == MAIN]) for _ in range(draw.randint(1, 7))
    ]
    kinds = draw.sample(KINDS, draw.choice((0, 1, 2, 3, 4, 6)))
    windows = [_window(draw, kind) for kind in kinds]
    replicas = 2 if "lead" in allowed or draw.random() < 0.05 else 1
    ending = draw.choice(("peace", "peace", "rotation", "rotation", "both"))
    return Scenario(seed, objects, sorted(steps), windows, replicas, draw.random() < 0.5, draw.random() < 0.85, ending)


def _step(draw: random.Random, allowed: list[str], names: list[str]) -> Step:
    return Step(draw.uniform(0, CHAOS_SECONDS), draw.choice(allowed), draw.choice(names), draw.random())


def _window(draw: random.Random, kind: str) -> Window:
    start = draw.choice((0.0, draw.uniform(0, CHAOS_SECONDS * 0.7)))
    end = min(CHAOS_SECONDS, start + draw.uniform(5, CHAOS_SECONDS))
    return Window(start, end, kind, draw.choice((0.1, 0.4, 1.0)))
