"""The asynchronous work queue: waiting, cancelling, timers, closing, figures.

The numbers name the statements of the queue's contract.
"""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import pytest

from esoctl.queue.circuit import return_seconds
from esoctl.queue.core import Leased
from esoctl.queue.lanes import PATIENCE, Lane
from esoctl.queue.limiter import Limiter
from esoctl.queue.timers import Slot
from esoctl.queue.workqueue import SWEEP_SECONDS, Observers, QueueClosed, WorkQueue

HOUR = 3600.0


def a_queue(observers: Observers[str] | None = None) -> WorkQueue[str]:
    """Delays after failures are exactly 1, 2, 4 ... seconds."""
    return WorkQueue(Limiter(random=lambda: 0.5), observers=observers)


@asynccontextmanager
async def driven(queue: WorkQueue[str]) -> AsyncIterator[WorkQueue[str]]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(queue.drive)
        yield queue
        queue.close()


async def visit(queue: WorkQueue[str], seconds: float = 0.0) -> tuple[str, float]:
    """Work on the next key; the key and when its lease began."""
    async with queue.lease() as leased:
        began = anyio.current_time()
        if seconds:
            await anyio.sleep(seconds)
        return leased.key, began


class Boom(Exception):
    """What a visit raises in these tests."""


@pytest.mark.asyncio
async def test_a_request_wakes_a_waiting_worker() -> None:
    queue = a_queue()
    async with anyio.create_task_group() as tasks:
        visits: list[tuple[str, float]] = []

        async def work() -> None:
            visits.append(await visit(queue))

        tasks.start_soon(work)
        await anyio.sleep(5)
        queue.add("a")

    assert visits == [("a", 5.0)]


@pytest.mark.asyncio
async def test_a_request_wakes_one_worker_and_not_all() -> None:
    queue = a_queue()
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(visit, queue)
        await anyio.sleep(1)

        waiting = list(queue._waiters)

        queue.add("a")
        await anyio.sleep(1)

        assert list(queue._waiters) == waiting[1:]
        tasks.cancel_scope.cancel()


@pytest.mark.asyncio
async def test_F31_a_worker_is_not_woken_for_a_key_that_is_held_back() -> None:
    queue: WorkQueue[str] = WorkQueue(Limiter(random=lambda: 0.5), group=lambda key: key[0], workers=2)
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(visit, queue, 10.0)
        queue.add("x/1")
        queue.add("x/2")
        await anyio.sleep(1)
        waiting = list(queue._waiters)

        queue.add("x/3")

        assert len(waiting) == 1
        assert not waiting[0].is_set()
        assert (queue.pace().leased, queue.pace().ready, queue.pace().held_back) == (1, 2, True)
        queue.add("y/1")
        assert waiting[0].is_set()
        assert not queue.pace().held_back
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("silent", [1, 2])
@pytest.mark.asyncio
async def test_F31_namespaces_that_hang_leave_workers_to_the_others(silent: int) -> None:
    queue: WorkQueue[str] = WorkQueue(Limiter(random=lambda: 0.5), group=lambda key: key[0], workers=48)
    waited: list[float] = []

    async def work() -> None:
        while True:
            async with queue.lease() as leased:
                hangs = int(leased.key[0]) < silent
                waited.extend([] if hangs else [leased.waited])
                await anyio.sleep(30.0 if hangs else 0.05)

    async with anyio.create_task_group() as tasks:
        for _ in range(48):
            tasks.start_soon(work)
        for number in range(500):
            queue.add(f"{number % silent}/{number}")
        await anyio.sleep(1)
        for number in range(600):
            queue.add(f"{silent + number % 5}/{number}", Lane.INITIAL)
            await anyio.sleep(0.1)
        tasks.cancel_scope.cancel()

    assert len(waited) == 600
    assert max(waited) < 0.1


@pytest.mark.asyncio
async def test_requests_are_plain_calls_with_the_lane_of_an_edit_unless_told_otherwise() -> None:
    queue = a_queue()

    queue.add("a")
    queue.add("b", Lane.INITIAL)

    async with queue.lease() as leased:
        assert (leased.key, leased.lane, leased.waited) == ("a", Lane.CHANGE, 0.0)


