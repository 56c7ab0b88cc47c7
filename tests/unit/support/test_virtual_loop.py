"""The loop that the other tests trust."""

import asyncio
import contextvars
import threading
import time

import anyio
import anyio.to_thread
import pytest

from support import virtual_loop
from support.virtual_loop import Stalled, VirtualLoop

DAY = 86_400.0


@pytest.mark.asyncio
async def test_asynchronous_tests_get_the_virtual_loop() -> None:
    assert isinstance(asyncio.get_running_loop(), VirtualLoop)
    assert anyio.current_time() == 0.0


@pytest.mark.asyncio
@pytest.mark.wire
async def test_tests_with_sockets_get_the_real_loop() -> None:
    assert not isinstance(asyncio.get_running_loop(), VirtualLoop)


@pytest.mark.asyncio
async def test_sleeping_for_years_costs_nothing() -> None:
    started = time.perf_counter()

    await anyio.sleep(20 * 365 * DAY)

    assert anyio.current_time() == 20 * 365 * DAY
    assert time.perf_counter() - started < 5


@pytest.mark.asyncio
async def test_small_steps_after_years_still_end() -> None:
    await anyio.sleep(20 * 365 * DAY + 0.1)
    before = anyio.current_time()

    for _ in range(100):
        await anyio.sleep(0.001)

    assert anyio.current_time() - before == pytest.approx(0.1, rel=1e-3)


@pytest.mark.asyncio
async def test_timers_of_one_time_fire_in_the_order_they_were_set() -> None:
    woken: list[int] = []

    async def wake(number: int) -> None:
        await anyio.sleep(5)
        woken.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(wake, number)

    assert woken == list(range(50))


@pytest.mark.asyncio
async def test_a_deadline_cuts_a_wait_at_its_exact_time() -> None:
    with anyio.move_on_after(290.0) as scope:
        await anyio.sleep_forever()

    assert (scope.cancelled_caught, anyio.current_time()) == (True, 290.0)


@pytest.mark.asyncio
async def test_a_timer_keeps_the_context_it_was_set_in() -> None:
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="outer")
    context = contextvars.copy_context()
    context.run(name.set, "inner")
    seen: list[str] = []

    asyncio.get_running_loop().call_later(1, lambda: seen.append(name.get()), context=context)
    await anyio.sleep(2)

    assert seen == ["inner"]


@pytest.mark.asyncio
@pytest.mark.parametrize("run_in_thread", [anyio.to_thread.run_sync, asyncio.to_thread], ids=["anyio", "asyncio"])
async def test_the_clock_stands_still_while_a_thread_works(run_in_thread: object) -> None:
    assert callable(run_in_thread)
    may_end = threading.Event()
    threading.Timer(0.05, may_end.set).start()

    with anyio.fail_after(0.001):
        await run_in_thread(may_end.wait)

    assert anyio.current_time() == 0.0


@pytest.mark.asyncio
async def test_the_clock_moves_again_after_a_thread_ended() -> None:
    await anyio.to_thread.run_sync(lambda: None)

    await anyio.sleep(60)

    assert anyio.current_time() == 60.0


def test_a_standstill_is_an_error_and_not_a_hang() -> None:
    async def wait_for_nothing() -> None:
        await anyio.Event().wait()

    with pytest.raises(Stalled, match="wait for one another"):
        virtual_loop.run(wait_for_nothing)
