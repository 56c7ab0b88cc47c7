"""A target that is no Secret and moves, in name or kind: what was written before goes, as far as it was ours."""

from typing import Any

import pytest

from support.day import Day, a_day

pytestmark = pytest.mark.asyncio

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap"}
DATA = {"password": "first"}


def texts(day: Day, name: str) -> Any:
    return (day.get("ConfigMap", name) or {}).get("data")


async def synced(day: Day, **target: object) -> None:
    day.external_secret(target={"manifest": CONFIG_MAP, "name": "one", **target})
    await day.until(lambda: texts(day, "one") == DATA)
    await day.settle()


@pytest.mark.parametrize("restarted", [False, True], ids=["", "after a restart"])
async def test_a_renamed_target_leaves_nothing_behind(*, restarted: bool) -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day)
        if restarted:
            await day.restart()

        day.external_secret(target={"manifest": CONFIG_MAP, "name": "two"})
        await day.until(lambda: texts(day, "two") == DATA and texts(day, "one") is None, seconds=10)
        await day.until(lambda: "Normal Deleted Deleted ConfigMap one because it was orphaned" in day.events())


async def test_a_target_that_becomes_a_secret_leaves_no_config_map_and_the_way_back_no_secret() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day)
        day.external_secret(target={"name": "one"})
        await day.until(lambda: day.data("one") is not None and texts(day, "one") is None, seconds=10)

        day.external_secret(target={"manifest": CONFIG_MAP, "name": "one"})
        await day.until(lambda: texts(day, "one") == DATA and day.data("one") is None, seconds=10)


async def test_an_earlier_target_that_is_not_owned_stays() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day, creationPolicy="Orphan")

        day.external_secret(target={"manifest": CONFIG_MAP, "name": "two"})
        await day.until(lambda: texts(day, "two") == DATA)
        await day.settle()
        assert texts(day, "one") == DATA


async def test_a_stranger_that_took_the_earlier_name_stays() -> None:
    async with a_day(generic_targets=True) as day:
        await synced(day)
        day.edit("ConfigMap", "one", {"metadata": {"ownerReferences": None}})
        day.external_secret(target={"manifest": CONFIG_MAP, "name": "two"})

        await day.until(lambda: texts(day, "two") == DATA)
        await day.settle()
        assert texts(day, "one") == DATA