@pytest.mark.asyncio
async def test_other_tasks_run_although_keys_never_run_out() -> None:
    queue = a_queue()
    async with anyio.create_task_group() as tasks:
        visits = 0

        async def work_without_waiting() -> None:
            nonlocal visits
            while True:
                async with queue.lease() as leased:
                    visits += 1
                    queue.add(leased.key)

        queue.add("a")
        tasks.start_soon(work_without_waiting)
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()

    assert 0 < visits <= 21


@pytest.mark.asyncio
async def test_Q_02_keys_are_worked_on_side_by_side_but_each_by_one_worker() -> None:
    queue = a_queue()
    began: list[tuple[str, float]] = []

    async def work() -> None:
        began.append(await visit(queue, seconds=10))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(work)
        queue.add("a")
        queue.add("b")
        await anyio.sleep(1)
        queue.add("a")

    assert sorted(began) == [("a", 0.0), ("a", 10.0), ("b", 0.0)]


@pytest.mark.asyncio
async def test_Q_10_timers_fire_at_their_time_whatever_the_order_they_were_set_in() -> None:
    async with driven(a_queue()) as queue:
        queue.add_after("last", HOUR)
        await anyio.sleep(1)
        queue.add_after("second", 100.5)
        queue.add_after("first", 0.25)

        visits = [await visit(queue) for _ in range(3)]

    assert visits == [("first", 1.25), ("second", 101.5), ("last", HOUR)]


@pytest.mark.asyncio
async def test_Q_10_a_timer_whose_wake_up_was_lost_is_caught_by_the_sweep() -> None:
    async with driven(a_queue()) as queue:
        await anyio.sleep(1)
        queue._core.add_after("a", 0.5, Slot.REFRESH, Lane.REFRESH, anyio.current_time())

        _, began = await visit(queue)

    assert began <= 1.5 + SWEEP_SECONDS


@pytest.mark.asyncio
async def test_Q_10_keys_that_come_due_together_are_leased_side_by_side() -> None:
    async with driven(a_queue()) as queue, anyio.create_task_group() as tasks:
        began: list[tuple[str, float]] = []

        async def work() -> None:
            began.append(await visit(queue, seconds=50))

        for key in ("a", "b", "c"):
            queue.add_after(key, 60.0)
            tasks.start_soon(work)

        await anyio.sleep(200)

    assert began == [("a", 60.0), ("b", 60.0), ("c", 60.0)]


@pytest.mark.asyncio
async def test_a_failing_key_waits_longer_each_time() -> None:
    async with driven(a_queue()) as queue:
        queue.add("a")
        began = []
        for _ in range(5):
            async with queue.lease() as leased:
                began.append(anyio.current_time())
                queue.retry(leased.key)

    assert began == [0.0, 1.0, 3.0, 7.0, 15.0]


@pytest.mark.asyncio
async def test_Q_13_success_makes_the_next_failure_the_first() -> None:
    queue = a_queue()
    queue.retry("a")
    queue.retry("a")

    queue.forget("a")

    assert (queue.statistics().failing, queue.statistics().timers[Slot.RETRY], queue.retry("a")) == (0, 0, 1.0)


@pytest.mark.asyncio
async def test_Q_13_a_key_whose_object_is_gone_leaves_nothing_behind() -> None:
    queue = a_queue()
    queue.retry("a")
    queue.add_after("a", HOUR)
    queue.park("a", "store")

    queue.discard("a")

    statistics = queue.statistics()
    assert (statistics.failing, sum(statistics.timers.values()), statistics.parked) == (0, 0, 0)


@pytest.mark.asyncio
async def test_Q_14_an_edit_is_not_delayed_by_failures() -> None:
    async with driven(a_queue()) as queue:
        for _ in range(9):
            queue.retry("a", hint=200.0)
        await anyio.sleep(1)

        queue.add("a")

        assert await visit(queue) == ("a", 1.0)


@pytest.mark.asyncio
@pytest.mark.parametrize(("hint", "expected"), [(None, 1.0), (20.0, 20.0), (HOUR, 300.0)])
async def test_Q_15_a_retry_waits_as_long_as_it_answers(hint: float | None, expected: float) -> None:
    async with driven(a_queue()) as queue:
        answer = queue.retry("a", hint)

        _, began = await visit(queue)

    assert (answer, began) == (expected, expected)


