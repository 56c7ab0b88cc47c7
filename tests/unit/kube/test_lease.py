"""Electors over a Lease in memory, on the virtual clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from esoctl.errors import ClusterError, Conflict, Denied, NotFound, Unreachable
from esoctl.kube.election import Election, Part, Timings
from esoctl.kube.lease import Elector, Standing
from esoctl.model.lease import Lease, LeaseSpec
from esoctl.model.meta import Meta

pytestmark = pytest.mark.asyncio


class Server:
    """One Lease with optimistic concurrency; counts the reads."""

    def __init__(self) -> None:
        self.lease: Lease | None = None
        self.reads = 0
        self.trouble: ClusterError | None = None
        self.slow = 0.0
        self._version = 0

    async def read(self) -> Lease:
        await self._pass()
        self.reads += 1
        if self.lease is None:
            raise NotFound(404, "NotFound", "no lease")
        return self.lease

    async def create(self, spec: LeaseSpec) -> Lease:
        await self._pass()
        if self.lease is not None:
            raise Conflict(409, "AlreadyExists", "there is one")
        return self._store(spec)

    async def replace(self, spec: LeaseSpec, version: str) -> Lease:
        await self._pass()
        if self.lease is None:
            raise NotFound(404, "NotFound", "no lease")
        if self.lease.metadata.resource_version != version:
            raise Conflict(409, "Conflict", "changed")
        return self._store(spec)

    def _store(self, spec: LeaseSpec) -> Lease:
        self._version += 1
        self.lease = Lease(Meta("esoctl", "system", resource_version=str(self._version)), spec)
        return self.lease

    async def _pass(self) -> None:
        await anyio.sleep(self.slow)
        if self.trouble:
            raise self.trouble

    @property
    def holder(self) -> str | None:
        return self.lease.spec.holder_identity if self.lease else None


class Replica:
    """An elector and a main loop that beats as long as it is alive."""

    def __init__(self, server: Server, identity: str) -> None:
        self.standing = Standing(anyio.current_time())
        self.election = Election(identity, Timings())
        self.ended_at: float | None = None
        self.scope = anyio.CancelScope()
        self.stalled = False
        start = datetime(2026, 6, 1, tzinfo=UTC)
        self.elector = Elector(
            server,
            self.election,
            self.standing,
            anyio.current_time,
            lambda: start + timedelta(seconds=anyio.current_time()),
            lambda: 0.5,
        )

    async def run(self) -> None:
        with self.scope:
            async with anyio.create_task_group() as group:
                group.start_soon(self._beat)
                await self.elector.run()
                self.ended_at = anyio.current_time()
                group.cancel_scope.cancel()

    async def _beat(self) -> None:
        while True:
            if not self.stalled:
                self.standing.beat = anyio.current_time()
            await anyio.sleep(0.5)

    @property
    def may_write(self) -> bool:
        return self.standing.deadline > anyio.current_time()


@asynccontextmanager
async def replicas(server: Server, count: int) -> AsyncIterator[list[Replica]]:
    async with anyio.create_task_group() as group:
        made = []
        for number in range(count):
            made.append(Replica(server, f"replica-{number}"))
            group.start_soon(made[-1].run)
            await anyio.sleep(0.3)
        await anyio.sleep(3)
        yield made
        group.cancel_scope.cancel()


async def until(condition: object, seconds: float) -> float:
    """Seconds until it holds; fails after the given ones."""
    assert callable(condition)
    began = anyio.current_time()
    with anyio.fail_after(seconds):
        while not condition():  # noqa: ASYNC110  the condition is plain data
            await anyio.sleep(0.05)
    return anyio.current_time() - began


async def test_one_of_three_leads_and_l_03_it_renews_without_reading() -> None:
    server = Server()
    async with replicas(server, 3) as (first, second, third):
        leading = [one for one in (first, second, third) if one.standing.part is Part.LEADER]
        assert leading == [first]
        second.scope.cancel()
        third.scope.cancel()
        await anyio.sleep(1)
        before, version = server.reads, server.lease and server.lease.metadata.resource_version

        await anyio.sleep(60)

        assert server.reads == before
        assert server.lease is not None
        assert server.lease.metadata.resource_version != version
        assert first.may_write


async def test_a_killed_leader_is_followed_within_the_lease_and_one_try() -> None:
    server = Server()
    async with replicas(server, 2) as (first, second):
        first.scope.cancel()

        took = await until(lambda: second.standing.part is Part.LEADER, 30)

        assert 12 < took <= 18


async def test_l_08_a_leader_that_stops_is_followed_at_once() -> None:
    server = Server()
    async with replicas(server, 2) as (first, second):
        first.standing.stop = True

        took = await until(lambda: second.standing.part is Part.LEADER, 10)

        assert took <= 2.5
        assert first.ended_at is not None


async def test_l_04_an_api_server_that_is_away_ends_the_leader_before_another_can_lead() -> None:
    server = Server()
    async with replicas(server, 1) as (first,):
        server.trouble = Unreachable(0, "Refused", "away")

        took = await until(lambda: first.ended_at is not None, 30)

        assert 8 <= took <= 12.5
        assert first.standing.part is Part.DEPOSED
        assert not first.may_write
        assert "away" in first.standing.trouble


async def test_a_main_loop_that_stands_still_loses_the_lease() -> None:
    server = Server()
    async with replicas(server, 2) as (first, second):
        first.stalled = True

        await until(lambda: second.standing.part is Part.LEADER, 20)

        assert first.standing.part is Part.DEPOSED


async def test_a_main_loop_that_stands_still_for_less_than_the_deadline_keeps_it() -> None:
    server = Server()
    async with replicas(server, 2) as (first, _second):
        first.stalled = True
        await anyio.sleep(5)
        first.stalled = False
        await anyio.sleep(30)

        assert first.standing.part is Part.LEADER


async def test_l_11_a_deleted_lease_is_made_again_and_two_never_lead() -> None:
    server = Server()
    async with replicas(server, 2) as both:
        for _ in range(20):
            server.lease = None
            await anyio.sleep(2.6)

            assert server.holder is not None
            assert sum(one.may_write for one in both) <= 1


async def test_requests_that_hang_are_given_up_and_the_leader_ends_in_time() -> None:
    server = Server()
    async with replicas(server, 1) as (first,):
        server.slow = 3600.0

        took = await until(lambda: first.ended_at is not None, 30)

        assert took <= 16


async def test_a_server_that_takes_five_seconds_for_each_request_keeps_its_leader() -> None:
    server = Server()
    async with replicas(server, 1) as (first,):
        server.slow = 5.05
        shortest = first.standing.deadline - anyio.current_time()
        for _ in range(240):
            await anyio.sleep(0.5)
            shortest = min(shortest, first.standing.deadline - anyio.current_time())

    assert first.standing.part is Part.LEADER
    assert shortest >= 4.0  # what a write needs to be sent


async def test_a_candidate_that_may_not_read_the_lease_says_so_and_leads_when_it_may() -> None:
    server = Server()
    server.trouble = Denied(403, "Forbidden", "leases is forbidden")
    async with replicas(server, 1) as (first,):
        assert "leases is forbidden" in first.standing.trouble
        assert first.standing.part is Part.CANDIDATE

        server.trouble = None
        await until(lambda: first.standing.part is Part.LEADER, 5)

        assert first.standing.trouble == ""


async def test_letting_go_is_tried_again_when_the_lease_changed_meanwhile() -> None:
    server = Server()
    async with replicas(server, 1) as (first,):
        assert server.lease is not None
        server.lease = Lease(Meta("esoctl", "system", resource_version="touched"), server.lease.spec)
        first.standing.stop = True

        await until(lambda: first.ended_at is not None, 5)

        assert server.holder == ""


async def test_a_lease_that_another_took_is_not_let_go() -> None:
    server = Server()
    async with replicas(server, 1) as (first,):
        assert server.lease is not None
        taken = LeaseSpec("somebody", 15, None, "now", 9)
        server.lease = Lease(Meta("esoctl", "system", resource_version="touched"), taken)
        first.standing.stop = True

        await until(lambda: first.ended_at is not None, 5)

        assert server.holder == "somebody"


async def test_the_lease_counts_from_the_request_and_not_from_its_answer() -> None:
    server = Server()
    server.slow = 3.0
    async with replicas(server, 1) as (alone,):
        await until(lambda: alone.standing.part is Part.LEADER, seconds=20)

        lasts = alone.standing.deadline - anyio.current_time()

    # The answer to the write that won came three seconds after it was sent; looking takes a moment too.
    assert 11.0 <= lasts <= 12.0
