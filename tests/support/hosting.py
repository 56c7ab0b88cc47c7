"""Context managers for fixtures that outlive a test: entered and left by a task of their own.

pytest-asyncio sets a fixture up in one task and tears it down in another, which task groups do not allow.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def hosted(context: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """Like the context manager, but it may be left by another task than entered it."""
    ready: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def host() -> None:
        async with context as value:
            ready.set_result(value)
            await over.wait()

    task = asyncio.create_task(host())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task  # raises what went wrong
    try:
        yield await ready
    finally:
        over.set()
        await task
