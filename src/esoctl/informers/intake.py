"""Takes in what a watcher reads: decodes objects one by one, keeps the store, hands changes to the sink.

* The store is changed before the sink is told, so whoever is woken finds at least what woke it.
* An object that does not decode becomes ``Broken`` and is handed on like any other; what has no name or is of the
  wrong kind is counted and left out. Neither disturbs the objects beside it.
* The first list is handed on in the order of urgency: after a long stop many objects are late at once.
* What is known already is not decoded again: the same version of the same object in a later list is taken over from
  the store. An event older than what is stored is ignored, as is a repeated one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Generic

import anyio.lowlevel
import msgspec

from esoctl.errors import EsoctlError
from esoctl.informers import documents, versions
from esoctl.informers.changes import Change, ChangeKind
from esoctl.informers.documents import EventType, Head
from esoctl.informers.store import Broken, T, World, Writer, place
from esoctl.model.meta import Bare

BATCH = 100
"""Objects taken in before others may run."""

Decode = Callable[[msgspec.Raw], T]
Sink = Callable[[Change[T]], None]
Urgency = Callable[[T | Broken | None], float]
"""The more urgent objects of the first list have greater numbers."""

After = Callable[[T, T], T]
"""Of an object that is known and what was read of it, the newer state; it may share parts with the older one."""


def _as_it_is(_known: T, fresh: T) -> T:
    return fresh


_MISFIT = (*documents.UNREADABLE, EsoctlError, TypeError, LookupError)


class Intake(Generic[T]):
    """The consumer behind one watcher."""

    def __init__(self, writer: Writer[T], decode: Decode[T], sink: Sink[T], kind: str = "") -> None:
        """``kind`` is that of every object; what says it is another is left out."""
        self._writer = writer
        self._decode = decode
        self._sink = sink
        self._kind = kind
        self.urgency: Urgency[T] | None = None
        """By what the first list is ordered."""
        self.after: After[T] = _as_it_is
        """Makes the newer state of an object of what is known and what was read."""
        self._draft: World[T] | None = None
        self._first = True
        self.skipped: Counter[str] = Counter()
        """What was left out, by reason."""

    def begin(self) -> None:
        """A list begins; what was read of one before is void."""
        self._draft = self._writer.draft()

    async def page(self, items: Sequence[msgspec.Raw]) -> None:
        """Take in one page."""
        draft = self._draft
        assert draft is not None
        for number, raw in enumerate(items, 1):
            head = self._head(raw)
            if head is not None and (thing := self._thing(head, raw)) is not None:
                draft.put(thing)
            if number % BATCH == 0:
                await anyio.lowlevel.checkpoint()

    async def commit(self, resource_version: str) -> None:
        """The list is complete: show it to readers at once, then hand every change to the sink."""
        fresh = self._draft
        assert fresh is not None
        self._draft = None
        old = self._writer.swap(fresh, resource_version)
        changes: Iterable[Change[T]] = self._differences(old, fresh)
        if self._first and self.urgency is not None:
            changes = await self._by_urgency(changes, self.urgency)
        for number, change in enumerate(changes, 1):
            self._sink(change)
            if number % BATCH == 0:
                await anyio.lowlevel.checkpoint()
        self._first = False

    async def _by_urgency(self, changes: Iterable[Change[T]], urgency: Urgency[T]) -> list[Change[T]]:
        ranked: list[tuple[float, int, Change[T]]] = []
        for number, change in enumerate(changes, 1):
            ranked.append((-urgency(change.new), number, change))
            if number % BATCH == 0:
                await anyio.lowlevel.checkpoint()
        return [change for _, _, change in sorted(ranked, key=itemgetter(0, 1))]

    def streamed(self, event: EventType, raw: msgspec.Raw, head: Head) -> None:
        """Take in one event of a list that comes as a stream; nobody is told before it is complete."""
        draft = self._draft
        assert draft is not None
        if event is EventType.DELETED:
            draft.remove((head.metadata.namespace, head.metadata.name))
        elif (thing := self._thing(head, raw)) is not None:
            draft.put(thing)

    def event(self, event: EventType, raw: msgspec.Raw, head: Head) -> None:
        """Take in one event of a watch."""
        where = (head.metadata.namespace, head.metadata.name)
        known = self._writer.store.get(*where)
        if self._outdated(event, known, head):
            return
        if event is EventType.DELETED:
            self._delete(where, known)
        elif (thing := self._thing(head, raw)) is not None:
            old = self._writer.put(thing)
            self._sink(Change(ChangeKind.ADDED if old is None else ChangeKind.MODIFIED, old, thing))

    def head(self, raw: msgspec.Raw) -> Head | None:
        """Kind and identity of an object; None, and counted, when it cannot be one of ours."""
        return self._head(raw)

    def advance(self, resource_version: str) -> None:
        self._writer.advance(resource_version)

    def _head(self, raw: msgspec.Raw) -> Head | None:
        head = documents.head(raw)
        if head is None:
            self.skipped["unreadable"] += 1
        elif self._kind and head.kind not in ("", self._kind):
            self.skipped["wrong kind"] += 1
        else:
            return head
        return None

    def _thing(self, head: Head, raw: msgspec.Raw) -> T | Broken | None:
        known = self._writer.store.get(head.metadata.namespace, head.metadata.name)
        if known is not None and _same(known, head):
            return known
        try:
            thing = self._decode(raw)
        except _MISFIT as error:
            return self._broken(raw, error)
        return thing if known is None or isinstance(known, Broken) else self.after(known, thing)

    def _broken(self, raw: msgspec.Raw, error: Exception) -> Broken | None:
        try:
            return Broken(_bare.decode(raw).metadata, _text(error))
        except documents.UNREADABLE:
            self.skipped["unreadable"] += 1
            return None

    def _outdated(self, event: EventType, known: T | Broken | None, head: Head) -> bool:
        if known is None:
            return False
        if _same(known, head) and event is not EventType.DELETED:
            self.skipped["repeated"] += 1
            return True
        another = known.metadata.uid != head.metadata.uid
        old = versions.older(head.metadata.resource_version, known.metadata.resource_version)
        if (another and event is EventType.DELETED) or (old and not another):
            self.skipped["outdated"] += 1
            return True
        return False

    def _delete(self, where: tuple[str, str], known: T | Broken | None) -> None:
        self._writer.remove(where)
        if known is not None:
            self._sink(Change(ChangeKind.DELETED, known, None))

    def _differences(self, old: World[T], fresh: World[T]) -> Iterator[Change[T]]:
        for thing in fresh.all():
            before = old.get(place(thing))
            if before is None:
                yield Change(ChangeKind.INITIAL if self._first else ChangeKind.ADDED, None, thing)
            elif before is not thing:
                yield Change(ChangeKind.MODIFIED, before, thing)
        for thing in old.all():
            if fresh.get(place(thing)) is None:
                yield Change(ChangeKind.DELETED, thing, None, final_state_unknown=True)


def _same(known: T | Broken, head: Head) -> bool:
    meta = known.metadata
    return meta.uid == head.metadata.uid and meta.resource_version == head.metadata.resource_version != ""


def _text(error: Exception) -> str:
    """What is wrong, without a value: msgspec and our own errors name places, others may quote."""
    if isinstance(error, msgspec.MsgspecError | EsoctlError):
        return str(error)
    return "the object is nested too deeply" if isinstance(error, RecursionError) else type(error).__name__


_bare = msgspec.json.Decoder(Bare)
