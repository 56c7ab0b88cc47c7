"""Performs what the machine asks: lists, watches, waits. It never ends but by cancellation.

* The life of a watch is bounded three times: the server ends it after ``timeoutSeconds``, drawn from 300 to 600 so that
  watches do not reconnect in step; we end it ten seconds after that; and once a server has sent a bookmark, which it
  repeats about every minute, ninety seconds of silence end it too. TCP keep-alive does not replace this: a peer whose
  process is frozen still answers it.
* Trouble is logged when it begins and when it is over, not at every try.

Source: client-go's reflector; kube-rs' idle timeout.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

import anyio
import anyio.lowlevel
import msgspec
import structlog

from esoctl.errors import ClusterError
from esoctl.informers import documents, machine
from esoctl.informers.backoff import Backoff
from esoctl.informers.documents import EventType, Head
from esoctl.informers.machine import Ended, Happened, List, Listed, Refused, State, Step, Watch
from esoctl.informers.ports import ListWatch

SHORTEST_WATCH_SECONDS = 300
GRACE_SECONDS = 10.0
SILENCE_SECONDS = 90.0
BATCH = 100
"""Events taken in before others may run."""

log = structlog.get_logger("esoctl.informers")


class Consumer(Protocol):
    """Takes what a watcher reads."""

    def begin(self) -> None: ...

    async def page(self, items: Sequence[msgspec.Raw]) -> None: ...

    async def commit(self, resource_version: str) -> None: ...

    def head(self, raw: msgspec.Raw) -> Head | None: ...

    def event(self, event: EventType, raw: msgspec.Raw, head: Head) -> None: ...

    def advance(self, resource_version: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Options:
    """What all watchers of a process share."""

    draw: Callable[[], float]
    """A random number from 0 to 1."""
    page_limit: int = machine.PAGE_LIMIT
    lists: anyio.CapacityLimiter | None = None
    """Bounds the pages that are being read at once, over all informers."""


class Watcher:
    """Follows one collection."""

    def __init__(self, name: str, source: ListWatch, consumer: Consumer, options: Options) -> None:
        self._source = source
        self._consumer = consumer
        self._options = options
        self._state = State()
        self._backoff = Backoff()
        self._bookmarked = False
        self._log = log.bind(informer=name)
        self.trouble = ""
        """What is wrong at present; empty when all is well."""
        self.missing = False
        """The server does not know the kind."""
        self.last_heard: float | None = None
        """When the server last proved to be there, on the monotonic clock."""
        self.lists: Counter[str] = Counter()
        """Lists by outcome: ok or error."""
        self.restarts: Counter[str] = Counter()
        """Watches ended and lists begun anew, by reason."""
        self.events: Counter[str] = Counter()
        """Events by type; ``garbage`` for lines that are none."""

    async def run(self) -> None:
        """Follow the collection until cancelled."""
        while True:
            ask = self._state.ask
            step = await (self._list(ask) if isinstance(ask, List) else self._watch(ask))
            self._state = step.state
            if step.because:
                self.restarts[step.because] += 1
            if step.wait:
                wait = self._backoff.next(anyio.current_time(), self._options.draw())
                await anyio.sleep(max(wait, step.after))

    async def _list(self, ask: List) -> Step:
        if ask.first:
            self._consumer.begin()
        try:
            page = await self._page(ask)
        except ClusterError as error:
            self.lists["error"] += 1
            return self._refused(error)
        step = machine.step(self._state, Listed(page.token, page.resource_version), anyio.current_time())
        await self._consumer.page(page.items)
        self._heard()
        if isinstance(step.state.ask, Watch):
            await self._consumer.commit(page.resource_version)
            self.lists["ok"] += 1
            self._well()
        return step

    async def _page(self, ask: List) -> documents.Page:
        limit = min(ask.limit, self._options.page_limit)
        gate: AbstractAsyncContextManager[object] = self._options.lists or nullcontext()
        async with gate:
            body = await self._source.page(
                limit=limit, token=ask.token, resource_version=ask.resource_version, match=ask.match
            )
        return documents.page(body)

    async def _watch(self, ask: Watch) -> Step:
        seconds = int(SHORTEST_WATCH_SECONDS * (1 + self._options.draw()))
        began = anyio.current_time()
        ceiling = began + seconds + GRACE_SECONDS
        before = self._meaningful
        try:
            with anyio.CancelScope(deadline=ceiling) as scope:
                async with self._source.watch(resource_version=ask.resource_version, timeout_seconds=seconds) as lines:
                    self._heard()
                    if self._state.trouble_since is None:
                        self._well()
                    async for line in lines:
                        step = self._line(line)
                        if step is not None and (step.wait or isinstance(step.state.ask, List)):
                            return step
                        now = self._heard()
                        if self._bookmarked:
                            scope.deadline = min(ceiling, now + SILENCE_SECONDS)
                        await self._breathe()
        except ClusterError as error:
            return self._refused(error)
        now = anyio.current_time()
        return machine.step(self._state, Ended(self._meaningful - before, now - began, scope.cancelled_caught), now)

    def _line(self, line: bytes) -> Step | None:
        """Take in one event; None when it leads nowhere else."""
        event = documents.event(line)
        if event is None:
            self.events["garbage"] += 1
            return None
        self.events[event.type] += 1
        if event.type is EventType.ERROR:
            return self._refused(documents.complaint(event.object))
        head = self._consumer.head(event.object)
        if head is None:
            return None
        version = head.metadata.resource_version
        step = machine.step(self._state, Happened(event.type, version), anyio.current_time())
        if step.wait:
            return step
        self._well()
        self._state = step.state
        if event.type is EventType.BOOKMARK:
            self._bookmarked = True
        else:
            self._consumer.event(event.type, event.object, head)
        self._consumer.advance(step.state.seen)
        return step

    @property
    def _meaningful(self) -> int:
        return sum(self.events[kind] for kind in (EventType.ADDED, EventType.MODIFIED, EventType.DELETED))

    def _refused(self, error: ClusterError) -> Step:
        step = machine.step(self._state, Refused(error), anyio.current_time())
        if step.wait:
            self._ill(error)
        return step

    async def _breathe(self) -> None:
        if self.events.total() % BATCH == 0:
            await anyio.lowlevel.checkpoint()

    def _heard(self) -> float:
        self.last_heard = anyio.current_time()
        return self.last_heard

    def _ill(self, error: ClusterError) -> None:
        if not self.trouble:
            self._log.warning("cannot follow", status=error.status, reason=error.reason, error=str(error))
        self.trouble = str(error)
        self.missing = error.status == 404

    def _well(self) -> None:
        if self.trouble:
            self._log.info("following again")
        self.trouble, self.missing = "", False
