import anyio
import pytest

from esoctl.informers.progress import Progress

pytestmark = pytest.mark.asyncio


async def test_I_42_each_waits_for_its_own_version() -> None:
    progress, reached = Progress(), []

    async def wait(version: str) -> None:
        reached.append((version, await progress.reach(version, 5.0), anyio.current_time()))

    async with anyio.create_task_group() as group:
        for version in ("12", "11", "99"):
            group.start_soon(wait, version)
        await anyio.sleep(1)
        progress.advance("11")
        await anyio.sleep(1)
        progress.advance("13")

    assert reached == [("11", True, 1.0), ("12", True, 2.0), ("99", False, 5.0)]


async def test_what_was_reached_is_not_waited_for() -> None:
    progress = Progress()
    progress.advance("11")

    assert await progress.reach("10", 0.0)
    assert not await progress.reach("12", 0.0)


async def test_who_gives_up_is_forgotten() -> None:
    progress = Progress()

    with anyio.move_on_after(1):
        await progress.reach("12", 5.0)

    assert progress._waiting == []
