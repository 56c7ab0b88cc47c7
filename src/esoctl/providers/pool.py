"""Open things kept by key: opened once, lent to many, closed when nobody has wanted them for a while.

* Each open thing lives in a task of its own, so what it opened is closed by the task that opened it.
* A borrower that is cancelled takes nothing from the others; an opening that fails fails for those who waited for it,
  and the next borrower opens afresh.
* Of the things that nobody uses, only so many stay open: the one returned longest ago goes first. A client of AWS's
  library holds 0.2 MB, and ten thousand stores may each want another.
* Leaving the pool closes everything; what must be closed even when the task is cancelled sees to that itself.
"""

from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Generic, Self, TypeVar

import anyio
from anyio.abc import TaskGroup

from esoctl.clock import steady
from esoctl.providers.contract import Backend, Client, Credentials

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")

MOST_IDLE = 64

Opening = Callable[[], AbstractAsyncContextManager[R]]


class _Slot(Generic[R]):
    """One thing, from the wish for it to its end."""

    def __init__(self) -> None:
        self.settled = anyio.Event()
        self.over = anyio.Event()
        self.leases = 0
        self.returned_at = steady()
        self._thing: R | None = None
        self._failure: Exception | None = None

    def opened(self, thing: R) -> None:
        self._thing = thing
        self.settled.set()

    def failed(self, failure: Exception) -> None:
        self._failure = failure
        self.settled.set()

    async def thing(self) -> R:
        await self.settled.wait()
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        assert self._thing is not None, "a settled slot holds a thing or a failure"
        return self._thing


class Pool(Generic[K, R]):
    """Use as an async context manager; unused things stay open for ``idle_seconds``, ``most_idle`` of them at most."""

    def __init__(self, idle_seconds: float, most_idle: int = MOST_IDLE) -> None:
        self._idle_seconds = idle_seconds
        self._most_idle = most_idle
        self._idle: dict[K, _Slot[R]] = {}
        self._slots: dict[K, _Slot[R]] = {}
        self._tasks: TaskGroup | None = None
        self._stack = AsyncExitStack()
        self._closing: anyio.Event | None = None

    def __len__(self) -> int:
        """How many things are open or opening."""
        return len(self._slots)

    async def __aenter__(self) -> Self:
        self._closing = anyio.Event()
        self._tasks = await self._stack.enter_async_context(anyio.create_task_group())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._closing is not None, "entered before it is left"
        self._closing.set()
        for slot in self._slots.values():
            slot.over.set()
        if isinstance(error, Exception):
            kind = error = traceback = None  # the block's own error passes by, and is not put into a group
        await self._stack.__aexit__(kind, error, traceback)

    @asynccontextmanager
    async def lease(self, key: K, opening: Opening[R]) -> AsyncIterator[R]:
        """Borrow the thing of that key until the block ends; ``opening`` is used when there is none yet."""
        slot = self._slots.get(key) or self._start(key, opening)
        slot.leases += 1
        self._idle.pop(key, None)
        try:
            yield await slot.thing()
        finally:
            slot.leases -= 1
            slot.returned_at = steady()
            if not slot.leases and self._slots.get(key) is slot:
                self._rest(key, slot)

    def _rest(self, key: K, slot: _Slot[R]) -> None:
        """Nobody uses it any more; make room for it among those that wait."""
        self._idle[key] = slot
        if len(self._idle) > self._most_idle:
            oldest = next(iter(self._idle))
            self._idle[oldest].over.set()
            self._forget(oldest, self._idle[oldest])

    def _start(self, key: K, opening: Opening[R]) -> _Slot[R]:
        assert self._tasks is not None, "the pool must be entered first"
        slot: _Slot[R] = _Slot()
        self._slots[key] = slot
        self._tasks.start_soon(self._live, key, slot, opening)
        return slot

    async def _live(self, key: K, slot: _Slot[R], opening: Opening[R]) -> None:
        try:
            async with opening() as thing:
                slot.opened(thing)
                await self._until_idle(slot)
                self._forget(key, slot)
        except Exception as failure:
            self._forget(key, slot)
            if slot.settled.is_set():
                raise  # it broke while it was open or being closed: a bug, for whoever runs the pool
            slot.failed(failure)
        finally:
            self._forget(key, slot)

    async def _until_idle(self, slot: _Slot[R]) -> None:
        assert self._closing is not None, "entered before anything is opened"
        while not (self._closing.is_set() or slot.over.is_set()):
            now = steady()
            due = (now if slot.leases else slot.returned_at) + self._idle_seconds
            if due <= now:
                return
            with anyio.move_on_at(due):
                await slot.over.wait()

    def _forget(self, key: K, slot: _Slot[R]) -> None:
        if self._slots.get(key) is slot:
            del self._slots[key]
            self._idle.pop(key, None)


class ClientPool:
    """Clients by backend and identity: equal ones share a connection, whichever object asks for it."""

    def __init__(self, idle_seconds: float = 600.0) -> None:
        self._pool: Pool[tuple[Backend, Hashable], Client] = Pool(idle_seconds)

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, traceback)

    def __len__(self) -> int:
        return len(self._pool)

    def lease(
        self, backend: Backend, identity_key: Hashable, credentials: Credentials
    ) -> AbstractAsyncContextManager[Client]:
        """Borrow a client.

        ``identity_key`` stands for what the credentials would say: the namespace they are read from, and the uid and
        resource version of every Secret and ServiceAccount behind them. A new key opens a new client; the old one is
        closed when idle.
        """
        return self._pool.lease((backend, identity_key), lambda: backend.open(credentials))
