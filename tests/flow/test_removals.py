"""Mass removals: a store that suddenly says of everything that it does not exist."""

from datetime import timedelta

import pytest

from support.day import Day, LoopClock, a_day

pytestmark = pytest.mark.asyncio

COUNT = 8
NAMES = [f"shop-{number}" for number in range(COUNT)]


async def all_synced(day: Day, policy: str) -> None:
    for name in NAMES:
        day.external_secret(name, target={"deletionPolicy": policy}, refreshInterval="2m")
    await day.until(lambda: all(day.data(name) for name in NAMES))


def kept(day: Day) -> int:
    return sum(bool(day.data(name)) for name in NAMES)


@pytest.mark.parametrize("policy", ["Delete", "Merge"])
async def test_REL_14_W08_mass_absence_is_held_told_and_released(policy: str) -> None:
    async with a_day() as day:
        await all_synced(day, policy)
        del day.vault.values["db"]
        await day.until(lambda: kept(day) == COUNT - 5, seconds=400)
        await day.settle(100)

        assert kept(day) == COUNT - 5
        held = [day.ready(name) for name in NAMES if day.data(name)]
        assert all(status == "False" and "held back" in message for status, _, message in held)
        assert all('SecretStore "aws"' in message for _, _, message in held)
        assert b'esoctl_removals_held{name="SecretStore/team-a/aws"} 3.0' in day.metrics.exposition()

        until = (LoopClock().now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        day.edit("SecretStore", "aws", {"metadata": {"annotations": {"esoctl.io/release-removals": until}}})
        await day.until(lambda: kept(day) == 0, seconds=5)
        await day.settle()
        assert b"esoctl_removals_held{" not in day.metrics.exposition()


async def test_W08_values_that_come_back_end_the_hold() -> None:
    async with a_day() as day:
        await all_synced(day, "Delete")
        del day.vault.values["db"]
        await day.until(lambda: kept(day) == COUNT - 5, seconds=400)
        await day.settle(100)

        day.vault.put(db="back")
        await day.until(lambda: all(day.data(name) == {"password": b"back"} for name in NAMES), seconds=700)
        await day.until(lambda: all(day.ready(name)[0] == "True" for name in NAMES))


@pytest.mark.parametrize("policy", ["Delete", "Merge"])
async def test_W08_a_restart_does_not_forget_what_was_removed_before(policy: str) -> None:
    async with a_day() as day:
        await all_synced(day, policy)
        del day.vault.values["db"]
        await day.until(lambda: kept(day) == COUNT - 5, seconds=400)

        await day.restart()
        await day.settle(300)
        assert kept(day) == COUNT - 5


async def test_W08_what_was_removed_long_ago_holds_nothing_after_ten_minutes() -> None:
    async with a_day() as day:
        await all_synced(day, "Delete")
        del day.vault.values["db"]
        await day.until(lambda: kept(day) == COUNT - 5, seconds=400)
        await day.restart()

        await day.until(lambda: kept(day) == 0, seconds=1500)


async def test_W08_what_an_edited_text_empties_is_not_held_back() -> None:
    text = {"templateFrom": [{"configMap": {"name": "text", "items": [{"key": "all", "templateAs": "KeysAndValues"}]}}]}
    async with a_day() as day:
        day.make_config_map("text", {"all": "one: 1"})
        for name in NAMES:
            day.external_secret(name, target={"template": text})
        await day.until(lambda: kept(day) == COUNT)
        day.edit("ConfigMap", "text", {"data": {"all": "{}"}})

        await day.until(lambda: kept(day) == 0, seconds=15)


async def test_W08_what_users_delete_is_not_held_back() -> None:
    async with a_day() as day:
        await all_synced(day, "Delete")
        for name in NAMES:
            day.delete("ExternalSecret", name)
        await day.until(lambda: kept(day) == 0, seconds=10)
