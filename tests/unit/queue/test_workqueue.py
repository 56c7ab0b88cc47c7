"""The asynchronous work queue: waiting, cancelling, timers, closing, figures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from esoctl.queue.limiter import Limiter
from esoctl.queue.workqueue import QueueClosed, WorkQueue


def a_queue() -> WorkQueue[str]:
    return WorkQueue(Limiter(random=lambda: 0.5))


@asynccontextmanager
async def driven(queue: WorkQueue[str]) -> AsyncIterator[WorkQueue[str]]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(queue.drive)
        yield queue
        queue.close()


async def lease_one(queue: WorkQueue[str]) -> str:
    async with queue.lease() as leased:
        return leased.key


@pytest.mark.asyncio
async def test_a_refresh_an_hour_ahead_is_leased_at_that_second() -> None:
    async with driven(a_queue()) as queue:
        queue.add_after("a", 3600.0)

        key = await lease_one(queue)

        assert (key, anyio.current_time()) == ("a", 3600.0)


@pytest.mark.asyncio
async def test_Q_28_waiters_are_released_when_the_queue_closes() -> None:
    queue = a_queue()
    async with anyio.create_task_group() as tasks:

        async def wait() -> None:
            with pytest.raises(QueueClosed):
                await lease_one(queue)

        tasks.start_soon(wait)
        tasks.start_soon(wait)
        await anyio.sleep(1)
        queue.close()
