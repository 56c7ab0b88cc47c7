"""The work queue that informers fill and workers empty: the rules of ``core`` on the event loop's clock.

* Requests are plain calls: they never wait, so an informer's sink can make them.
* A lease is an ``async with``. A key is taken in the same step that enters the block, so a cancelled wait loses
  nothing; a block that ends by an exception or by cancellation puts its key back, so a visit cut short is made again.
* One task runs ``drive``. It sleeps until the earliest timer, but never longer than ``SWEEP_SECONDS``, so that a clock
  that stood still or a wake-up that went missing delays a key and does not lose it; each time it looks whether the wall
  clock was set (``clocksteps``).
* After ``close`` requests are dropped and counted, and whoever waits for a key gets ``QueueClosed``. Nothing is saved:
  the first list after a start asks for every key again.

All calls belong to the event loop's thread. Where an error is retried, and when, is the worker's decision.
"""

import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

import anyio
import anyio.lowlevel

from esoctl.clock import steady
from esoctl.errors import EsoctlError
from esoctl.plan.punctuality import Pace
from esoctl.queue.circuit import return_seconds
from esoctl.queue.clocksteps import SPREAD_SECONDS, ClockSteps
from esoctl.queue.core import Census, Leased, QueueCore, Tally
from esoctl.queue.lags import Lag, Lags
from esoctl.queue.lanes import Lane, one_group
from esoctl.queue.limiter import Limiter
from esoctl.queue.timers import Slot

K = TypeVar("K", bound=Hashable)

SWEEP_SECONDS = 10.0
RELEASE_SECONDS = 30.0


class QueueClosed(EsoctlError):
    """The queue gives no more keys: the worker ends."""

    def __init__(self) -> None:
        super().__init__("the work queue is closed")


