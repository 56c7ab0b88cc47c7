"""Where every run begins: a cluster with the definitions, a namespace, and three stores with their keys.

It is made once in a process and copied for each run.
"""

from collections.abc import Callable
from functools import cache

from esoctl.sandbox.api import Api as Sandbox
from esoctl.sandbox.world import Settings, World
from simulation.hands import Hands
from support.furnished import furnished
from support.in_process import NOW, counting

MAIN = "team-a"
SECRET_KEY = "c4n4ry-secret-key"
BOOKMARK_SECONDS = 20.0
"""A third of what is usual, so that some are due while faults are on."""
_FIRST = 50_000
"""Uids of a copy begin here."""


def ground(now: Callable[[], str]) -> World:
    """A world of its own."""
    world = _prepared().twin(now, counting(_FIRST))
    world.settings = Settings(bookmark_seconds=BOOKMARK_SECONDS)
    return world


@cache
def _prepared() -> World:
    world = furnished(lambda: NOW)
    hands = Hands(Sandbox(world))
    hands.namespace(MAIN)
    hands.keys(MAIN, SECRET_KEY)
    hands.stores(MAIN)
    hands.maker(MAIN)
    return world
