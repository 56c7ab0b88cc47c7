"""Reads that do not go back to an older version on one answer alone.

Wraps the reads of a service. An answer that is older than one of the last ten minutes is read again: at once where it
came with a batch (AWS documents the date in there as that of the secret), then after a pause. A version is believed
when it is newer after all, or when two reads with a pause between them agree on it: somebody has moved the label back
on purpose. That a secret which was there is gone is said at once, but not on the word of a batch: what may be removed
for it is ``plan.absence``'s to say. References that pin a version, and tags, pass as they are.

DIFFERS: the reference writes whatever each read brings.

The memory is that of one connection: it goes when the connection has been idle for ten minutes, or with the process.
"""

from collections.abc import Mapping, Sequence

import anyio

from esoctl.errors import BadAnswer, ProviderError, SecretMissing
from esoctl.model.remote import MetadataPolicy, RemoteKey
from esoctl.model.values import Payload
from esoctl.plan.rotation import Newest
from esoctl.providers.aws.planner import Fetcher

PAUSE_SECONDS = 5.0
"""Between two reads that must agree: longer than AWS's machines take to hear of a rotation."""
PAUSES = 2
_PINNED = "uuid/"


class Steady:
    """A fetcher that remembers what it read."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._newest = Newest()

    @property
    def provider(self) -> str:
        return self._fetcher.provider

    @property
    def batch_call(self) -> str:
        return self._fetcher.batch_call

    @property
    def batch_size(self) -> int:
        return self._fetcher.batch_size

    async def one(self, ref: RemoteKey) -> Payload:
        if ref.metadata is MetadataPolicy.FETCH or ref.version.startswith(_PINNED):
            return await self._fetcher.one(ref)
        return await self._believed(ref, await self._read(ref))

    async def many(self, keys: Sequence[str]) -> Mapping[str, Payload | ProviderError]:
        """One batch; items that are behind are left out, so that the planner reads them by themselves."""
        outcome = await self._fetcher.many(keys)
        return {key: answer for key, answer in outcome.items() if self._passes(key, answer)}

    def _passes(self, key: str, answer: Payload | ProviderError) -> bool:
        if isinstance(answer, SecretMissing):
            return not self._newest.knows(RemoteKey(key), anyio.current_time())
        if isinstance(answer, ProviderError):
            return True
        return self.believes(key, answer)

    def believes(self, key: str, payload: Payload) -> bool:
        """Whether the answer for a current version is new enough; if so it is remembered."""
        ref, now = RemoteKey(key), anyio.current_time()
        if self._newest.behind(ref, payload, now):
            return False
        self._newest.note(ref, payload, now)
        return True

    async def _read(self, ref: RemoteKey) -> Payload:
        """One read; what is missing is remembered no more."""
        try:
            return await self._fetcher.one(ref)
        except SecretMissing:
            self._newest.forget(ref)
            raise

    async def _believed(self, ref: RemoteKey, payload: Payload) -> Payload:
        pauses = 0
        while self._newest.behind(ref, payload, anyio.current_time()):
            if pauses == PAUSES:
                raise self._unsteady(ref)
            pauses += 1
            await anyio.sleep(PAUSE_SECONDS)
            again = await self._read(ref)
            agreed, payload = again.version == payload.version, again
            if agreed:
                break
        self._newest.note(ref, payload, anyio.current_time())
        return payload

    def _unsteady(self, ref: RemoteKey) -> BadAnswer:
        provider = self._fetcher.provider
        problem = f"{provider}: {ref.key!r} is answered with now one and now another old version; esoctl tries again"
        return BadAnswer(provider, self._fetcher.batch_call, problem)
