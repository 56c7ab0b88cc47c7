"""Runs the elector on its own thread and shows the main loop whether it may act.

Every write to the cluster asks ``seconds_left`` first (``transport.Options.lease``); without an election the answer is
without end. A process that lost the Lease must not write again: it stops at once and comes back as a candidate.
"""

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import aiohttp
import anyio
import anyio.to_thread

from esoctl.clock import SystemClock, boot_time
from esoctl.kube import paths
from esoctl.kube.election import Election, Part, Timings
from esoctl.kube.endpoint import Endpoint
from esoctl.kube.lease import LOOK_SECONDS, Elector, Standing
from esoctl.kube.transport import Call, Options, Transport
from esoctl.model.keys import Kind
from esoctl.model.kinds import RESOURCES
from esoctl.model.lease import Lease, LeaseSpec, decode, encode

STALE_SECONDS = 10.0
"""A process that holds itself the leader this long after the end of its lease is broken."""


class Lead(Protocol):
    """What the main loop knows of the election."""

    async def elected(self) -> None:
        """Returns when this process leads."""

    async def lost(self) -> None:
        """Returns when this process led and does so no more; never without an election."""

    def seconds_left(self) -> float:
        """For how long this process may still write."""
        ...

    def beat(self) -> None:
        """The main loop shows that it lives."""

    def problem(self) -> str:
        """What is wrong with the election, empty when nothing is; a process that only waits is well."""
        ...

    def broken(self) -> str:
        """Why the process should be restarted, empty when it need not be."""
        ...

    @property
    def leads(self) -> bool:
        """Whether this process is the one that acts."""
        ...


class Alone:
    """No election: this process is the only one, by agreement."""

    leads = True

    async def elected(self) -> None:
        """At once."""

    async def lost(self) -> None:
        """Never."""
        await anyio.sleep_forever()

    def seconds_left(self) -> float:
        return math.inf

    def beat(self) -> None:
        """Nobody asks."""

    def problem(self) -> str:
        return ""

    def broken(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Candidacy:
    """Which Lease to compete for, and as whom."""

    namespace: str
    name: str
    identity: str
    timings: Timings
    draw: Callable[[], float]
    requests: type[aiohttp.ClientRequest] = aiohttp.ClientRequest


class Candidate:
    """The main loop's side of an election."""

    def __init__(self, standing: Standing, now: Callable[[], float]) -> None:
        self._standing = standing
        self._now = now

    @property
    def leads(self) -> bool:
        return self._standing.part is Part.LEADER

    async def elected(self) -> None:
        while self._standing.part is Part.CANDIDATE:  # noqa: ASYNC110  it is told by another thread
            await anyio.sleep(LOOK_SECONDS)

    async def lost(self) -> None:
        while self._standing.part is not Part.DEPOSED:  # noqa: ASYNC110  it is told by another thread
            await anyio.sleep(LOOK_SECONDS)

    def seconds_left(self) -> float:
        return self._standing.deadline - self._now()

    def beat(self) -> None:
        self._standing.beat = self._now()

    def problem(self) -> str:
        return self._standing.trouble

    def broken(self) -> str:
        late = -self.seconds_left()
        return f"has not renewed its lease, which ended {late:.0f} s ago" if self.leads and late > STALE_SECONDS else ""


class ApiLeases:
    """The Lease on an API server."""

    def __init__(self, transport: Transport, candidacy: Candidacy) -> None:
        self._transport = transport
        self._candidacy = candidacy
        resource = RESOURCES[Kind.LEASE]
        self._collection = paths.collection(resource, candidacy.namespace)
        self._item = paths.item(resource, candidacy.namespace, candidacy.name)

    async def read(self) -> Lease:
        return await self._call("GET", self._item, None)

    async def create(self, spec: LeaseSpec) -> Lease:
        return await self._call("POST", self._collection, self._body(spec, ""))

    async def replace(self, spec: LeaseSpec, version: str) -> Lease:
        return await self._call("PUT", self._item, self._body(spec, version))

    def _body(self, spec: LeaseSpec, version: str) -> bytes:
        return encode(self._candidacy.namespace, self._candidacy.name, version, spec)

    async def _call(self, method: str, path: str, body: bytes | None) -> Lease:
        limit = self._candidacy.timings.request
        return decode(await self._transport.request(Call(method, path, body=body, timeout=limit, tries=1)))


@asynccontextmanager
async def campaigning(candidacy: Candidacy, connect: Callable[[], Awaitable[Endpoint]]) -> AsyncIterator[Lead]:
    """Be a candidate until the block ends; a Lease that is held then is let go.

    ``connect`` is called on the elector's own event loop.
    """
    standing = Standing(boot_time())
    campaign = partial(anyio.run, _campaign, candidacy, connect, standing)
    async with anyio.create_task_group() as group:
        # Not abandoned: the thread ends when it is told to, and the Lease is let go before the process ends.
        group.start_soon(partial(anyio.to_thread.run_sync, campaign, limiter=anyio.CapacityLimiter(1)))
        try:
            yield Candidate(standing, boot_time)
        finally:
            standing.stop = True


async def _campaign(candidacy: Candidacy, connect: Callable[[], Awaitable[Endpoint]], standing: Standing) -> None:
    election = Election(candidacy.identity, candidacy.timings)
    async with Transport(
        await connect(), Options(candidacy.draw, connections=2, requests=candidacy.requests)
    ) as transport:
        leases = ApiLeases(transport, candidacy)
        await Elector(leases, election, standing, boot_time, SystemClock().now, candidacy.draw).run()