@pytest.mark.asyncio
async def test_Q_24_a_retried_key_comes_in_the_lane_of_retries() -> None:
    async with driven(a_queue()) as queue:
        queue.retry("a")

        async with queue.lease() as leased:
            assert leased.lane is Lane.RETRY


@pytest.mark.asyncio
async def test_Q_26_released_keys_come_evenly_over_half_a_minute_to_waiting_workers() -> None:
    async with driven(a_queue()) as queue, anyio.create_task_group() as tasks:
        for key in "abc":
            queue.park(key, "store")

        async def heal() -> None:
            await anyio.sleep(101)
            queue.release("store")

        tasks.start_soon(heal)

        assert [await visit(queue) for _ in range(3)] == [("a", 101.0), ("b", 111.0), ("c", 121.0)]


@pytest.mark.asyncio
async def test_Q_28_waiters_are_released_at_once_when_the_queue_closes() -> None:
    queue = a_queue()
    released = []

    async def wait() -> None:
        with pytest.raises(QueueClosed):
            await visit(queue)
        released.append(anyio.current_time())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        tasks.start_soon(wait)
        await anyio.sleep(1)
        queue.close()

    assert released == [1.0, 1.0]


@pytest.mark.asyncio
async def test_Q_28_a_closed_queue_gives_no_keys_and_counts_what_it_drops() -> None:
    queue = a_queue()
    queue.add("a")

    queue.close()
    queue.add("b")
    queue.add_after("c", 5.0)
    queue.retry("d")

    with pytest.raises(QueueClosed):
        await visit(queue)
    assert (queue.statistics().dropped, sum(queue.statistics().depth.values())) == (3, 1)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("work_seconds", "deadline", "expected"),
    [
        pytest.param(4.0, 30.0, (True, 5.0), id="work ends first"),
        pytest.param(100.0, 30.0, (False, 31.0), id="deadline comes first"),
    ],
)
async def test_Q_29_draining_waits_for_leased_keys_up_to_a_deadline(
    work_seconds: float, deadline: float, expected: tuple[bool, float]
) -> None:
    queue = a_queue()
    async with anyio.create_task_group() as tasks:
        queue.add("a")
        tasks.start_soon(visit, queue, work_seconds + 1)
        await anyio.sleep(1)

        drained = await queue.drain(deadline)

        assert (drained, anyio.current_time()) == expected
        tasks.cancel_scope.cancel()


@pytest.mark.asyncio
async def test_Q_29_draining_an_idle_queue_does_not_wait() -> None:
    queue = a_queue()
    queue.close()

    assert await queue.drain(30) is True
    assert anyio.current_time() == 0.0


@pytest.mark.asyncio
async def test_Q_29_closing_while_draining_ends_the_wait() -> None:
    queue = a_queue()
    async with anyio.create_task_group() as tasks:
        queue.add("a")
        tasks.start_soon(visit, queue, 100)

        async def lose_patience() -> None:
            await anyio.sleep(5)
            queue.close()

        tasks.start_soon(lose_patience)
        await anyio.sleep(1)
        drained = await queue.drain(60)
        ended_at = anyio.current_time()
        drained_later = await queue.drain(200)

    assert (drained, ended_at, drained_later) == (False, 5.0, True)


@pytest.mark.asyncio
async def test_Q_30_a_worker_cancelled_in_the_step_that_wakes_it_passes_the_wake_up_on() -> None:
    queue = a_queue()
    async with anyio.create_task_group() as tasks:
        # A plain task, for anyio's own scopes do not cancel a task that is about to run.
        doomed = asyncio.ensure_future(visit(queue))
        await anyio.sleep(1)
        visits: list[tuple[str, float]] = []

        async def work() -> None:
            visits.append(await visit(queue))

        tasks.start_soon(work)
        await anyio.sleep(1)
        queue.add("a")
        doomed.cancel()

    assert (visits, doomed.cancelled()) == ([("a", 2.0)], True)


