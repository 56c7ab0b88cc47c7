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
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextvars import Context
from typing import Any, TypeVar

import pytest
from anyio._backends import _asyncio as anyio_backend

T = TypeVar("T")

REAL_TIME_MARKERS = ("wire", "cluster")
THREAD_PATIENCE_SECONDS = 30.0


class Stalled(RuntimeError):
    """Every task waits for something that cannot happen any more."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; ``time()`` is seconds of virtual time since its creation."""

    def __init__(self) -> None:
        self._now = 0.0
        self._timers_set = 0
        self._busy_executor_calls = 0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self._now

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        self._check_closed()
        self._timers_set += 1
        timer = _OrderedTimer(self._timers_set, when, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def advance(self) -> bool:
        """Jump to the earliest timer; False when there is none."""
        timers: list[asyncio.TimerHandle] = self._scheduled
        if not timers:
            return False
        # The timer's own time, not now + timeout: adding floats can land just before it and spin.
        self._now = max(self._now, timers[0].when())
        # asyncio runs a timer when it is due before now + resolution; that sum must differ from now, also after years.
        self._clock_resolution = max(1e-9, self._now * 1e-15)
        return True

    def threads_are_busy(self) -> bool:
        workers = anyio_backend._threadpool_workers.get(())
        idle = anyio_backend._threadpool_idle_workers.get(())
        return self._busy_executor_calls > 0 or len(workers) > len(idle)

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


class _OrderedTimer(asyncio.TimerHandle):
    """asyncio's own timers leave the order of equal times to the heap."""

    def __init__(
        self,
        serial: int,
        when: float,
        callback: Callable[..., object],
        args: Sequence[Any],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self._serial = serial

    def __lt__(self, other: "_OrderedTimer") -> bool:
        return (self._when, self._serial) < (other._when, other._serial)


class _JumpingSelector(selectors.DefaultSelector):
    """Answers what is ready now; where a real selector would sleep, the clock jumps."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self._loop.threads_are_busy():
            return self._wait_for_thread()
        if not self._loop.advance():
            raise Stalled("nothing is ready, timed or running in a thread: the tasks wait for one another")
        return []

    def _wait_for_thread(self) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(THREAD_PATIENCE_SECONDS)
        if not ready:
            raise Stalled(f"a thread has been busy for more than {THREAD_PATIENCE_SECONDS} real seconds")
        return ready


def loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What ``pytest_asyncio_loop_factories`` answers for a test: the real loop by marker, else the virtual one."""
    if any(item.get_closest_marker(name) for name in REAL_TIME_MARKERS):
        return {"real": asyncio.new_event_loop}
    return {"virtual": VirtualLoop}


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run one coroutine function on a fresh virtual loop, for synchronous tests such as Hypothesis properties."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())