def _ignore(*_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Observers(Generic[K]):
    """Whom the queue tells what happens."""

    on_add: Callable[[K], None] = _ignore
    """A request that leads to a visit."""
    on_retry: Callable[[K], None] = _ignore
    """A failure that is to be tried again."""
    on_lease: Callable[[Leased[K]], None] = _ignore
    on_done: Callable[[K, float], None] = _ignore
    """The seconds from leased to done."""
    on_clock_step: Callable[[float], None] = _ignore
    """The wall clock was set on by so many seconds, or back where they are less than zero."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """The queue at one moment."""

    depth: dict[Lane, int]
    """Ready keys by lane."""
    timers: dict[Slot, int]
    """Waiting timers by slot."""
    parked: int
    """Keys that wait for a store or the like."""
    tally: Tally
    """Every key that is known, counted once, by state."""
    processing: int
    """Leased keys."""
    failing: int
    """Keys whose last attempts failed."""
    adds: int
    """Requests so far that led to a visit; those for a key that was ready already do not count."""
    retries: int
    """Failures so far that were to be tried again."""
    dropped: int
    """Requests after closing."""
    longest_running_seconds: float
    """Age of the oldest lease, 0 without one."""
    unfinished_seconds: float
    """Ages of all leases together."""
    refresh_lag: Lag
    """How late refreshes are handed out."""


class WorkQueue(Generic[K]):
    """One slot for each key; see the module for the promises."""

    def __init__(
        self,
        limiter: Limiter[K],
        *,
        group: Callable[[K], Hashable] = one_group,
        workers: float = math.inf,
        wall: Callable[[], float] = steady,
        observers: Observers[K] | None = None,
    ) -> None:
        """``group`` names what takes turns inside a lane, such as the namespace of a key, and has its share of that
        many ``workers``; ``wall`` is the clock that refresh times are reckoned by, in seconds."""
        self._observers: Observers[K] = observers or Observers()
        self._core: QueueCore[K] = QueueCore(group, self._observers.on_add, workers)
        self._limiter = limiter
        self._wall = wall
        self._steps = ClockSteps()
        self._lags = Lags()
        self._retries = 0
        self._closed = False
        self._waiters: deque[anyio.Event] = deque()
        self._woken = 0
        """Waiters that were woken and have not run yet; each will take a key."""
        self._alarm = anyio.Event()
        self._asleep_until = 0.0
        self._taken_at = 0.0
        """When a key was last taken."""
        self._quiet: anyio.Event | None = None
        """Set when the last lease of a draining queue ends, or when the wait is cut short."""

    def add(self, key: K, lane: Lane = Lane.CHANGE) -> None:
        """Ask for a key now."""
        self._core.add(key, lane, steady())
        self._wake()

    def add_after(self, key: K, seconds: float, slot: Slot = Slot.REFRESH, lane: Lane = Lane.REFRESH) -> None:
        """Ask for a key later. A refresh time replaces the one set before; of retry times the earliest stays."""
        self._core.add_after(key, seconds, slot, lane, steady())
        self._wake()

    def retry(self, key: K, hint: float | None = None, at_most: float = math.inf) -> float:
        """Ask for a key again after a failure; answers the seconds it will wait.

        ``hint`` is what a server asked for: the wait is not shorter, up to the limiter's cap. ``at_most`` is how far
        the key's own wait may grow for this failure.
        """
        self._retries += 1
        self._observers.on_retry(key)
        seconds = self._limiter.delay(key, hint, at_most)
        self.add_after(key, seconds, Slot.RETRY, Lane.RETRY)
        return seconds

    def hurry(self) -> int:
        """What stood in the way of many may be gone: try again soon what failed, one after another; answers how many.

        Failures in a row still count, so that a key that fails for a reason of its own soon waits as long as before.
        """
        waiting = self._core.timer_count()[Slot.RETRY]
        self._core.hurry(return_seconds(waiting), steady())
        self._wake()
        return waiting

    def forget(self, key: K) -> None:
        """The key succeeded or was given up: no retry is due, and its next failure counts as the first."""
        self._limiter.forget(key)
        self._core.forget(key)

    def discard(self, key: K) -> None:
        """The object is gone: drop its timers and its failures. A request made since stays."""
        self._limiter.forget(key)
        self._core.discard(key)

    def park(self, key: K, behind: Hashable, lane: Lane = Lane.RETRY) -> None:
        """Keep a key until ``behind`` is released or the key is asked for otherwise."""
        self._core.park(key, behind, lane)

    def rest(self, key: K) -> None:
        """Nothing but a change of its object makes the key due: it stays known, and costs nothing."""
        self._core.rest(key)

    def release(self, behind: Hashable, over_seconds: float = RELEASE_SECONDS, most: int | None = None) -> int:
        """Wake the keys parked behind a reason, or so many of them, evenly over a time; answers how many."""
        released = self._core.release(behind, over_seconds, steady(), most)
        if released:
            self._wake()
        return released

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Leased[K]]:
        """Wait for a key and hold it; no one else gets it meanwhile.

        Raises QueueClosed. Leaving by an exception puts the key back in its lane.
        """
        leased = await self._next()
        finished = False
        try:
            self._observers.on_lease(leased)
            yield leased
            finished = True
        finally:
            self._end(leased, finished=finished)

    async def drive(self) -> None:
        """Make keys ready when their timers are due; run it as a task. Returns when the queue is closed."""
        while not self._closed:
            now = steady()
            self._heed_clock(now)
            self._core.advance(now)
            self._wake()
            due = self._core.next_due()
            self._asleep_until = now + SWEEP_SECONDS if due is None else min(due, now + SWEEP_SECONDS)
            self._alarm = anyio.Event()
            with anyio.CancelScope(deadline=self._asleep_until):
                await self._alarm.wait()

    def _heed_clock(self, now: float) -> None:
        step = self._steps.step(self._wall(), now)
        if step > 0:
            self._core.bring_forward(step, SPREAD_SECONDS, now)
        if step:
            self._observers.on_clock_step(step)

    def close(self) -> None:
        """Stop: drop requests, release everyone who waits. During ``drain`` it also ends that wait."""
        self._close_intake()
        if self._quiet is not None:
            self._quiet.set()

    async def drain(self, deadline_seconds: float) -> bool:
        """Close and wait until nothing is leased; False when the deadline or a ``close`` came first."""
        self._close_intake()
        if self._quiet is None or self._quiet.is_set():
            self._quiet = anyio.Event()
        if self._core.leases():
            with anyio.move_on_after(deadline_seconds):
                await self._quiet.wait()
        return not self._core.leases()

    def lost(self, live: Iterable[K]) -> list[K]:
        """The live keys that the queue does not know, so that nothing would ever wake them: there must be none.

        A closed queue knows none and loses none: the next process asks for every key.
        """
        return [] if self._closed else [key for key in live if not self._core.holds(key)]

    def statistics(self) -> Statistics:
        """Figures for metrics, of this moment; the tally takes time in proportion to the number of keys."""
        now = steady()
        ages = [now - leased.leased_at for leased in self._core.leases()]
        return Statistics(
            depth=self._core.depth(),
            timers=self._core.timer_count(),
            parked=self._core.parked_count(),
            tally=self._core.tally(),
            processing=len(ages),
            failing=len(self._limiter),
            adds=self._core.accepted,
            retries=self._retries,
            dropped=self._core.dropped,
            longest_running_seconds=max(ages, default=0.0),
            unfinished_seconds=sum(ages),
            refresh_lag=self._lags.figures(now, self._core.waits(Lane.REFRESH, now)),
        )

    def waiting_behind(self, behind: Hashable) -> int:
        """How many keys are parked behind a reason."""
        return self._core.parked_behind(behind)

    def pace(self) -> Pace:
        """Whether timers fire and workers take what is ready, at this moment; takes time by the ready keys."""
        now = steady()
        due, asked = self._core.next_due(), self._core.asked_first()
        ages = [now - leased.leased_at for leased in self._core.leases()]
        return Pace(
            timer_late_seconds=max(0.0, now - due) if due is not None else 0.0,
            ready=len(self._core),
            held_back=len(self._core) > 0 and not self._core.claimable(),
            untaken_seconds=now - max(asked, self._taken_at) if asked is not None else 0.0,
            leased=len(ages),
            longest_seconds=max(ages, default=0.0),
        )

    def queued(self) -> set[K]:
        """The keys that are ready and wait for a worker."""
        return self._core.ready()

    def at_work(self) -> list[tuple[K, float]]:
        """The leased keys, and for how many seconds each has been."""
        now = steady()
        return [(leased.key, now - leased.leased_at) for leased in self._core.leases()]

    def backlog(self, lane: Lane) -> int:
        """How many keys of that lane, and of more urgent ones, are ready and wait for a worker."""
        return self._core.backlog(lane)

    def census(self) -> Census[K]:
        """Where every key is; takes time in proportion to the number of keys."""
        return self._core.census()

    async def _next(self) -> Leased[K]:
        if len(self._core):
            # Lets others run even when keys never run out; without one there is a wait anyway.
            await anyio.lowlevel.checkpoint()
        while not self._closed:
            leased = self._core.take(steady())
            if leased is not None:
                self._taken_at = leased.leased_at
                if leased.asked_as is Lane.REFRESH:
                    self._lags.observe(leased.leased_at, leased.waited)
                self._wake()
                return leased
            await self._readiness()
        raise QueueClosed

    async def _readiness(self) -> None:
        """Wait to be woken. No other wait may come between this one and taking the key."""
        event = anyio.Event()
        self._waiters.append(event)
        try:
            await event.wait()
        except BaseException:
            self._give_up_waiting(event)
            raise
        self._woken -= 1

    def _give_up_waiting(self, event: anyio.Event) -> None:
        """A waiter that is cancelled after it was woken passes that on."""
        if event.is_set():
            self._woken -= 1
            self._wake()
        else:
            self._waiters.remove(event)

    def _wake(self) -> None:
        """Wake a waiter for each key to be had that has none coming, and the driver when a timer is due earlier."""
        while self._waiters and (self._closed or self._core.claimable() > self._woken):
            self._woken += 1
            self._waiters.popleft().set()
        due = self._core.next_due()
        if self._closed or (due is not None and due < self._asleep_until):
            self._alarm.set()

    def _end(self, leased: Leased[K], *, finished: bool) -> None:
        now = steady()
        if not finished:
            self._core.add(leased.key, leased.lane, now)
        self._core.done(leased, now)
        self._observers.on_done(leased.key, now - leased.leased_at)
        self._wake()
        if self._quiet is not None and not self._core.leases():
            self._quiet.set()

    def _close_intake(self) -> None:
        self._closed = True
        self._core.close()
        self._wake()
