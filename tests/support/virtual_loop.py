"""An event loop whose clock jumps to the next timer instead of sleeping.

* An hour of ``anyio.sleep`` costs nothing. Timers fire in the order of their times, those of one time in the order
  they were set: a run is the same every time.
* Time starts at 0.0 and moves only when nothing is ready to run.
* While a worker thread is busy (anyio's or an executor's) the clock stands still: a deadline never fires because a
  thread took long.
* When nothing is ready, nothing is timed and no thread is busy, no progress is possible; the loop then raises
  ``Stalled`` instead of hanging.
* Sockets do not belong here: a jumping clock fires network time-outs. Tests with sockets carry the marker ``wire`` or
  ``cluster`` and get the real loop (see ``loop_factories``).

``tests/conftest.py`` installs it for every other asynchronous test, through pytest-asyncio's hook
``pytest_asyncio_loop_factories``.
"""

import asyncio
import heapq
import selectors
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor, Future
from contextvars import Context
from typing import Any, TypeVar

import pytest
from anyio import lowlevel as anyio_vars
from anyio._backends import _asyncio as anyio_backend

T = TypeVar("T")

REAL_TIME_MARKERS = ("wire", "cluster")
THREAD_PATIENCE_SECONDS = 30.0
MANY_TIMERS = 100
Timer = tuple[float, int, asyncio.TimerHandle]
"""When, and the how manyth it was: asyncio's own timers leave the order of equal times to the heap."""


class Stalled(RuntimeError):
    """Every task waits for something that cannot happen any more."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; ``time()`` is seconds of virtual time since its creation."""

    _ready: deque[asyncio.Handle]
    _scheduled: list[Timer]
    _stopping: bool
    _timer_cancelled_count: int
    _signal_handlers: dict[int, asyncio.Handle]

    def __init__(self) -> None:
        self._now = 0.0
        self._timers_set = 0
        self._busy_executor_calls = 0
        self._clock_resolution = 1e-9
        self._selector = selectors.DefaultSelector()
        super().__init__(self._selector)

    def time(self) -> float:
        return self._now

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        self._check_closed()
        self._timers_set += 1
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._scheduled, (when, self._timers_set, timer))
        timer._scheduled = True
        return timer

    def _run_once(self) -> None:
        """What asyncio's own does, but for sleeping: run what is ready, and what is due when nothing else is ready."""
        self._drop_cancelled()
        timers, ready = self._scheduled, self._ready
        if ready or self._stopping or (timers and timers[0][0] <= self._now):
            self._look_at_sockets()
        else:
            self._jump()
        due = self._now + self._clock_resolution
        while timers and timers[0][0] < due:
            timer = heapq.heappop(timers)[2]
            timer._scheduled = False
            ready.append(timer)
        # What these set ready is for the next round.
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _drop_cancelled(self) -> None:
        timers = self._scheduled
        if len(timers) > MANY_TIMERS and self._timer_cancelled_count > len(timers) // 2:
            for _, _, timer in timers:
                timer._scheduled = not timer.cancelled()
            timers[:] = [timer for timer in timers if timer[2]._scheduled]
            heapq.heapify(timers)
            self._timer_cancelled_count = 0
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)[2]._scheduled = False
            self._timer_cancelled_count -= 1

    def _look_at_sockets(self) -> bool:
        """Whether something came. A thread that is done needs no look: it puts what it brings among what is ready."""
        if len(self._selector.get_map()) == 1 and not self._signal_handlers:
            return False
        found = self._selector.select(0)
        self._process_events(found)
        return bool(found)

    def _jump(self) -> None:
        """Nothing is ready: go on to the next timer, or wait for a thread."""
        if self._look_at_sockets():
            return
        if self.threads_are_busy():
            found = self._selector.select(THREAD_PATIENCE_SECONDS)
            if not found:
                raise Stalled(f"a thread has been busy for more than {THREAD_PATIENCE_SECONDS} real seconds")
            self._process_events(found)
        elif not self.advance():
            raise Stalled("nothing is ready, timed or running in a thread: the tasks wait for one another")

    def advance(self) -> bool:
        """Jump to the earliest timer; False when there is none."""
        if not self._scheduled:
            return False
        # The timer's own time, not now + timeout: adding floats can land just before it and spin.
        self._now = max(self._now, self._scheduled[0][0])
        # asyncio runs a timer when it is due before now + resolution; that sum must differ from now, also after years.
        self._clock_resolution = max(1e-9, self._now * 1e-15)
        return True

    def threads_are_busy(self) -> bool:
        if self._busy_executor_calls > 0:
            return True
        known = anyio_vars._run_vars.get(self, {})
        workers, idle = (
            known.get(one, ()) for one in (anyio_backend._threadpool_workers, anyio_backend._threadpool_idle_workers)
        )
        return len(workers) > len(idle)

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: Any) -> "asyncio.Future[T]":
        self._busy_executor_calls += 1
        call = super().run_in_executor(executor, func, *args)
        call.add_done_callback(self._executor_call_ended)
        return call

    def _executor_call_ended(self, _: "asyncio.Future[Any] | Future[Any]") -> None:
        self._busy_executor_calls -= 1

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        self._busy_executor_calls += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._busy_executor_calls -= 1


def loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What ``pytest_asyncio_loop_factories`` answers for a test: the real loop by marker, else the virtual one."""
    if any(item.get_closest_marker(name) for name in REAL_TIME_MARKERS):
        return {"real": asyncio.new_event_loop}
    return {"virtual": VirtualLoop}


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run one coroutine function on a fresh virtual loop, for synchronous tests such as Hypothesis properties."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())
