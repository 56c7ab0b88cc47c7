"""Informers that run while somebody needs them."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio
import pytest
from anyio import CapacityLimiter

from esoctl.informers.informer import Informer
from esoctl.informers.ondemand import OnDemand
from esoctl.informers.watcher import Options
from esoctl.model.keys import Kind
from esoctl.model.kinds import RESOURCES, Resource
from esoctl.model.meta import Bare, decode_slim

pytestmark = pytest.mark.asyncio

CONFIG_MAPS, ACCOUNTS = RESOURCES[Kind.CONFIG_MAP], RESOURCES[Kind.SERVICE_ACCOUNT]
EMPTY = b'{"kind":"List","metadata":{"resourceVersion":"7"},"items":[]}'


class Source:
    """An empty collection; it counts who watches it."""

    kind = ""

    def __init__(self) -> None:
        self.watching = 0

    async def page(self, *, limit: int, token: str, resource_version: str, match: str) -> bytes:
        return EMPTY

    def watch(
        self, *, resource_version: str, timeout_seconds: int, initial: bool
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._watch()

    @asynccontextmanager
    async def _watch(self) -> AsyncIterator[AsyncIterator[bytes]]:
        self.watching += 1
        try:
            yield _nothing()
        finally:
            self.watching -= 1


async def _nothing() -> AsyncIterator[bytes]:
    await anyio.sleep_forever()
    yield b""


class Kinds:
    """Makes informers, and tells which are at work."""

    def __init__(self) -> None:
        self.sources: dict[Resource, Source] = {}
        self.made: list[str] = []

    def make(self, resource: Resource) -> Informer[Bare]:
        self.sources[resource] = source = Source()
        self.made.append(resource.plural)
        options = Options(draw=lambda: 0.5, lists=CapacityLimiter(2))
        return Informer(resource.plural, source, decode_slim, lambda change: None, options=options)

    async def at_work(self) -> set[str]:
        await anyio.sleep(1)
        return {resource.plural for resource, source in self.sources.items() if source.watching}


@asynccontextmanager
async def running() -> AsyncIterator[tuple[OnDemand, Kinds]]:
    kinds = Kinds()
    demand = OnDemand(kinds.make)
    async with anyio.create_task_group() as group:
        group.start_soon(demand.run)
        yield demand, kinds
        group.cancel_scope.cancel()


async def test_the_first_user_starts_a_kind_and_the_last_one_stops_it() -> None:
    async with running() as (demand, kinds):
        demand.want("a", [CONFIG_MAPS])
        demand.want("b", [CONFIG_MAPS, ACCOUNTS])
        assert await kinds.at_work() == {"configmaps", "serviceaccounts"}
        assert kinds.made.count("configmaps") == 1

        demand.want("a", [])
        demand.want("b", [CONFIG_MAPS])
        assert await kinds.at_work() == {"configmaps"}

        demand.want("b", [])
        assert await kinds.at_work() == set()
        assert demand.followed() == {}


async def test_what_was_wanted_before_the_start_is_followed_from_the_start() -> None:
    kinds = Kinds()
    demand = OnDemand(kinds.make)
    demand.want("a", [CONFIG_MAPS])

    async with anyio.create_task_group() as group:
        group.start_soon(demand.run)
        assert await kinds.at_work() == {"configmaps"}
        group.cancel_scope.cancel()


async def test_a_kind_that_is_wanted_again_is_read_anew() -> None:
    async with running() as (demand, kinds):
        for _ in range(2):
            demand.want("a", [CONFIG_MAPS])
            assert await kinds.at_work() == {"configmaps"}
            demand.want("a", [])
            assert await kinds.at_work() == set()

    assert kinds.made == ["configmaps", "configmaps"]
