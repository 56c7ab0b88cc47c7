"""Where the keys that sign requests come from, and how long they are kept.

* Lent keys (assumed roles, web identities) are kept until shortly before they expire: the reference asks STS before
  every single request.
* One task renews; the others go on with the keys at hand while those are still valid, and so does everybody when STS
  is away. A failed renewal is not tried again for half a minute.
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


class Source(Protocol):
    """Answers with the keys to sign the next request with."""

    async def keys(self) -> Keys:
        """Raises ProviderError or StoreError when there are none."""
        ...

    def refused(self) -> None:
        """AWS said that the keys are not, or no longer, valid."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """Keys that do not change."""

    static: Keys = field(repr=False)

    async def keys(self) -> Keys:
        return self.static

    def refused(self) -> None:
        return


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


class Lent:
    """Keys that ``borrow`` obtains, kept until they have to be renewed."""

    def __init__(self, borrow: Callable[[], Awaitable[Loan]]) -> None:
        self._borrow = borrow
        self._held: _Held | None = None
        self._lock = anyio.Lock()
        self._dropped_at = float("-inf")

    async def keys(self) -> Keys:
        held = self._held
        now = anyio.current_time()
        if held is not None and (now < held.renew or (now < held.expires and self._lock.locked())):
            return held.keys
        async with self._lock:
            return await self._renewed()

    def refused(self) -> None:
        now = anyio.current_time()
        if now - self._dropped_at >= PAUSE_SECONDS:
            self._dropped_at = now
            self._held = None

    async def _renewed(self) -> Keys:
        held = self._held
        now = anyio.current_time()
        if held is not None and now < held.renew:
            return held.keys  # somebody renewed them while we waited
        try:
            loan = await self._borrow()
        except EsoctlError:
            if held is None or now >= held.expires:
                raise
            held.renew = now + PAUSE_SECONDS
            return held.keys
        self._held = _Held(loan.keys, now + loan.seconds, now + loan.seconds - min(AHEAD_SECONDS, loan.seconds / 3))
        return loan.keys
