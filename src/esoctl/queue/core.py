"""The rules of the work queue, as a pure step machine: one slot for each key.

A key is in any of these states, and in none once nothing is known about it:

* *ready*: in a lane, waiting for a worker;
* *leased*: one worker has it, never two; when it is asked for meanwhile that is remembered, once, and it becomes
  ready when the lease ends;
* *timed*: its refresh or retry slot holds a time; being leased clears both, so a timer never echoes a visit that took
  place;
* *parked*: behind a reason such as a failing store, until that is released or the key becomes ready otherwise; behind
  ``Rest.CHANGE`` when nothing but a change of its object makes it due, so that a key of a live object is always known.

Whatever the number of calls, a key that was asked for is leased at a later time at least once, and a key that was asked
for many times before that is leased once. Requests raise the urgency of a key, never lower it.

The clock is an argument: seconds that never go back. The states are those of client-go's ``workqueue``. DIFFERS:
client-go leaves a timer behind when a key is added directly, and the key then runs twice.
"""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from esoctl.queue.lanes import Lane, Lanes, one_group
from esoctl.queue.parking import Parking, Rest
from esoctl.queue.timers import LONGEST_SECONDS, Slot, Timers

K = TypeVar("K", bound=Hashable)


class NotLeased(RuntimeError):
    """A lease was ended twice, or never given: a fault of the caller."""


@dataclass(frozen=True, slots=True, eq=False)
class Leased(Generic[K]):
    """One worker's hold on a key."""

    key: K
    lane: Lane
    ready_at: float
    """When the key was asked for, or its timer was due."""
    leased_at: float
    asked_as: Lane
    """The lane of the request that made it ready, whatever moved it up since."""

    @property
    def waited(self) -> float:
        """Seconds from ready to leased; time spent on a timer does not count."""
        return self.leased_at - self.ready_at


@dataclass(frozen=True, slots=True)
class Census(Generic[K]):
    """Every key the queue knows, by state; a key may be in more than one."""

    ready: frozenset[K]
    leased: frozenset[K]
    timed: frozenset[K]
    parked: frozenset[K]

    def lost(self, live: frozenset[K]) -> frozenset[K]:
        """The live keys that nothing would ever wake: must be empty for objects that refresh."""
        return live - self.ready - self.leased - self.timed - self.parked


@dataclass(frozen=True, slots=True)
class Tally:
    """How many keys there are, each counted once: in the first of these states that it is in."""

    active: int
    """A worker has them."""
    queued: int
    parked: int
    """They wait for a store or the like."""
    timer: int
    resting: int
    """Only a change of their objects makes them due."""


def _ignore(_: object) -> None:
    pass


