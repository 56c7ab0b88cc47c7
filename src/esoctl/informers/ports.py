"""What an informer reads from: one collection of objects that can be listed and watched."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class ListWatch(Protocol):
    """One collection on one API server. Failures are ClusterError; cancellation is honoured in every wait."""

    @property
    def kind(self) -> str:
        """What every object says it is; empty to accept any."""
        ...

    async def page(self, *, limit: int, token: str, resource_version: str, match: str) -> bytes:
        """One page of a list, as JSON; a limit of 0 asks for the whole."""
        ...

    def watch(
        self, *, resource_version: str, timeout_seconds: int, initial: bool
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The events after a version, one complete line each.

        With ``initial`` they begin with all objects, not older than that version, and a marked bookmark after them.
        """
        ...
