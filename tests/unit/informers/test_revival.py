"""Informers that wait for a server that is away are called when one of them reaches it."""

import anyio
import pytest

from esoctl.informers.revival import Revival

pytestmark = pytest.mark.asyncio


async def test_who_waits_comes_soon_after_the_call_and_not_all_at_once() -> None:
    revival, came = Revival(), []

    async def one(draw: float) -> None:
        await revival.pause(60, draw)
        came.append((draw, anyio.current_time()))

    async with anyio.create_task_group() as group:
        for draw in (0.0, 0.5, 1.0):
            group.start_soon(one, draw)
        await anyio.sleep(10)
        revival.announce()

    assert came == [(0.0, 10.0), (0.5, 11.0), (1.0, 12.0)]


async def test_without_a_call_the_whole_pause_is_waited() -> None:
    await Revival().pause(42, 1.0)

    assert anyio.current_time() == 42


async def test_a_call_never_makes_a_pause_longer() -> None:
    revival = Revival()

    async with anyio.create_task_group() as group:
        group.start_soon(revival.pause, 10.5, 1.0)
        await anyio.sleep(10)
        revival.announce()

    assert anyio.current_time() == 10.5


async def test_a_server_that_comes_and_goes_is_announced_four_times_a_minute_at_most() -> None:
    told: list[float] = []
    revival = Revival(lambda: told.append(anyio.current_time()))

    for _ in range(60):
        revival.announce()
        await anyio.sleep(1)

    assert told == [0, 15, 30, 45]
