"""Keeps objects, their revisions and a window of their history, in memory.

Rules:

* One counter numbers every write of the whole store, as etcd's does.
* A document that was stored is never changed; a write replaces it.
* The history of a resource is a window of its latest writes. It carries watches and lists of the past; what fell out
  of it is ``Expired``, exactly as a compacted etcd answers.
* An index from owner to dependents is kept for garbage collection.

Waiting is only in ``Shelf.changed``; everything else is synchronous, so no write can come between two lines.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

import anyio

from esoctl.sandbox import lookup
from esoctl.sandbox.documents import Doc

Place = tuple[str, str]
"""Namespace ("" without) and name."""
ShelfKey = tuple[str, str]
"""Group and plural."""


class Happened(Enum):
    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Change:
    revision: int
    happened: Happened
    doc: Doc
    """The new state; for a deletion the last state, carrying the revision of the deletion."""
    previous: Doc | None


@dataclass(frozen=True, slots=True)
class Located:
    """An object and where it stands."""

    shelf: ShelfKey
    place: Place


@dataclass(slots=True)
class Shelf:
    """All objects of one resource."""

    key: ShelfKey
    window: int
    floor: int
    """History is complete after this revision."""
    objects: dict[Place, Doc] = field(default_factory=dict)
    changes: deque[Change] = field(default_factory=deque)
    episode: int = 0
    """Grows when the resource ceases to be served; watches of an earlier episode are over."""
    _order: list[Place] | None = None
    _signal: anyio.Event | None = None

    def places(self) -> list[Place]:
        """Every place in the order of etcd's keys."""
        if self._order is None:
            self._order = sorted(self.objects, key=_path)
        return self._order

    def record(self, change: Change) -> None:
        if change.happened is not Happened.MODIFIED:
            self._order = None
        self.changes.append(change)
        while len(self.changes) > self.window:
            self.floor = self.changes.popleft().revision
        self._wake()

    def close(self) -> None:
        """End the watches that are open now."""
        self.episode += 1
        self._wake()

    def _wake(self) -> None:
        if self._signal is not None:
            self._signal.set()
            self._signal = None

    def forget(self, revision: int) -> None:
        """Drop the history, as a compaction at this revision does."""
        self.changes.clear()
        self.floor = revision

    def after(self, revision: int) -> Iterator[Change]:
        """The changes since the revision, oldest first. The caller has checked the floor."""
        newest: list[Change] = []
        for change in reversed(self.changes):
            if change.revision <= revision:
                break
            newest.append(change)
        return reversed(newest)

    def at(self, revision: int) -> dict[Place, Doc]:
        """The objects as they were at the revision, by taking later changes back."""
        past = dict(self.objects)
        for change in reversed(self.changes):
            if change.revision <= revision:
                break
            place = lookup.place_of(change.doc)
            if change.previous is None:
                past.pop(place, None)
            else:
                past[place] = change.previous
        return past

    def twin(self) -> "Shelf":
        """A shelf of its own with the same objects and history; nobody waits for it yet."""
        return Shelf(self.key, self.window, self.floor, dict(self.objects), deque(self.changes), self.episode)

    async def changed(self, revision: int, episode: int) -> None:
        """Wait until there is a change after the revision, or the episode is over."""
        while episode == self.episode and (not self.changes or self.changes[-1].revision <= revision):
            if self._signal is None:
                self._signal = anyio.Event()
            await self._signal.wait()


class Store:
    def __init__(self, window: int, first_revision: int = 1) -> None:
        self.revision = first_revision
        self._window = window
        self.journal: deque[tuple[ShelfKey, Change]] = deque()
        """Changes that the controllers have not looked at yet."""
        self._shelves: dict[ShelfKey, Shelf] = {}
        self._by_uid: dict[str, Located] = {}
        self._dependents: dict[str, set[str]] = {}

    def twin(self) -> "Store":
        """A store of its own that begins where this one stands; the documents, which never change, are shared."""
        other = Store(self._window, self.revision)
        other.journal.extend(self.journal)
        other._shelves = {key: shelf.twin() for key, shelf in self._shelves.items()}
        other._by_uid = dict(self._by_uid)
        other._dependents = {uid: set(dependents) for uid, dependents in self._dependents.items()}
        return other

    def shelf(self, key: ShelfKey) -> Shelf:
        found = self._shelves.get(key)
        if found is None:
            found = self._shelves[key] = Shelf(key, self._window, self.revision)
        return found

    def shelves(self) -> list[Shelf]:
        return list(self._shelves.values())

    def get(self, key: ShelfKey, place: Place) -> Doc | None:
        return self.shelf(key).objects.get(place)

    def put(self, key: ShelfKey, doc: Doc) -> Doc:
        """Store the document under the next revision; the argument is kept, so the caller gives it away."""
        shelf = self.shelf(key)
        place = lookup.place_of(doc)
        previous = shelf.objects.get(place)
        self.revision += 1
        lookup.ensure(doc, "metadata")["resourceVersion"] = str(self.revision)
        shelf.objects[place] = doc
        self._unlink(previous)
        self._link(doc, Located(key, place))
        happened = Happened.ADDED if previous is None else Happened.MODIFIED
        self._record(shelf, Change(self.revision, happened, doc, previous))
        return doc

    def remove(self, key: ShelfKey, place: Place) -> Doc:
        """Delete what stands there; the answer is its last state with the revision of the deletion."""
        shelf = self.shelf(key)
        previous = shelf.objects.pop(place)
        self.revision += 1
        last = dict(previous)
        last["metadata"] = {**lookup.meta(previous), "resourceVersion": str(self.revision)}
        self._unlink(previous)
        self._by_uid.pop(lookup.uid_of(previous), None)
        self._record(shelf, Change(self.revision, Happened.DELETED, last, previous))
        return last

    def _record(self, shelf: Shelf, change: Change) -> None:
        shelf.record(change)
        self.journal.append((shelf.key, change))

    def compact(self) -> None:
        """Forget all history, so that every watch and list from before expires."""
        for shelf in self._shelves.values():
            shelf.forget(self.revision)

    def locate(self, uid: str) -> Located | None:
        return self._by_uid.get(uid)

    def dependents(self, uid: str) -> list[Located]:
        """The objects that name this uid as an owner, in a stable order."""
        found = (self._by_uid.get(dependent) for dependent in self._dependents.get(uid, ()))
        return sorted((one for one in found if one is not None), key=lambda one: (one.shelf, one.place))

    def _link(self, doc: Doc, located: Located) -> None:
        uid = lookup.uid_of(doc)
        self._by_uid[uid] = located
        for owner in lookup.docs(doc, "metadata", "ownerReferences"):
            self._dependents.setdefault(lookup.text(owner, "uid"), set()).add(uid)

    def _unlink(self, doc: Doc | None) -> None:
        uid = lookup.uid_of(doc)
        for owner in lookup.docs(doc, "metadata", "ownerReferences"):
            owner_uid = lookup.text(owner, "uid")
            dependents = self._dependents.get(owner_uid, set())
            dependents.discard(uid)
            if not dependents:
                self._dependents.pop(owner_uid, None)


def _path(place: Place) -> str:
    return f"{place[0]}/{place[1]}" if place[0] else place[1]
