"""Whatever workers do and whenever they are cancelled, no request is lost and no key has two workers.

Hypothesis writes a script of requests, hirings and cancellations, with and without the loop turning in between, so that
cancellations meet wake-ups in every order.
"""

import asyncio
import contextlib
import math
from dataclasses import dataclass, field

import anyio
import anyio.abc
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esoctl.queue.lanes import Lane
from esoctl.queue.limiter import Limiter
from esoctl.queue.timers import Slot
from esoctl.queue.workqueue import QueueClosed, WorkQueue
from support import virtual_loop

KEYS = ["x/1", "x/2", "y/1"]


@dataclass(frozen=True)
class Add:
    key: str
    lane: Lane


@dataclass(frozen=True)
class Later:
    key: str
    seconds: float
    slot: Slot


@dataclass(frozen=True)
class Fail:
    key: str


@dataclass(frozen=True)
class Hire:
    pass


@dataclass(frozen=True)
class Dismiss:
    worker: int
    natively: bool
    """By the task's own cancel, which also reaches a task that is about to run; else by an anyio scope."""


@dataclass(frozen=True)
class Turn:
    """Let the loop turn once."""


@dataclass(frozen=True)
class Sleep:
    seconds: float


Act = Add | Later | Fail | Hire | Dismiss | Turn | Sleep

acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(Add, st.sampled_from(KEYS), st.sampled_from(Lane)),
    st.builds(Later, st.sampled_from(KEYS), st.sampled_from([0.0, 1.0, 7.0, 400.0]), st.sampled_from(Slot)),
    st.builds(Fail, st.sampled_from(KEYS)),
    st.just(Hire()),
    st.builds(Dismiss, st.integers(0, 9), st.booleans()),
    st.just(Turn()),
    st.builds(Sleep, st.sampled_from([0.001, 1.0, 30.0])),
)


class Boom(Exception):
    """What a failing visit raises."""


@dataclass
class Worker:
    """One worker and the two ways to end it."""

    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    task: "asyncio.Task[None] | None" = None

    def dismiss(self, *, natively: bool) -> None:
        if natively and self.task is not None:
            self.task.cancel()
        else:
            self.scope.cancel()


@dataclass
class World:
    """The queue, its workers, and a log of what happened in which order."""

    tasks: anyio.abc.TaskGroup
    work_seconds: list[float]
    """How long visits take, in turn."""
    failing_visits: set[int]
    expected_workers: float
    """More or fewer may be hired."""
    queue: WorkQueue[str] = field(init=False)
    workers: list["Worker"] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    tick: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    """When each key was asked for last, in ticks."""
    finished: dict[str, int] = field(default_factory=dict)
    """When the last visit that was completed began, in ticks."""
    visits: int = 0

    def __post_init__(self) -> None:
        limiter = Limiter[str](random=lambda: 0.5)
        self.queue = WorkQueue(limiter, group=lambda key: key[0], workers=self.expected_workers)

    async def perform(self, act: Act) -> None:
        self.tick += 1
        match act:
            case Add(key, lane):
                self.asked[key] = self.tick
                self.queue.add(key, lane)
            case Later(key, seconds, slot):
                self.asked[key] = self.tick
                self.queue.add_after(key, seconds, slot)
            case Fail(key):
                self.asked[key] = self.tick
                self.queue.retry(key)
            case Hire():
                self.workers.append(Worker())
                self.tasks.start_soon(self.work, self.workers[-1])
            case Dismiss(worker, natively):
                if self.workers:
                    self.workers.pop(worker % len(self.workers)).dismiss(natively=natively)
            case Turn():
                await anyio.lowlevel.checkpoint()
            case Sleep(seconds):
                await anyio.sleep(seconds)
                self.check_that_someone_comes_for_each_ready_key()

    def check_that_someone_comes_for_each_ready_key(self) -> None:
        core = self.queue._core
        assert not self.queue._waiters or core.claimable() <= self.queue._woken, "a wake-up was lost"
        to_be_had = any(core._lanes._shares.may_take(key[0]) for key in core.ready())
        assert not self.queue._waiters or not to_be_had or self.queue._woken, "nobody comes for a key"

    async def work(self, worker: "Worker") -> None:
        worker.task = asyncio.current_task()
        with worker.scope, contextlib.suppress(asyncio.CancelledError):
            while True:
                try:
                    async with self.queue.lease() as leased:
                        await self.visit(leased.key)
                except Boom:
                    continue
                except QueueClosed:
                    return

    async def visit(self, key: str) -> None:
        assert key not in self.held, "two workers hold one key"
        self.held.add(key)
        self.tick += 1
        began = self.tick
        number = self.visits
        self.visits += 1
        try:
            seconds = self.work_seconds[number % len(self.work_seconds)]
            if seconds:
                await anyio.sleep(seconds)
            if number in self.failing_visits:
                raise Boom
            self.finished[key] = began
        finally:
            self.held.discard(key)


async def play(script: list[Act], work_seconds: list[float], failing_visits: set[int], workers: float) -> None:
    async with anyio.create_task_group() as tasks:
        world = World(tasks, work_seconds, failing_visits, workers)
        tasks.start_soon(world.queue.drive)
        for act in script:
            await world.perform(act)
        await world.perform(Hire())
        await anyio.sleep(2_000)

        for key, asked in world.asked.items():
            assert world.finished.get(key, 0) > asked, f"nobody visited {key} after it was asked for"
        census = world.queue.census()
        assert not census.ready | census.leased | census.timed | census.parked
        statistics = world.queue.statistics()
        assert (sum(statistics.depth.values()), statistics.processing, statistics.dropped) == (0, 0, 0)
        assert world.queue._woken == 0, "someone is thought to be coming who is not"
        world.queue.close()


@pytest.mark.timeout(300)  # seconds of a crowded machine, for a hundred scripts
@settings(deadline=None)
@given(
    script=st.lists(acts, max_size=40),
    work_seconds=st.lists(st.sampled_from([0.0, 0.001, 2.0, 45.0]), min_size=1, max_size=4),
    failing_visits=st.sets(st.integers(0, 8)),
    workers=st.sampled_from([math.inf, 1, 2, 3]),
)
def test_Q_30_no_schedule_loses_a_request(
    script: list[Act], work_seconds: list[float], failing_visits: set[int], workers: float
) -> None:
    virtual_loop.run(lambda: play(script, work_seconds, failing_visits, workers))
