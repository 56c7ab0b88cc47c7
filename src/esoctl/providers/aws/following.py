"""A client of a ServiceAccount's identity, which follows the account: its role is an annotation that people change.

The account is looked at again after a minute at the soonest, and only when the store is used. Another role, or another
account under the same name, is another identity, with connections and keys of its own; an account that is gone, or has
no role any more, is an error at once, though its last keys would live on for an hour. While the API server is away the
account is taken to be as it was.

DIFFERS: the reference reads the account, and has a new token exchanged, at every reconcile.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio

from esoctl.errors import EsoctlError, StoreError
from esoctl.model.remote import Find, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.aws.identity import Identity
from esoctl.providers.contract import Client, Health

LOOK_SECONDS = 60.0

Read = Callable[[], Awaitable[Identity]]
Connect = Callable[[Identity], AbstractAsyncContextManager[Client]]


class Following:
    """Reads as ``signer``, until ``read`` answers with another identity."""

    def __init__(self, signer: Identity, read: Read, connect: Connect) -> None:
        self._signer = signer
        self._read = read
        self._connect = connect
        self._lock = anyio.Lock()
        self._look_at = anyio.current_time() + LOOK_SECONDS

    async def get(self, ref: RemoteKey) -> Payload:
        async with self._client() as client:
            return await client.get(ref)

    async def find(self, query: Find) -> AsyncIterator[tuple[str, Payload]]:
        async with self._client() as client:
            async for item in client.find(query):
                yield item

    async def check(self) -> Health:
        async with self._client() as client:
            return await client.check()

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[Client]:
        async with self._connect(await self._current()) as client:
            yield client

    async def _current(self) -> Identity:
        if anyio.current_time() < self._look_at:
            return self._signer
        async with self._lock:
            if anyio.current_time() >= self._look_at:
                await self._look()
            return self._signer

    async def _look(self) -> None:
        try:
            self._signer = await self._read()
        except StoreError:
            raise
        except EsoctlError:
            """The API server cannot tell; the next minute may."""
        self._look_at = anyio.current_time() + LOOK_SECONDS