@pytest.mark.asyncio
async def test_Q_30_a_worker_whose_scope_is_cancelled_as_it_wakes_puts_the_key_back() -> None:
    queue = a_queue()
    async with anyio.create_task_group() as tasks:
        doomed = anyio.CancelScope()

        async def work_in_vain() -> None:
            with doomed:
                await visit(queue, seconds=100)

        tasks.start_soon(work_in_vain)
        await anyio.sleep(1)
        queue.add("a")
        doomed.cancel()

        assert await visit(queue) == ("a", 1.0)


@pytest.mark.asyncio
async def test_Q_30_a_worker_cancelled_while_it_waits_takes_no_wake_up_with_it() -> None:
    queue = a_queue()
    with anyio.move_on_after(1):
        await visit(queue)

    queue.add("a")

    assert await visit(queue) == ("a", 1.0)


@pytest.mark.asyncio
async def test_Q_30_a_visit_that_is_cancelled_puts_its_key_back() -> None:
    queue = a_queue()
    queue.add("a", Lane.DRIFT)

    with anyio.move_on_after(5):
        await visit(queue, seconds=100)

    async with queue.lease() as leased:
        assert (leased.key, leased.lane) == ("a", Lane.DRIFT)


@pytest.mark.asyncio
async def test_Q_18_a_visit_that_raises_puts_its_key_back() -> None:
    queue = a_queue()
    queue.add("a")

    with pytest.raises(Boom):
        async with queue.lease():
            raise Boom

    assert await visit(queue) == ("a", 0.0)


@pytest.mark.asyncio
async def test_Q_31_observers_hear_of_every_wait_and_every_visit() -> None:
    asked: list[str] = []
    leases: list[Leased[str]] = []
    works: list[tuple[str, float]] = []
    seen: Observers[str] = Observers(
        on_add=asked.append, on_lease=leases.append, on_done=lambda *told: works.append(told)
    )
    queue = a_queue(seen)
    async with driven(queue):
        queue.add("a")
        queue.add("b")
        queue.add_after("c", 100.0)
        for seconds in (3.0, 4.0, 5.0):
            await visit(queue, seconds)

    assert asked == ["a", "b", "c"]
    assert [(leased.key, leased.waited, leased.asked_as) for leased in leases] == [
        ("a", 0.0, Lane.CHANGE),
        ("b", 3.0, Lane.CHANGE),
        ("c", 0.0, Lane.REFRESH),
    ]
    assert works == [("a", 3.0), ("b", 4.0), ("c", 5.0)]


@pytest.mark.asyncio
async def test_Q_31_observers_hear_of_every_retry() -> None:
    tried: list[str] = []
    queue = a_queue(Observers(on_retry=tried.append))

    queue.retry("a")
    queue.retry("a")

    assert tried == ["a", "a"]


@pytest.mark.asyncio
async def test_a_refresh_that_moved_up_a_lane_is_still_known_as_one() -> None:
    leases: list[Leased[str]] = []
    queue = a_queue(Observers(on_lease=leases.append))
    async with driven(queue):
        queue.add_after("a", 10.0)
        await anyio.sleep(10.0 + PATIENCE[Lane.REFRESH] + SWEEP_SECONDS)
        queue.add("a", Lane.CHANGE)
        await visit(queue, 1.0)

    (leased,) = leases
    assert (leased.lane, leased.asked_as) == (Lane.CHANGE, Lane.REFRESH)
    assert leased.waited == PATIENCE[Lane.REFRESH] + SWEEP_SECONDS


@pytest.mark.asyncio
async def test_what_waits_and_what_is_at_work_is_known_by_key() -> None:
    queue = a_queue()
    queue.add("a")
    queue.add("b")

    async with queue.lease():
        await anyio.sleep(2.0)
        assert (queue.queued(), queue.at_work()) == ({"b"}, [("a", 2.0)])


@pytest.mark.asyncio
async def test_Q_31_figures_follow_what_happened() -> None:
    queue = a_queue()
    for key, lane in (("a", Lane.CHANGE), ("b", Lane.INITIAL), ("c", Lane.INITIAL), ("c", Lane.INITIAL)):
        queue.add(key, lane)
    queue.park("d", "store")
    queue.add_after("e", HOUR)

    async with queue.lease() as leased:
        queue.retry(leased.key)
        statistics = queue.statistics()

    assert statistics.depth == {lane: 2 if lane is Lane.INITIAL else 0 for lane in Lane}
    assert statistics.timers == {Slot.REFRESH: 1, Slot.RETRY: 1}
    assert (statistics.adds, statistics.retries, statistics.dropped) == (3, 1, 0)
    assert (statistics.processing, statistics.failing, statistics.parked) == (1, 1, 1)


