"""A sandbox's world in which the definitions are installed already: they are installed once per process, then copied.

A world of its own costs a test almost nothing that way. Its definitions are older than the run.
"""

from collections.abc import Callable
from functools import cache

import msgspec

from esoctl.crds.generate import all_crds
from esoctl.crds.install import DEFINITIONS, MANAGER
from esoctl.kube.api import APPLY_PATCH
from esoctl.sandbox.api import ADMIN, Api
from esoctl.sandbox.requests import Request, Response
from esoctl.sandbox.world import World
from support.in_process import NOW, counting

_FIRST = 10_000
"""Uids of a copy begin here: the definitions have used up some before."""


def furnished(now: Callable[[], str]) -> World:
    """A world with the definitions, and with nothing else that a new cluster has not."""
    return _furnished().twin(now, counting(_FIRST))


@cache
def _furnished() -> World:
    world = World(lambda: NOW, counting(), None)
    api = Api(world)
    for definition in all_crds():
        path = f"{DEFINITIONS}/{msgspec.convert(definition['metadata'], dict)['name']}"
        query, headers = f"fieldManager={MANAGER}&force=true", {"content-type": APPLY_PATCH}
        answer = api.handle_as(ADMIN, Request("PATCH", path, query, headers, msgspec.json.encode(definition)))
        assert isinstance(answer, Response), answer
        assert answer.status == 201, answer.body
    return world
