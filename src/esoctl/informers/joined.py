"""The informers of one kind as one: a single one for the whole cluster, or one for each namespace that is served.

Each follows its namespace by itself, with its own backoff and its own version; readers see one store.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, Protocol

from esoctl.informers.informer import Informer
from esoctl.informers.store import Broken, Store, T


class Reader(Protocol[T]):
    """What can be read of a store, whatever it is made of."""

    def __len__(self) -> int: ...

    def get(self, namespace: str, name: str) -> T | Broken | None: ...

    def all(self) -> Iterator[T | Broken]: ...

    def by(self, index: str, value: Hashable) -> list[T]: ...

    def version(self, namespace: str) -> str:
        """Up to which version the changes in a namespace are in here."""
        ...


@dataclass(frozen=True, slots=True)
class Joined(Generic[T]):
    """The stores of several namespaces; what is in none of them is not there."""

    parts: Mapping[str, Store[T]]

    def __len__(self) -> int:
        return sum(map(len, self.parts.values()))

    def get(self, namespace: str, name: str) -> T | Broken | None:
        part = self.parts.get(namespace)
        return None if part is None else part.get(namespace, name)

    def all(self) -> Iterator[T | Broken]:
        return chain.from_iterable(part.all() for part in self.parts.values())

    def by(self, index: str, value: Hashable) -> list[T]:
        return [found for part in self.parts.values() for found in part.by(index, value)]

    def version(self, namespace: str) -> str:
        part = self.parts.get(namespace)
        return "" if part is None else part.version(namespace)


@dataclass(frozen=True, slots=True)
class Family(Generic[T]):
    """The informers of one kind, by namespace; the only one of an unlimited kind is under the empty name."""

    informers: Mapping[str, Informer[T]]
    store: Reader[T]


def family(served: Sequence[str], make: Callable[[str], Informer[T]]) -> Family[T]:
    """An informer for each namespace, or with none of them one for all."""
    informers = {namespace: make(namespace) for namespace in served or ("",)}
    if not served:
        return Family(informers, informers[""].store)
    return Family(informers, Joined({namespace: informer.store for namespace, informer in informers.items()}))