class QueueCore(Generic[K]):
    """The state of every key. Times passed in must not go back."""

    def __init__(
        self,
        group: Callable[[K], Hashable] = one_group,
        on_accept: Callable[[K], None] = _ignore,
        workers: float = math.inf,
    ) -> None:
        """``group`` names what takes turns inside a lane, such as the namespace, and has its share of that many
        ``workers``; ``on_accept`` is told of every request that counts."""
        self._lanes: Lanes[K] = Lanes(group, workers)
        self._on_accept = on_accept
        self._asked: dict[K, tuple[float, Lane]] = {}
        """When each ready key was first asked for, and in which lane."""
        self._leases: dict[K, Leased[K]] = {}
        self._again: dict[K, tuple[Lane, float]] = {}
        """Leased keys that were asked for meanwhile: most urgent lane and earliest time."""
        self._timers: Timers[K] = Timers()
        self._parking: Parking[K] = Parking()
        self._closed = False
        self.accepted = 0
        """Requests that made a key ready or were remembered; repeated ones do not count."""
        self.dropped = 0
        """Requests after closing."""

    def __len__(self) -> int:
        """The number of ready keys."""
        return len(self._lanes)

    def claimable(self) -> float:
        """For how many workers to look: at least one where a key can be taken, none where all ready ones are held
        back, since their groups have their shares of the workers."""
        return self._lanes.claimable()

    def ready(self) -> set[K]:
        """Every ready key."""
        return self._lanes.keys()

    def asked_first(self) -> float | None:
        """When the key that is ready for longest was asked for; takes time in proportion to the ready keys."""
        return min((asked_at for asked_at, _ in self._asked.values()), default=None)

    def waits(self, lane: Lane, now: float) -> list[float]:
        """For how many seconds each ready key waits that was asked for in that lane; none once the queue is closed."""
        if self._closed:
            return []
        return [now - asked_at for asked_at, asked_as in self._asked.values() if asked_as is lane]

    def depth(self) -> dict[Lane, int]:
        """The number of ready keys in each lane."""
        return self._lanes.depth()

    def backlog(self, lane: Lane) -> int:
        """The number of ready keys in that lane and in more urgent ones."""
        return self._lanes.backlog(lane)

    def timer_count(self) -> dict[Slot, int]:
        """The number of timers in each slot."""
        return self._timers.count()

    def parked_count(self) -> int:
        """The number of parked keys, without those that rest."""
        return len(self._parking) - self._parking.count(Rest.CHANGE)

    def parked_behind(self, behind: Hashable) -> int:
        """The number of keys parked behind a reason."""
        return self._parking.count(behind)

    def leases(self) -> list[Leased[K]]:
        """The leases that have not ended."""
        return list(self._leases.values())

    def next_due(self) -> float | None:
        """When the earliest timer is due, None without timers."""
        return self._timers.next_due()

    def due_at(self, key: K, slot: Slot) -> float | None:
        """When the key's timer of that slot is due, None without one."""
        return self._timers.due_at(key, slot)

    def census(self) -> Census[K]:
        """Where every key is. Takes time in proportion to the number of keys."""
        return Census(
            ready=frozenset(self._lanes.keys() | self._again.keys()),
            leased=frozenset(self._leases),
            timed=frozenset(self._timers.keys()),
            parked=frozenset(self._parking.keys()),
        )

    def tally(self) -> Tally:
        """How many keys are in which state. Takes time in proportion to the number of keys."""
        leased = self._leases.keys()
        parked = self._parking.keys() - leased
        resting = sum(key in parked for key in self._parking.behind(Rest.CHANGE))
        waiting = self._timers.keys() - parked - self._lanes.keys() - leased
        return Tally(len(leased), len(self._lanes), len(parked) - resting, len(waiting), resting)

    def holds(self, key: K) -> bool:
        """Whether anything would ever wake the key without a change of its object, or it rests until one."""
        return any(key in state for state in (self._timers, self._lanes, self._leases, self._parking))

    def add(self, key: K, lane: Lane, now: float) -> None:
        """Ask for a key: it becomes ready now, or when its lease ends."""
        self.advance(now)
        self._accept(key, lane, now)

    def add_after(self, key: K, seconds: float, slot: Slot, lane: Lane, now: float) -> None:
        """Ask for a key later; nothing changes when it is ready already, for then it is looked at before."""
        self.advance(now)
        if self._closed:
            self.dropped += 1
        elif not seconds > 0:
            self._timers.clear(key, slot)
            self._accept(key, lane, now)
        elif key not in self._lanes:
            self._timers.set(key, slot, now + min(seconds, LONGEST_SECONDS), lane)

    def bring_forward(self, seconds: float, over_seconds: float, now: float) -> None:
        """Refresh times are so much nearer, as after a step of the clock they were reckoned by."""
        self.advance(now)
        self._timers.bring_forward(Slot.REFRESH, seconds, now, over_seconds)

    def hurry(self, over_seconds: float, now: float) -> None:
        """Every retry is due soon, evenly over a time; none is later than it was."""
        self.advance(now)
        self._timers.bring_forward(Slot.RETRY, LONGEST_SECONDS, now, over_seconds)

    def park(self, key: K, behind: Hashable, lane: Lane) -> None:
        """Keep a key until ``behind`` is released; nothing changes when it is asked for already."""
        if self._closed:
            self.dropped += 1
        elif key not in self._lanes and key not in self._again:
            self._parking.park(key, behind, lane)

    def rest(self, key: K) -> None:
        """Nothing but a change makes the key due; it is kept, so that it counts as known."""
        if not self._closed:
            self.park(key, Rest.CHANGE, Lane.INITIAL)

    def release(self, behind: Hashable, over_seconds: float, now: float, most: int | None = None) -> int:
        """Wake the keys parked behind a reason, or so many of them, spread evenly over a time; answers how many."""
        self.advance(now)
        released = self._parking.release(behind, most)
        for position, (key, lane) in enumerate(released):
            self.add_after(key, over_seconds * position / len(released), Slot.RETRY, lane, now)
        return len(released)

    def forget(self, key: K) -> None:
        """The key succeeded or was given up: no retry is due any more."""
        self._timers.clear(key, Slot.RETRY)

    def discard(self, key: K) -> None:
        """The object is gone: no timer may wake the key. A request stays, for the name may have come back."""
        for slot in Slot:
            self._timers.clear(key, slot)
        self._parking.leave(key)

    def take(self, now: float) -> Leased[K] | None:
        """Lease the most urgent key; None when there is none to be had or the queue is closed."""
        self.advance(now)
        chosen = None if self._closed else self._lanes.take()
        if chosen is None:
            return None
        key, lane = chosen
        self.discard(key)
        asked_at, asked_as = self._asked.pop(key)
        lease = Leased(key, lane, asked_at, now, asked_as)
        self._leases[key] = lease
        return lease

    def done(self, lease: Leased[K], now: float) -> None:
        """End a lease; the key becomes ready if it was asked for meanwhile.

        Raises NotLeased for a lease that ended before.
        """
        self.advance(now)
        if self._leases.get(lease.key) is not lease:
            raise NotLeased(f"the lease of {lease.key!r} has ended before; each lease ends once")
        del self._leases[lease.key]
        self._lanes.done(lease.key)
        again = self._again.pop(lease.key, None)
        if again is not None:
            lane, asked_at = again
            self._make_ready(lease.key, lane, asked_at, now)

    def advance(self, now: float) -> None:
        """Make the keys whose timers are due ready, and let those that waited long move up a lane."""
        if self._closed:
            return
        for timer in self._timers.pop_due(now):
            self._accept(timer.key, timer.lane, now, timer.due)
        self._lanes.age(now)

    def close(self) -> None:
        """Take no more requests and give no more leases; what is leased may end."""
        self._closed = True
        self._again.clear()
        self._timers.clear_all()

    def _accept(self, key: K, lane: Lane, now: float, asked_at: float | None = None) -> None:
        if self._closed:
            self.dropped += 1
            return
        self._parking.leave(key)
        since = now if asked_at is None else asked_at
        if key not in self._lanes and key not in self._again:
            self.accepted += 1
            self._on_accept(key)
        if key in self._leases:
            self._remember(key, lane, since)
        else:
            self._make_ready(key, lane, since, now)

    def _remember(self, key: K, lane: Lane, asked_at: float) -> None:
        earlier_lane, earlier_time = self._again.get(key, (lane, asked_at))
        self._again[key] = (min(lane, earlier_lane), earlier_time)

    def _make_ready(self, key: K, lane: Lane, asked_at: float, now: float) -> None:
        self._asked.setdefault(key, (asked_at, lane))
        self._lanes.push(key, lane, now)
