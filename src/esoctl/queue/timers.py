"""The keys that wait for a time: two slots for each key, and which are due.

* ``Slot.REFRESH`` holds when the object is to be looked at again; the last writer wins, so that a longer interval takes
  effect at once.
* ``Slot.RETRY`` holds when a failure is to be tried again; the earliest wins, as in client-go's delaying queue.
* Nothing waits longer than 180 days, so that no sum of times overflows.

A timer is a hint: whoever is woken works out afresh what is due. Pure: the clock is an argument.

Each operation costs O(log n), counted over many: a timer that was replaced stays in the heap as a ghost until it comes
up or until ghosts outnumber the living, when the heap is built anew.
"""

import heapq
from collections.abc import Hashable
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from esoctl.queue.lanes import Lane

K = TypeVar("K", bound=Hashable)

LONGEST_SECONDS = 180 * 86_400.0
_GHOSTS_IGNORED = 64


class Slot(Enum):
    """The two timers of a key."""

    REFRESH = "refresh"
    RETRY = "retry"


class Timer(NamedTuple, Generic[K]):
    """One waiting key; ``serial`` orders timers of the same time by when they were set."""

    due: float
    serial: int
    key: K
    slot: Slot
    lane: Lane


class Timers(Generic[K]):
    """All timers, at most one for each key and slot."""

    def __init__(self) -> None:
        self._heap: list[Timer[K]] = []
        self._live: dict[Slot, dict[K, Timer[K]]] = {slot: {} for slot in Slot}
        self._serial = 0

    def __len__(self) -> int:
        return sum(map(len, self._live.values()))

    def __contains__(self, key: K) -> bool:
        return any(key in live for live in self._live.values())

    def count(self) -> dict[Slot, int]:
        """The number of timers in each slot."""
        return {slot: len(timers) for slot, timers in self._live.items()}

    def keys(self) -> set[K]:
        """Every key that has a timer."""
        return set().union(*self._live.values())

    def due_at(self, key: K, slot: Slot) -> float | None:
        """When the key's timer of that slot is due."""
        timer = self._live[slot].get(key)
        return timer.due if timer else None

    def set(self, key: K, slot: Slot, due: float, lane: Lane) -> None:
        """Wait until ``due``, by the rule of the slot."""
        live = self._live[slot]
        earlier = live.get(key)
        if slot is Slot.RETRY and earlier is not None and earlier.due <= due:
            return
        self._serial += 1
        live[key] = timer = Timer(due, self._serial, key, slot, lane)
        heapq.heappush(self._heap, timer)
        self._bury_ghosts()

    def clear(self, key: K, slot: Slot) -> None:
        """Stop waiting; nothing happens when there is no timer."""
        self._live[slot].pop(key, None)

    def clear_all(self) -> None:
        """Stop all timers."""
        self._heap.clear()
        for live in self._live.values():
            live.clear()

    def bring_forward(self, slot: Slot, seconds: float, now: float, over_seconds: float) -> None:
        """Make the timers of a slot due earlier; those that are over by then, evenly over a time, in their order.

        None is later than it was. One pass over all.
        """
        live = self._live[slot]
        timers = sorted(live.values())
        late = sum(timer.due - seconds <= now for timer in timers)
        for place, timer in enumerate(timers):
            due = now + over_seconds * place / late if place < late else timer.due - seconds
            live[timer.key] = timer._replace(due=min(timer.due, due))
        self._rebuild()

    def next_due(self) -> float | None:
        """When the earliest timer is due, None without timers."""
        while self._heap and not self._lives(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0].due if self._heap else None

    def pop_due(self, now: float) -> list[Timer[K]]:
        """Take out the timers that are due, in the order of their times."""
        due = []
        while self._heap and self._heap[0].due <= now:
            timer = heapq.heappop(self._heap)
            if self._lives(timer):
                del self._live[timer.slot][timer.key]
                due.append(timer)
        return due

    def _lives(self, timer: Timer[K]) -> bool:
        return self._live[timer.slot].get(timer.key) is timer

    def _bury_ghosts(self) -> None:
        if len(self._heap) > 2 * len(self) + _GHOSTS_IGNORED:
            self._rebuild()

    def _rebuild(self) -> None:
        self._heap = [timer for live in self._live.values() for timer in live.values()]
        heapq.heapify(self._heap)
