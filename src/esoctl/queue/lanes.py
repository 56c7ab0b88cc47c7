"""The keys that are ready, in lanes by urgency: which one is next.

* A more urgent lane goes first. Inside a lane the groups of keys (namespaces) take turns, and inside a group the key
  that entered the lane first goes first.
* No lane starves: a key that waited ``PATIENCE`` of its lane moves to the tail of the next more urgent one.
* A group that has its share of the workers (``shares``) is passed over and keeps its turn.
* Every operation takes constant time, whatever the number of keys: ``OrderedDict`` is a linked list, so a key leaves
  from the middle without a search and without leaving a ghost behind, and no more than sixteen groups
  are passed over.

Pure: the clock is an argument. DIFFERS: the reference hands keys out first in, first out, so a user's edit waits behind
everything else; it turned controller-runtime's priority queue off, which can starve the initial list without end.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Generic, TypeVar

from esoctl.queue.shares import Shares

K = TypeVar("K", bound=Hashable)


class Lane(IntEnum):
    """Why a key is to be worked on, the most urgent first."""

    DELETION = 0
    """The object is being deleted, or a finalizer is to go."""
    CHANGE = 1
    """A user edited or made an object."""
    DRIFT = 2
    """The target changed, or the store became ready."""
    REFRESH = 3
    """The refresh interval is over."""
    RETRY = 4
    """The last attempt failed."""
    INITIAL = 5
    """Seen in the first list after a start, or in a re-list."""


LAST = max(Lane)

PATIENCE: Mapping[Lane, float] = MappingProxyType(
    {
        Lane.DELETION: math.inf,
        Lane.CHANGE: 30.0,
        Lane.DRIFT: 60.0,
        Lane.REFRESH: 120.0,
        Lane.RETRY: 300.0,
        Lane.INITIAL: 300.0,
    }
)
"""Seconds in a lane after which a key moves up by one."""


def one_group(_: Hashable) -> Hashable:
    """No groups: first in, first out over the whole lane."""
    return None


class Lanes(Generic[K]):
    """The ready keys, each in exactly one lane, and the workers that groups hold."""

    def __init__(self, group: Callable[[K], Hashable] = one_group, workers: float = math.inf) -> None:
        self._group = group
        self._shares = Shares(workers)
        self._lane: dict[K, Lane] = {}
        self._queues: dict[Lane, _LaneKeys[K]] = {lane: _LaneKeys(group) for lane in Lane}
        self._ages_at = math.inf
        """No key's patience is over before this time."""
        self._chances = math.inf
        """How often something may have become free since every ready key was held back."""

    def __len__(self) -> int:
        return len(self._lane)

    def __contains__(self, key: K) -> bool:
        return key in self._lane

    def keys(self) -> set[K]:
        """Every ready key."""
        return set(self._lane)

    def depth(self) -> dict[Lane, int]:
        """The number of keys in each lane."""
        return {lane: len(queue) for lane, queue in self._queues.items()}

    def backlog(self, lane: Lane) -> int:
        """The number of keys in that lane and in more urgent ones."""
        if lane is LAST:
            return len(self._lane)
        return sum(len(queue) for other, queue in self._queues.items() if other <= lane)

    def claimable(self) -> float:
        """For how many workers to look: at least one where a key can be taken, none where all are held back."""
        return min(len(self._lane), self._chances)

    def push(self, key: K, lane: Lane, now: float) -> None:
        """Put a key at the tail of a lane; a key that is in one already only ever moves to a more urgent one."""
        present = self._lane.get(key)
        if present is not None:
            if present <= lane:
                return
            self._queues[present].remove(key)
        elif self._chances < math.inf and self._shares.may_take(self._group(key)):
            self._chances += 1
        self._lane[key] = lane
        self._queues[lane].push(key, now)
        self._ages_at = min(self._ages_at, now + PATIENCE[lane])

    def take(self) -> tuple[K, Lane] | None:
        """The next key and its lane, for a worker that its group then holds; None when there is none to be had."""
        for lane, queue in self._queues.items():
            if queue.entered and (key := queue.pop(self._shares)) is not None:
                del self._lane[key]
                return key, lane
        self._chances = 0 if self._lane else math.inf
        return None

    def done(self, key: K) -> None:
        """The worker that took the key is free."""
        self._shares.give_back(self._group(key))
        self._chances += 1

    def age(self, now: float) -> None:
        """Move the keys whose patience is over up by one lane."""
        if now < self._ages_at:
            return
        for lane in list(Lane)[1:]:
            for key in self._queues[lane].waited(PATIENCE[lane], now):
                self.push(key, Lane(lane - 1), now)
        oldest = ((lane, next(iter(queue.entered.values()))) for lane, queue in self._queues.items() if queue.entered)
        self._ages_at = min((entered + PATIENCE[lane] for lane, entered in oldest), default=math.inf)


class _LaneKeys(Generic[K]):
    """The keys of one lane: by group for fairness, and by time of entering for age."""

    def __init__(self, group: Callable[[K], Hashable]) -> None:
        self._group = group
        self._groups: OrderedDict[Hashable, OrderedDict[K, None]] = OrderedDict()
        """The first group has the next turn."""
        self.entered: OrderedDict[K, float] = OrderedDict()
        """Every key of the lane with the time it entered, the oldest first."""

    def __len__(self) -> int:
        return len(self.entered)

    def push(self, key: K, now: float) -> None:
        self.entered[key] = now
        self._groups.setdefault(self._group(key), OrderedDict())[key] = None

    def pop(self, shares: Shares) -> K | None:
        """The first key of the first group that may take a worker."""
        held, most = shares.held, shares.most
        for group in self._groups:
            if held.get(group, 0) < most:
                break
        else:
            return None
        shares.take(group)
        keys = self._groups[group]
        key, _ = keys.popitem(last=False)
        del self.entered[key]
        if keys:
            self._groups.move_to_end(group)
        else:
            del self._groups[group]
        return key

    def remove(self, key: K) -> None:
        del self.entered[key]
        group = self._group(key)
        keys = self._groups[group]
        del keys[key]
        if not keys:
            del self._groups[group]

    def waited(self, seconds: float, now: float) -> list[K]:
        """The keys that entered that long ago or longer, the oldest first."""
        old = []
        for key, entered in self.entered.items():
            if entered + seconds > now:
                break
            old.append(key)
        return old
