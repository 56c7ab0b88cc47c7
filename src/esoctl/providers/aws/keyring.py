"""Sources of keys, each once: identities that begin alike share what they have in common.

A chain of roles is a chain of sources, so ten roles assumed from one web identity cost one exchange and ten
assumptions an hour, however many stores there are. A source outlives the connections that sign with its keys: it is
kept for an hour after it was last asked for, and as long as anything signs with it. It holds nothing that is open.
"""

from dataclasses import replace
from weakref import WeakValueDictionary

import anyio

from esoctl.providers.aws.identity import Identity
from esoctl.providers.aws.sources import Source
from esoctl.providers.aws.sts import Lender

MOST_KEPT = 10_000


class Keyring:
    """``idle_seconds`` is how long keys are kept that nobody uses."""

    def __init__(self, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._sources: WeakValueDictionary[Identity, Source] = WeakValueDictionary()
        self._kept: dict[Identity, tuple[Source, float]] = {}
        """Until when each is kept, the one asked for longest ago first."""

    def __len__(self) -> int:
        return len(self._sources)

    def seconds_left(self) -> dict[str, float]:
        """Of keys that end, by whose they are; of several under one name the shortest. 0 for those that have ended."""
        now = anyio.current_time()
        left: dict[str, float] = {}
        for identity, source in list(self._sources.items()):
            if source.ends is not None:
                seconds = max(0.0, source.ends - now)
                left[identity.label] = min(left.get(identity.label, seconds), seconds)
        return left

    def source(self, identity: Identity, lender: Lender) -> Source:
        """The source of that identity; this asks nobody for keys yet."""
        source = self._sources.get(identity)
        if source is None:
            source = self._sources[identity] = self._made(identity, lender)
        now = anyio.current_time()
        self._kept.pop(identity, None)
        self._kept[identity] = (source, now + self._idle_seconds)
        self._let_go(now)
        return source

    def _made(self, identity: Identity, lender: Lender) -> Source:
        if not identity.hops:
            return lender.base(identity)
        before = self.source(replace(identity, hops=identity.hops[:-1]), lender)
        return lender.hop(identity.region, before, identity.hops[-1])

    def _let_go(self, now: float) -> None:
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest][1] > now and len(self._kept) <= MOST_KEPT:
                return
            del self._kept[oldest]
