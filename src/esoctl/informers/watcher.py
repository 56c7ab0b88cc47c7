"""Performs what the machine asks: lists, watches, waits. It never ends but by cancellation.

* A streaming list fills a draft that nobody sees before the bookmark that ends it; the same stream then goes on as the
  watch. While the bookmark is awaited that is said every ten seconds; half a minute of silence ends the stream.

* The life of a watch is bounded three times: the server ends it after ``timeoutSeconds``, drawn from 300 to 600 so that
  watches do not reconnect in step; we end it ten seconds after that; and once a server has sent a bookmark, which it
  repeats about every minute, eighty seconds of silence end it too. TCP keep-alive does not replace this: a peer whose
  process is frozen still answers it. The bookmark that ends a streaming list does not count: it promises no others.
* Of all informers no more than a few list at once, be it in pages or as a stream.
* Who waits because the server is away is called when another informer reaches it again (``revival``).
* Trouble is logged when it begins and when it is over, not at every try.

Source: client-go's reflector; kube-rs' idle timeout.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import anyio
import anyio.lowlevel
import msgspec
import structlog

from esoctl.clock import steady
from esoctl.errors import ClusterError
from esoctl.informers import documents, machine
from esoctl.informers.backoff import Backoff
from esoctl.informers.documents import EventType, Head
from esoctl.informers.machine import Ended, Happened, List, Listed, Refused, Step, Stream, Watch
from esoctl.informers.ports import ListWatch
from esoctl.informers.revival import Revival

SHORTEST_WATCH_SECONDS = 300
GRACE_SECONDS = 10.0
SILENCE_SECONDS = 80.0
"""So that all is well again ninety seconds after the server went silent."""
PATIENCE_SECONDS = 30.0
"""How long a streaming list may bring nothing."""
REMIND_SECONDS = 10.0
BATCH = 100
"""Events taken in before others may run."""

log = structlog.get_logger("esoctl.informers")


class Consumer(Protocol):
    """Takes what a watcher reads."""

    def begin(self) -> None: ...

    async def page(self, items: Sequence[msgspec.Raw]) -> None: ...

    def streamed(self, event: EventType, raw: msgspec.Raw, head: Head) -> None: ...

    async def commit(self, resource_version: str) -> None: ...

    def head(self, raw: msgspec.Raw) -> Head | None: ...

    def event(self, event: EventType, raw: msgspec.Raw, head: Head) -> None: ...

    def advance(self, resource_version: str) -> None: ...


@dataclass(slots=True)
class Streaming:
    """Whether the server streams lists; the first refusal is remembered for the life of the process."""

    allowed: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """What all watchers of a process share."""

    draw: Callable[[], float]
    """A random number from 0 to 1."""
    page_limit: int = machine.PAGE_LIMIT
    lists: anyio.CapacityLimiter | None = None
    """Bounds the pages and the streaming lists that are being read at once, over all informers."""
    streaming: Streaming = field(default_factory=lambda: Streaming(allowed=False))
    revival: Revival = field(default_factory=Revival)


class Watcher:
    """Follows one collection."""

    def __init__(self, name: str, source: ListWatch, consumer: Consumer, options: Options) -> None:
        self._source = source
        self._consumer = consumer
        self._options = options
        self._state = machine.begin(streams=options.streaming.allowed)
        self._backoff = Backoff()
        self._expiries = Backoff()
        """A server that answers 410 is there; how long it was away before has nothing to do with it."""
        self._away = False
        self._bookmarked = False
        self._log = log.bind(informer=name)
        self.trouble = ""
        """What is wrong at present; empty when all is well."""
        self.missing = False
        """The server does not know the kind."""
        self.last_heard: float | None = None
        """When the server last proved to be there, on the monotonic clock."""
        self.lists: Counter[str] = Counter()
        """Lists by outcome: ok, error, or refused as a stream."""
        self.restarts: Counter[str] = Counter()
        """Watches ended and lists begun anew, by reason."""
        self.events: Counter[str] = Counter()
        """Events by type; ``garbage`` for lines that are none."""

    async def run(self) -> None:
        """Follow the collection until cancelled."""
        while True:
            if not self._options.streaming.allowed:
                self._state = machine.paged(self._state)
            step = await self._ask()
            self._state = step.state
            if step.because:
                self.restarts[step.because] += 1
            if step.wait:
                await self._pause(step)

    async def _pause(self, step: Step) -> None:
        backoff = self._expiries if step.because == machine.EXPIRED else self._backoff
        wait = backoff.next(steady(), self._options.draw())
        if self._away and not step.after:
            await self._options.revival.pause(wait, self._options.draw())
        else:
            await anyio.sleep(max(wait, step.after))

    async def _ask(self) -> Step:
        ask = self._state.ask
        if isinstance(ask, List):
            return await self._list(ask)
        if isinstance(ask, Watch):
            return await self._watch(ask)
        if self._options.lists:
            await self._options.lists.acquire_on_behalf_of(self)
        try:
            if not self._options.streaming.allowed:
                return Step(machine.paged(self._state))  # another was refused, while we waited
            self._consumer.begin()
            async with anyio.create_task_group() as group:
                group.start_soon(self._remind)
                step = await self._watch(ask)
                group.cancel_scope.cancel()
            return step
        finally:
            self._let_others_list()

    def _let_others_list(self) -> None:
        """The streaming list is complete, or over; the stream may go on as the watch."""
        if self._options.lists and self in self._options.lists.statistics().borrowers:
            self._options.lists.release_on_behalf_of(self)

    async def _remind(self) -> None:
        """Say that a streaming list is not complete yet, as long as it is not."""
        while True:
            await anyio.sleep(REMIND_SECONDS)
            if not isinstance(self._state.ask, Stream):
                return
            self._log.warning("a streaming list is not complete yet", events=self._meaningful)

    async def _list(self, ask: List) -> Step:
        if ask.first:
            self._consumer.begin()
        try:
            page = await self._page(ask)
        except ClusterError as error:
            self.lists["error"] += 1
            return self._refused(error)
        step = machine.step(self._state, Listed(page.token, page.resource_version), steady())
        await self._consumer.page(page.items)
        self._heard()
        if isinstance(step.state.ask, Watch):
            await self._complete(page.resource_version)
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

    async def _watch(self, ask: Watch | Stream) -> Step:
        seconds = int(SHORTEST_WATCH_SECONDS * (1 + self._options.draw()))
        began = steady()
        before = self._meaningful
        asked = self._source.watch(
            resource_version=ask.resource_version, timeout_seconds=seconds, initial=isinstance(ask, Stream)
        )
        try:
            with anyio.CancelScope() as scope:
                scope.deadline = ceiling = began + seconds + GRACE_SECONDS
                async with asked as lines:
                    armed = self._heard()
                    if self._state.trouble_since is None:
                        self._well()
                    scope.deadline = self._until(ceiling)
                    async for line in lines:
                        step = await self._line(line, scope)
                        if step is not None and step.because:
                            return step
                        # Setting a deadline costs as much as an event; once a second will do.
                        if self._heard() - armed >= 1.0 or scope.deadline > ceiling:
                            armed, scope.deadline = steady(), self._until(ceiling)
                        await self._breathe()
        except ClusterError as error:
            return self._refused(error)
        now = steady()
        return machine.step(self._state, Ended(self._meaningful - before, now - began, scope.cancelled_caught), now)

    def _until(self, ceiling: float) -> float:
        """When a watch that brings nothing more is to end."""
        if isinstance(self._state.ask, Stream):
            return min(ceiling, steady() + PATIENCE_SECONDS)
        return min(ceiling, steady() + SILENCE_SECONDS) if self._bookmarked else ceiling

    async def _line(self, line: bytes, scope: anyio.CancelScope) -> Step | None:
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
        streams = isinstance(self._state.ask, Stream)
        if streams and event.type is not EventType.BOOKMARK and head.metadata.resource_version:
            self._consumer.streamed(event.type, event.object, head)
            return None
        complete = streams and documents.completes(event.object)
        happened = Happened(event.type, head.metadata.resource_version, complete)
        step = machine.step(self._state, happened, steady())
        if step.wait:
            return step
        self._well()
        self._state = step.state
        if complete:
            # Whoever is to be told of the changes must be told of all of them.
            scope.deadline = math.inf
            await self._complete(self._state.seen)
        elif not streams:
            self._follow(event, head)
        return step

    async def _complete(self, resource_version: str) -> None:
        await self._consumer.commit(resource_version)
        self.lists["ok"] += 1
        self._let_others_list()

    def _follow(self, event: documents.Event, head: Head) -> None:
        """Take in a change."""
        if event.type is EventType.BOOKMARK:
            self._bookmarked = True
        else:
            self._consumer.event(event.type, event.object, head)
        self._consumer.advance(self._state.seen)

    @property
    def _meaningful(self) -> int:
        return sum(self.events[kind] for kind in (EventType.ADDED, EventType.MODIFIED, EventType.DELETED))

    def _refused(self, error: ClusterError) -> Step:
        step = machine.step(self._state, Refused(error), steady())
        if step.because == machine.STREAM_REFUSED:
            self.lists["refused"] += 1
            if self._options.streaming.allowed:
                self._options.streaming.allowed = False
                self._log.info("the API server streams no lists: they are read in pages", status=error.status)
        elif step.wait:
            self._away = error.status in (0, 429) or error.status >= 500
            self._ill(error)
        return step

    async def _breathe(self) -> None:
        if self.events.total() % BATCH == 0:
            await anyio.lowlevel.checkpoint()

    def _heard(self) -> float:
        self.last_heard = steady()
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
        if self._away:
            self._away = False
            self._options.revival.announce()
