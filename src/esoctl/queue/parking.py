"""The keys that wait for something other than a time: a store that fails, a window that is shut.

A parked key has a reason it is parked behind, any hashable value. It leaves when it becomes ready on its own account or
when the reason is released. Keeping these keys in the queue means that none is forgotten: the census counts them. Pure.
"""

from collections.abc import Hashable
from enum import Enum
from typing import Generic, TypeVar

from esoctl.queue.lanes import Lane

K = TypeVar("K", bound=Hashable)


class Rest(Enum):
    """What a key is parked behind that waits for neither a time nor a store."""

    CHANGE = "a change"
    """Nothing but a change of its object makes it due."""


class Parking(Generic[K]):
    """Parked keys by reason, each behind at most one, in the order they came."""

    def __init__(self) -> None:
        self._behind: dict[K, Hashable] = {}
        self._keys: dict[Hashable, dict[K, Lane]] = {}

    def __len__(self) -> int:
        return len(self._behind)

    def __contains__(self, key: K) -> bool:
        return key in self._behind

    def keys(self) -> set[K]:
        """Every parked key."""
        return set(self._behind)

    def count(self, behind: Hashable) -> int:
        """The number of keys behind a reason."""
        return len(self._keys.get(behind, ()))

    def behind(self, behind: Hashable) -> list[K]:
        """The keys behind a reason."""
        return list(self._keys.get(behind, ()))

    def park(self, key: K, behind: Hashable, lane: Lane) -> None:
        """Park a key; one that is parked already moves."""
        self.leave(key)
        self._behind[key] = behind
        self._keys.setdefault(behind, {})[key] = lane

    def leave(self, key: K) -> None:
        """Take a key out; nothing happens when it is not parked."""
        if key not in self._behind:
            return
        behind = self._behind.pop(key)
        keys = self._keys[behind]
        del keys[key]
        if not keys:
            del self._keys[behind]

    def release(self, behind: Hashable, most: int | None = None) -> list[tuple[K, Lane]]:
        """Take out all keys behind a reason, or the first so many."""
        released = list(self._keys.get(behind, {}).items())[:most]
        for key, _ in released:
            self.leave(key)
        return released
