"""What the queue tells of its own pace."""

import anyio
import pytest

from esoctl.plan.punctuality import Pace
from esoctl.queue.limiter import Limiter
from esoctl.queue.workqueue import WorkQueue

pytestmark = pytest.mark.asyncio


def a_queue() -> WorkQueue[str]:
    return WorkQueue(Limiter(random=lambda: 0.5))


async def test_a_queue_with_nothing_to_do_is_in_time() -> None:
    queue = a_queue()
    queue.add_after("later", 100.0)
    await anyio.sleep(50)

    assert queue.pace() == Pace()


async def test_a_timer_that_nobody_looks_at_grows_late() -> None:
    queue = a_queue()
    queue.add_after("due", 10.0)
    await anyio.sleep(50)

    assert queue.pace().timer_late_seconds == pytest.approx(40.0)


async def test_keys_grow_old_while_none_is_taken() -> None:
    queue = a_queue()
    await anyio.sleep(100)
    queue.add("first")
    await anyio.sleep(10)
    queue.add("second")
    await anyio.sleep(5)

    pace = queue.pace()

    assert (pace.ready, pace.untaken_seconds) == (2, pytest.approx(15.0))


async def test_a_key_that_is_taken_shows_that_workers_go_on() -> None:
    queue = a_queue()
    queue.add("first")
    queue.add("second")
    await anyio.sleep(100)
    async with queue.lease():
        await anyio.sleep(7)
        pace = queue.pace()

    assert (pace.ready, pace.untaken_seconds) == (1, pytest.approx(7.0))
    assert (pace.leased, pace.longest_seconds) == (1, pytest.approx(7.0))
    assert queue.pace().leased == 0
