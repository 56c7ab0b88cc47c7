"""One informer: a collection followed into a typed store, with its readiness and figures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

import anyio
import msgspec

from esoctl.informers.documents import EventType, Head
from esoctl.informers.intake import After, Decode, Intake, Sink, Urgency
from esoctl.informers.ports import ListWatch
from esoctl.informers.progress import Progress
from esoctl.informers.store import Alike, Indexer, Store, T, Writer
from esoctl.informers.watcher import Options, Watcher

FRESH_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Statistics:
    """An informer at one moment; the counts are since its start."""

    objects: int
    broken: int
    """Objects that do not decode."""
    resource_version: str
    last_heard: float | None
    trouble: str
    missing: bool
    """The API server does not know the kind: its CRD is not installed."""
    lists: Mapping[str, int]
    restarts: Mapping[str, int]
    events: Mapping[str, int]
    skipped: Mapping[str, int]


class Informer(Generic[T]):
    """Run it as a task; read ``store`` and wait for ``synced`` from others."""

    def __init__(
        self,
        name: str,
        source: ListWatch,
        decode: Decode[T],
        sink: Sink[T],
        *,
        options: Options,
        indexes: Mapping[str, Indexer[T]] | None = None,
    ) -> None:
        """``sink`` is told of every change; it must not wait and must not fail. ``name`` is the kind in plural."""
        self.name = name
        self.synced = anyio.Event()
        """Set once every object of the first list has been handed to the sink."""
        self._writer: Writer[T] = Writer(indexes)
        self._intake = Intake(self._writer, decode, sink, source.kind)
        self._progress = Progress()
        self._watcher = Watcher(name, source, _Following(self._intake, self._progress, self.synced), options)

    @property
    def store(self) -> Store[T]:
        return self._writer.store

    @property
    def last_heard(self) -> float | None:
        """When the API server last proved to be there, on the monotonic clock; None before that."""
        return self._watcher.last_heard

    def order(self, urgency: Urgency[T]) -> None:
        """Hand the objects of the first list on by their urgency, the greatest first."""
        self._intake.urgency = urgency

    def share(self, after: After[T], alike: Alike[T]) -> None:
        """Let the newer state of an object share parts with the older; ``alike`` says when indexes see no change."""
        self._intake.after, self._writer.alike = after, alike

    async def run(self) -> None:
        """Follow the collection until cancelled."""
        await self._watcher.run()

    def fresh(self, now: float, within_seconds: float = FRESH_SECONDS) -> bool:
        """Whether the server was heard lately; ``now`` is monotonic."""
        return self.last_heard is not None and now - self.last_heard < within_seconds

    async def reach(self, resource_version: str, within_seconds: float = 5.0) -> bool:
        """Wait until the store holds what was written under a version; False when the time is over first."""
        return await self._progress.reach(resource_version, within_seconds)

    def statistics(self) -> Statistics:
        watcher = self._watcher
        return Statistics(
            objects=len(self.store),
            broken=self.store.broken,
            resource_version=self.store.resource_version,
            last_heard=watcher.last_heard,
            trouble=watcher.trouble,
            missing=watcher.missing,
            lists=Counter(watcher.lists),
            restarts=Counter(watcher.restarts),
            events=Counter(watcher.events),
            skipped=Counter(self._intake.skipped),
        )


@dataclass(frozen=True, slots=True)
class _Following(Generic[T]):
    """The intake, and after it who waits for its progress."""

    intake: Intake[T]
    progress: Progress
    synced: anyio.Event

    def begin(self) -> None:
        self.intake.begin()

    async def page(self, items: Sequence[msgspec.Raw]) -> None:
        await self.intake.page(items)

    async def commit(self, resource_version: str) -> None:
        await self.intake.commit(resource_version)
        self.progress.advance(resource_version)
        self.synced.set()

    def head(self, raw: msgspec.Raw) -> Head | None:
        return self.intake.head(raw)

    def streamed(self, event: EventType, raw: msgspec.Raw, head: Head) -> None:
        self.intake.streamed(event, raw, head)

    def event(self, event: EventType, raw: msgspec.Raw, head: Head) -> None:
        self.intake.event(event, raw, head)

    def advance(self, resource_version: str) -> None:
        self.intake.advance(resource_version)
        self.progress.advance(resource_version)
