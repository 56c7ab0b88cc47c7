"""What an informer knows: typed objects by namespace and name, with indexes. Readers get ``Store``, one writer writes.

* Objects are frozen; a reader cannot change what another reads.
* An object that does not decode is ``Broken``: it has metadata and says what is wrong, and is in no index.
* Replacing everything is one step for readers: they see the old world or the new one.

All calls belong to the event loop's thread and none waits, so no reader ever sees half a change.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from esoctl.model.meta import Meta


class Named(Protocol):
    """Anything with metadata."""

    @property
    def metadata(self) -> Meta: ...


T = TypeVar("T", bound=Named)
Place = tuple[str, str]
"""Namespace and name."""
Indexer = Callable[[T], Iterable[Hashable]]
Alike = Callable[[T, T], bool]


def _never(_one: object, _other: object) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Broken:
    """An object that exists and does not decode. ``error`` names the place and never a value."""

    metadata: Meta
    error: str


def place(thing: Named) -> Place:
    return thing.metadata.namespace, thing.metadata.name


class Store(Generic[T]):
    """The readers' side; always of this moment, and empty until the first list."""

    def __init__(self, shelf: "_Shelf[T]") -> None:
        self._shelf = shelf

    def __len__(self) -> int:
        return sum(map(len, self._shelf.world.objects.values()))

    @property
    def resource_version(self) -> str:
        """The version up to which changes are in here."""
        return self._shelf.resource_version

    @property
    def broken(self) -> int:
        """How many objects do not decode."""
        return self._shelf.world.broken

    def version(self, namespace: str) -> str:  # noqa: ARG002  one version goes for all that is in here
        """Up to which version the changes in a namespace are in here."""
        return self._shelf.resource_version

    def get(self, namespace: str, name: str) -> T | Broken | None:
        """One object; the namespace is empty for a kind of cluster scope."""
        return self._shelf.world.get((namespace, name))

    def all(self) -> Iterator[T | Broken]:
        """Every object. Do not wait between steps: a change would end the iteration with an error."""
        return self._shelf.world.all()

    def in_namespace(self, namespace: str) -> list[T | Broken]:
        return list(self._shelf.world.objects.get(namespace, {}).values())

    def by(self, index: str, value: Hashable) -> list[T]:
        """The objects that an index lists under a value; KeyError for an index that is not there."""
        return self._shelf.world.listed(index, value)

    def values(self, index: str) -> Collection[Hashable]:
        """Every value that an index knows."""
        return self._shelf.world.indexes[index].keys()


class Writer(Generic[T]):
    """The one who may change a store."""

    def __init__(self, indexes: Mapping[str, Indexer[T]] | None = None) -> None:
        self._indexers = dict(indexes or {})
        self.alike: Alike[T] = _never
        """Tells of two states of one object that every index has them under the same values, as far as it knows."""
        self._shelf: _Shelf[T] = _Shelf(self.draft())
        self.store: Store[T] = Store(self._shelf)

    def put(self, thing: T | Broken) -> T | Broken | None:
        """Add or replace an object; answers what was there."""
        return self._shelf.world.put(thing)

    def remove(self, where: Place) -> T | Broken | None:
        """Take an object out; answers it."""
        return self._shelf.world.remove(where)

    def advance(self, resource_version: str) -> None:
        """Changes up to this version are in."""
        self._shelf.resource_version = resource_version

    def draft(self) -> "World[T]":
        """An empty world to fill; no reader sees it until it is swapped in."""
        return World(self._indexers, self._are_alike)

    def _are_alike(self, one: T, other: T) -> bool:
        return self.alike(one, other)

    def swap(self, fresh: "World[T]", resource_version: str) -> "World[T]":
        """Put a filled draft in place of everything, at once; answers the world before."""
        old, self._shelf.world = self._shelf.world, fresh
        self.advance(resource_version)
        return old


@dataclass(slots=True)
class _Shelf(Generic[T]):
    """What a writer and its store share."""

    world: "World[T]"
    resource_version: str = ""


class World(Generic[T]):
    """Objects and their indexes, kept in step."""

    def __init__(self, indexers: Mapping[str, Indexer[T]], alike: "Alike[T]") -> None:
        self.objects: dict[str, dict[str, T | Broken]] = {}
        self.indexes: dict[str, dict[Hashable, dict[Place, None]]] = {name: {} for name in indexers}
        """The places of objects, so that an index need not be touched while its values stay."""
        self.broken = 0
        self._indexers = indexers
        self._alike = alike

    def get(self, where: Place) -> T | Broken | None:
        names = self.objects.get(where[0])
        return names.get(where[1]) if names else None

    def all(self) -> Iterator[T | Broken]:
        for names in self.objects.values():
            yield from names.values()

    def put(self, thing: T | Broken) -> T | Broken | None:
        namespace, name = place(thing)
        old = self.get((namespace, name))
        if not (old is None or isinstance(old, Broken) or isinstance(thing, Broken)) and self._alike(old, thing):
            self.objects[namespace][name] = thing
            return old
        old = self.remove((namespace, name))
        self.objects.setdefault(namespace, {})[name] = thing
        self._index(thing)
        return old

    def listed(self, index: str, value: Hashable) -> list[T]:
        """The objects that an index lists under a value."""
        found = (self.objects[namespace][name] for namespace, name in self.indexes[index].get(value, ()))
        return [thing for thing in found if not isinstance(thing, Broken)]

    def remove(self, where: Place) -> T | Broken | None:
        namespace, name = where
        names = self.objects.get(namespace)
        if names is None or name not in names:
            return None
        old = names.pop(name)
        if not names:
            del self.objects[namespace]
        self._unindex(old)
        return old

    def _index(self, thing: T | Broken) -> None:
        if isinstance(thing, Broken):
            self.broken += 1
            return
        where = place(thing)
        for name, indexer in self._indexers.items():
            for value in indexer(thing):
                self.indexes[name].setdefault(value, {})[where] = None

    def _unindex(self, thing: T | Broken) -> None:
        if isinstance(thing, Broken):
            self.broken -= 1
            return
        where = place(thing)
        for name, indexer in self._indexers.items():
            index = self.indexes[name]
            for value in indexer(thing):
                listed = index.get(value, {})
                listed.pop(where, None)
                if not listed:
                    index.pop(value, None)