@pytest.mark.asyncio
async def test_Q_33_running_work_grows_older_although_nothing_ends() -> None:
    queue = a_queue()
    async with anyio.create_task_group() as tasks:
        queue.add("a")
        tasks.start_soon(visit, queue, 100)
        await anyio.sleep(10)
        queue.add("b")
        tasks.start_soon(visit, queue, 100)
        figures = []
        for _ in range(2):
            await anyio.sleep(0.5)
            statistics = queue.statistics()
            figures.append((statistics.longest_running_seconds, statistics.unfinished_seconds))

    assert figures == [(10.5, 11.0), (11.0, 12.0)]
    assert queue.statistics().longest_running_seconds == 0.0


@pytest.mark.asyncio
async def test_Q_34_after_closing_the_driver_ends_and_figures_stand_still() -> None:
    queue = a_queue()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(queue.drive)
        queue.add("a")
        queue.add_after("b", HOUR)
        await anyio.sleep(1)
        queue.close()
    closed_at = anyio.current_time()
    before = queue.statistics()

    await anyio.sleep(2 * HOUR)

    assert (closed_at, queue.statistics()) == (1.0, before)


@pytest.mark.asyncio
async def test_Q_36_an_idle_key_takes_at_most_300_bytes() -> None:
    queue = a_queue()
    keys = [f"key-{number}" for number in range(20_000)]
    gc.collect()
    tracemalloc.start()
    for number, key in enumerate(keys):
        queue.add_after(key, 1000.5 + number)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held / len(keys) <= 300


@pytest.mark.asyncio
async def test_Q_38_the_census_finds_the_key_that_nothing_would_wake() -> None:
    queue = a_queue()
    queue.add("ready")
    queue.add_after("timed", HOUR)

    assert queue.census().lost(frozenset({"ready", "timed", "forgotten"})) == {"forgotten"}


@pytest.mark.asyncio
async def test_Q_38_live_keys_that_the_queue_does_not_know_are_told() -> None:
    queue = a_queue()
    queue.add("ready")
    queue.add_after("timed", HOUR)
    queue.park("parked", "store")
    queue.rest("resting")

    assert queue.lost(["ready", "timed", "parked", "resting", "forgotten"]) == ["forgotten"]
    tally = queue.statistics().tally
    assert (tally.queued, tally.timer, tally.parked, tally.resting, tally.active) == (1, 1, 1, 1, 0)
    queue.close()
    assert queue.lost(["forgotten"]) == []


@pytest.mark.asyncio
async def test_a_day_of_hourly_refreshes_visits_every_key_every_hour() -> None:
    visits: dict[str, list[float]] = {f"key-{number}": [] for number in range(20)}
    queue = a_queue()

    async def work() -> None:
        try:
            while True:
                async with queue.lease() as leased:
                    visits[leased.key].append(anyio.current_time())
                    queue.add_after(leased.key, HOUR)
                    await anyio.sleep(0.5)
        except QueueClosed:
            return

    async with driven(queue), anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(work)
        for key in visits:
            queue.add(key, Lane.INITIAL)
        await anyio.sleep(24 * HOUR - 1)
        queue.close()

    assert {len(times) for times in visits.values()} == {24}


@pytest.mark.asyncio
async def test_Q_12_what_failed_is_tried_again_soon_when_what_stood_in_its_way_may_be_gone() -> None:
    queue = a_queue()
    keys = [f"key-{number}" for number in range(10)]
    for key in keys:
        queue.retry(key, hint=200.0)
    queue.add_after("refresh", HOUR)
    async with driven(queue):
        await anyio.sleep(50)

        assert queue.hurry() == 10

        visits = [await visit(queue) for _ in keys]
        assert sorted(key for key, _ in visits) == keys
        assert all(50 <= began <= 50 + return_seconds(10) for _, began in visits)
        assert queue.retry("key-0") == 2.0, "a failure before still counts"
        assert queue.statistics().tally.timer == 2
