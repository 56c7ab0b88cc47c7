"""Where the keys that sign requests come from, and how long they are kept.

* Lent keys (assumed roles, web identities, the environment's) are kept until shortly before they expire: the reference
  asks STS before every single request.
* One task renews; the others go on with the keys at hand while those are still valid, and so does everybody when STS
  is away. A failed renewal is not tried again for half a minute.
* Where there are no valid keys, a failure is everybody's who waited for it, and pauses between attempts grow.
* Keys that AWS refuses are dropped and borrowed afresh, once in half a minute.
* Life is counted on the monotonic clock from what AWS says it is, so that a wrong wall clock does no harm.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import anyio

from esoctl.errors import EsoctlError
from esoctl.providers.aws.identity import Keys

AHEAD_SECONDS = 600.0
"""Renew this long before the end, but never more than a third of the life."""
PAUSE_SECONDS = 30.0
"""Between two attempts to renew keys that are still valid, and between two refusals that drop keys."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 15.0
"""Between attempts while there are no valid keys; what waits then waits for a person, who may be there already."""


class Source(Protocol):
    """Answers with the keys to sign the next request with."""

    async def keys(self) -> Keys:
        """Raises ProviderError or StoreError when there are none."""
        ...

    @property
    def generation(self) -> int:
        """Another number after every change of the keys."""
        ...

    @property
    def ends(self) -> float | None:
        """When the keys at hand end, by the event loop's clock; None where there are none, or they do not."""
        ...

    def refused(self, generation: int) -> bool:
        """AWS said that the keys of that generation are not, or no longer, valid; whether there will be others."""
        ...


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Fixed:
    """Keys that do not change."""

    static: Keys = field(repr=False)
    generation: int = 0
    ends: None = None

    async def keys(self) -> Keys:
        return self.static

    def refused(self, generation: int) -> bool:  # noqa: ARG002 - the protocol's
        return False


@dataclass(frozen=True, slots=True)
class Loan:
    """Keys for a time."""

    keys: Keys = field(repr=False)
    seconds: float = 3600.0


@dataclass(slots=True)
class _Held:
    keys: Keys = field(repr=False)
    expires: float
    renew: float


@dataclass(slots=True)
class _Failure:
    error: EsoctlError
    pause: float
    again_at: float


def _nothing() -> None:
    """Forgets nothing."""


class Lent:
    """Keys that ``borrow`` obtains, kept until they have to be renewed.

    ``forget`` is called when they are refused, for what ``borrow`` itself may keep.
    """

    def __init__(self, borrow: Callable[[], Awaitable[Loan]], forget: Callable[[], None] = _nothing) -> None:
        self._borrow = borrow
        self._forget = forget
        self._held: _Held | None = None
        self._failure: _Failure | None = None
        self._lock = anyio.Lock()
        self._dropped_at = float("-inf")
        self._generation = 0

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def ends(self) -> float | None:
        return None if self._held is None else self._held.expires

    async def keys(self) -> Keys:
        held = self._held
        now = anyio.current_time()
        if held is not None and (now < held.renew or (now < held.expires and self._lock.locked())):
            return held.keys
        async with self._lock:
            return await self._renewed()

    def refused(self, generation: int) -> bool:
        if generation != self._generation:
            return True
        now = anyio.current_time()
        if now - self._dropped_at < PAUSE_SECONDS:
            return False
        self._dropped_at = now
        self._held = None
        self._generation += 1
        self._forget()
        return True

    async def _renewed(self) -> Keys:
        held = self._held
        now = anyio.current_time()
        if held is not None and now < held.renew:
            return held.keys  # somebody renewed them while we waited
        if self._failure is not None and now < self._failure.again_at:
            raise self._failure.error.with_traceback(None)
        try:
            loan = await self._borrow()
        except EsoctlError as error:
            return self._going_on(error)
        now = anyio.current_time()
        self._held = _Held(loan.keys, now + loan.seconds, now + loan.seconds - min(AHEAD_SECONDS, loan.seconds / 3))
        self._failure = None
        self._generation += 1
        return loan.keys

    def _going_on(self, error: EsoctlError) -> Keys:
        """After a failure to renew: with the keys at hand while they are valid, else with nothing."""
        held = self._held
        now = anyio.current_time()
        if held is not None and now < held.expires:
            held.renew = now + PAUSE_SECONDS
            return held.keys
        pause = FIRST_PAUSE_SECONDS if self._failure is None else min(2 * self._failure.pause, LONGEST_PAUSE_SECONDS)
        self._failure = _Failure(error, pause, now + pause)
        raise error
