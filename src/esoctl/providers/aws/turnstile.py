"""Who may call AWS next: all connections of one account and region pass the same turnstiles, one for each API.

* Where calls must wait, the more urgent goes first, by the queue's lane; every lane is worth some seconds of waiting,
  so that nothing waits for ever behind edits.
* AWS counts by account. That of a role stands in its ARN; without a role every identity counts for itself, which asks
  AWS nothing.
* Retries of the client library pass here too.
"""

import heapq
from collections.abc import Hashable
from dataclasses import dataclass, field
from itertools import count
from weakref import WeakValueDictionary

import anyio

from esoctl.clock import steady
from esoctl.providers.asking import asked
from esoctl.providers.aws.identity import Account, Identity
from esoctl.providers.aws.limiter import Limiter

LANE_SECONDS = 5.0
"""A call of the next lane goes first when it has waited so much longer."""


@dataclass(order=True, slots=True)
class _Waiting:
    rank: float
    number: int
    turn: anyio.Event = field(compare=False, default_factory=anyio.Event)


class Turnstiles:
    """Those of one account and region."""

    def __init__(self) -> None:
        self._limiter = Limiter()
        self._waiting: dict[str, list[_Waiting]] = {}
        self._numbers = count()

    async def enter(self, operation: str) -> None:
        """Wait for a place for that call."""
        queue = self._waiting.setdefault(operation, [])
        if not queue and not self._limiter.take(operation, steady()):
            return
        mine = _Waiting(steady() + asked().turn * LANE_SECONDS, next(self._numbers))
        heapq.heappush(queue, mine)
        try:
            await self._wait(operation, queue, mine)
        finally:
            queue.remove(mine)
            heapq.heapify(queue)
            if queue:
                queue[0].turn.set()

    def throttled(self, operation: str, after: float | None = None) -> None:
        """AWS asked for fewer of those calls, perhaps for none within ``after`` seconds."""
        self._limiter.throttled(operation, steady(), after)

    def rates(self) -> dict[str, float]:
        """Calls a second that are allowed, by API."""
        return self._limiter.rates()

    def waiting(self) -> dict[str, int]:
        """How many calls wait, by API."""
        return {operation: len(queue) for operation, queue in self._waiting.items()}

    async def _wait(self, operation: str, queue: list[_Waiting], mine: _Waiting) -> None:
        while True:
            if queue[0] is not mine:
                mine.turn = anyio.Event()
                await mine.turn.wait()
                continue
            seconds = self._limiter.take(operation, steady())
            if not seconds:
                return
            await anyio.sleep(seconds)


class Accounts:
    """The turnstiles of every account that a connection is open to."""

    def __init__(self) -> None:
        self._turnstiles: WeakValueDictionary[Hashable, Turnstiles] = WeakValueDictionary()

    def of(self, identity: Identity) -> Turnstiles:
        """Those that this identity passes."""
        key = (account(identity), identity.region)
        found = self._turnstiles.get(key)
        if found is None:
            found = self._turnstiles[key] = Turnstiles()
        return found

    def rates(self) -> dict[str, float]:
        """Calls a second that are allowed, by API, of the account that is slowed down most."""
        slowest: dict[str, float] = {}
        for turnstiles in list(self._turnstiles.values()):
            for operation, rate in turnstiles.rates().items():
                slowest[operation] = min(rate, slowest.get(operation, rate))
        return slowest

    def waiting(self) -> dict[str, float]:
        """How many calls wait for a place, by API."""
        total: dict[str, float] = {}
        for turnstiles in list(self._turnstiles.values()):
            for operation, waiting in turnstiles.waiting().items():
                total[operation] = total.get(operation, 0.0) + waiting
        return total


def account(identity: Identity) -> Hashable:
    """Partition and number of the account that the calls are counted to, or the identity where nobody says."""
    role = identity.hops[-1].role if identity.hops else identity.base.role if isinstance(identity.base, Account) else ""
    parts = role.split(":")
    return (parts[1], parts[4]) if len(parts) > 5 and parts[4] else identity.base
