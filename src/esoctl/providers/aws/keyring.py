"""Sources of keys, each once: identities that begin alike share what they have in common.

A chain of roles is a chain of sources, so ten roles assumed from one web identity cost one exchange and ten
assumptions an hour, however many stores there are. A source outlives the connections that sign with its keys.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

from esoctl.providers.aws.identity import Identity
from esoctl.providers.aws.sources import Source
from esoctl.providers.aws.sts import Lender
from esoctl.providers.pool import Pool

MOST_IDLE = 10_000
"""Keys are small, and asking for them again is not."""


class Keyring:
    """Use as an async context manager; ``idle_seconds`` is how long keys are kept that nobody uses."""

    def __init__(self, idle_seconds: float) -> None:
        self._sources: Pool[Identity, Source] = Pool(idle_seconds, MOST_IDLE)

    def __len__(self) -> int:
        return len(self._sources)

    async def __aenter__(self) -> Self:
        await self._sources.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._sources.__aexit__(kind, error, traceback)

    def lease(self, identity: Identity, lender: Lender) -> AbstractAsyncContextManager[Source]:
        """Borrow the source of that identity; this asks nobody for keys yet."""
        return self._sources.lease(identity, lambda: self._open(identity, lender))

    @asynccontextmanager
    async def _open(self, identity: Identity, lender: Lender) -> AsyncIterator[Source]:
        if not identity.hops:
            yield lender.base(identity)
            return
        async with self.lease(replace(identity, hops=identity.hops[:-1]), lender) as source:
            yield lender.hop(identity.region, source, identity.hops[-1])
