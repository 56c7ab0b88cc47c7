"""The operator's processes, one after the other or two at a time, and who of them leads."""

import random
from collections.abc import Callable
from typing import TypeVar

import anyio

from esoctl.config import Config
from esoctl.kube.api import Api
from esoctl.metrics import Metrics
from esoctl.operating import Operator, Surroundings
from esoctl.providers.aws.provider import Aws
from esoctl.providers.pool import ClientPool
from simulation.awscalls import CloudSession
from simulation.cloud import Cloud
from simulation.faults import Menu
from simulation.lives import Life, Seat
from simulation.wire import SimulatedTransport, Wire
from simulation.witness import ABSENCE_SECONDS
from support.day import LoopClock

T = TypeVar("T")

WORKERS = 4
RENDER_SECONDS = 0.3
BEAT_SECONDS = 60.0
"""Of the loop's proofs that it runs: this loop never waits, so they are seldom asked for."""
FORGOTTEN = "esoctl_externalsecrets_forgotten"
LEASE_SECONDS = 16.0
"""Until a leader that was killed is replaced."""


class Crew:
    """``born`` is told of every life."""

    def __init__(self, wire: Wire, cloud: Cloud, menu: Menu, seed: int) -> None:
        self.clock = LoopClock()
        self.lives: list[Life] = []
        self.born: Callable[[Life], None] = lambda _: None
        self.metrics: dict[int, Metrics] = {}
        """Of those that live."""
        self.told: list[bytes] = []
        """The metrics of those that ended."""
        self.batching = True
        self._wire = wire
        self._cloud = cloud
        self._menu = menu
        self._draw = random.Random(seed)
        self._replicas = 1

    async def work(self, replicas: int) -> None:
        """Keep so many replicas running."""
        self._replicas = replicas
        async with anyio.create_task_group() as group:
            for _ in range(replicas):
                group.start_soon(self._replica)
            if replicas > 1:
                group.start_soon(self._elect)

    async def _replica(self) -> None:
        while True:
            life = Life(len(self.lives) + 1, Seat(alone=self._replicas == 1), absence=self._draw.uniform(0.5, 12))
            self.lives.append(life)
            self.born(life)
            await self._live(life)
            life.dead = True
            self.told.append(self.metrics.pop(life.number).scrape()())
            await anyio.sleep(life.absence)

    async def _live(self, life: Life) -> None:
        settings = Config(
            metrics_addr="", health_addr="", workers=WORKERS, absence_seconds=ABSENCE_SECONDS, drain_seconds=10.0
        )
        around = Surroundings(
            self.clock, self._draw.random, entropy=self._draw.randbytes, aside=self._aside, beat_seconds=BEAT_SECONDS
        )
        api = Api(SimulatedTransport(self._wire, life))
        metrics = self.metrics[life.number] = Metrics()
        with life.scope:
            session = CloudSession(self._cloud, self._menu, life, batching=self.batching)
            async with ClientPool() as pool, session:
                operator = Operator(settings, api, pool, {"aws": Aws(session)}, metrics, around)
                await operator.run(life.told.wait, life.seat)

    async def _aside(self, work: Callable[[], T], /) -> T:
        """A thread that takes as long as it likes, and no processor."""
        await anyio.sleep(self._menu.upto(RENDER_SECONDS))
        return work()

    @property
    def leader(self) -> Life | None:
        return next((life for life in self.lives if life.seat.leads and not life.dead), None)

    def change_leader(self) -> bool:
        """The leader loses its lease."""
        leader = self.leader
        if leader is None or leader.seat.alone:
            return False
        leader.seat.lose()
        return True

    async def _elect(self) -> None:
        last: Life | None = None
        while True:
            waiting = [life for life in self.lives if not life.dead and not life.seat.leads]
            if self.leader is None and waiting:
                killed = last is not None and last.scope.cancel_called
                await anyio.sleep(LEASE_SECONDS if killed else self._draw.uniform(0, 2))
                waiting = [life for life in waiting if not life.dead]
                if waiting and self.leader is None:
                    last = waiting[0]
                    last.seat.win()
            await anyio.sleep(1)

    def forgotten(self) -> int:
        """Objects that nothing would ever wake, as whoever works counts them."""
        leader = self.leader
        metrics = self.metrics.get(leader.number) if leader is not None else None
        if metrics is None:
            return 0
        _, count = metrics.gauges[FORGOTTEN]
        return int(sum(count().values()))
