"""What /metrics says of the whole operator."""

from random import Random
from typing import Any

import anyio
import pytest
from anyio import to_thread
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from support.day import ES, Day, a_day

pytestmark = pytest.mark.asyncio


async def a_synced(day: Day, name: str = "shop") -> None:
    day.external_secret(name)
    await day.until(lambda: day.ready(name)[0] == "True")
    await day.settle()


async def test_a_scrape_is_printed_in_another_thread_while_the_operator_works() -> None:
    async with a_day() as day:
        await a_synced(day)

        printing = day.metrics.scrape()
        await a_synced(day, "second")
        text = (await to_thread.run_sync(printing)).decode()

    assert 'externalsecret_sync_calls_total{name="shop",namespace="team-a"}' in text
    assert 'name="second"' not in text, "what came after the scrape is not in it"
    assert "workqueue_depth" in text


async def test_an_object_that_is_gone_leaves_no_series_behind() -> None:
    async with a_day() as day:
        await a_synced(day)
        assert 'name="shop"' in day.metrics.exposition().decode()

        day.delete("ExternalSecret", "shop")
        await day.settle()

        assert 'name="shop"' not in day.metrics.exposition().decode()


async def test_series_have_the_labels_of_their_objects_when_asked_for() -> None:
    async with a_day(extended_labels=True) as day:
        await a_synced(day)
        day.edit("ExternalSecret", "shop", {"metadata": {"labels": {"app.kubernetes.io/part-of": "web"}}})
        await day.settle()

        for name in ("externalsecret_status_condition", "externalsecret_sync_calls_total"):
            assert {sample.labels["app_kubernetes_io_part_of"] for sample in samples(day, name)} == {"web"}
        (store, _) = samples(day, "secretstore_status_condition")
        assert store.labels["app_kubernetes_io_name"] == ""


@pytest.mark.parametrize("seed", range(2))
async def test_the_series_of_objects_are_those_of_the_objects_whatever_happened_to_them(seed: int) -> None:
    """REL-26: objects come, fail, heal and go in any order; no series stays behind, and none is wrong."""
    chance = Random(seed)
    async with a_day() as day:
        for _ in range(8):
            for _ in range(25):
                something(day, chance)
                await anyio.sleep(chance.choice([0.0, 0.01, 0.3]))
            await day.settle(6)

            assert conditions_told(day) == conditions_kept(day)
            assert series_names(day, "externalsecret_sync_calls_total") == existing(day)
            assert series_names(day, "externalsecret_reconcile_duration") == existing(day)
            assert series_names(day, "esoctl_seconds_since_last_success") <= existing(day)


def something(day: Day, chance: Random) -> None:
    """One of the things that may happen to a few objects and their values."""
    name, remote = f"es-{chance.randrange(6)}", f"v{chance.randrange(4)}"
    match chance.randrange(5):
        case 0 | 1:
            day.external_secret(name, data={"password": remote}, refreshInterval="5s")
        case 2:
            day.vault.values.pop(remote, None)
        case 3:
            day.vault.values[remote] = chance.randbytes(4).hex().encode()
        case _ if day.get("ExternalSecret", name) is not None:
            day.delete("ExternalSecret", name)


def objects(day: Day) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = day.do("GET", f"{ES}/namespaces/{day.namespace}/externalsecrets")["items"]
    return found


def existing(day: Day) -> set[str]:
    return {item["metadata"]["name"] for item in objects(day)}


def conditions_kept(day: Day) -> dict[tuple[str, str], float]:
    """Worked out from the objects as they are in the cluster."""
    return {
        (item["metadata"]["name"], status): float(condition["status"] == status)
        for item in objects(day)
        for condition in item.get("status", {}).get("conditions", [])
        if condition["type"] == "Ready"
        for status in ("True", "False")
    }


def conditions_told(day: Day) -> dict[tuple[str, str], float]:
    found = samples(day, "externalsecret_status_condition")
    return {(sample.labels["name"], sample.labels["status"]): sample.value for sample in found}


def series_names(day: Day, name: str) -> set[str]:
    return {sample.labels["name"] for sample in samples(day, name)}


def samples(day: Day, name: str) -> list[Sample]:
    families = text_string_to_metric_families(day.metrics.exposition().decode())
    return [sample for family in families for sample in family.samples if sample.name == name]


async def test_T_15_how_late_refreshes_are_is_told() -> None:
    async with a_day(workers=1) as day:
        for number in range(20):
            day.external_secret(f"shop-{number}", refreshInterval="10m")
        await day.until(lambda: all(day.ready(f"shop-{number}")[0] == "True" for number in range(20)))
        day.vault.delay = 100.0
        await anyio.sleep(3600)

        text = day.metrics.exposition().decode()
        lag = next(line for line in text.splitlines() if line.startswith("esoctl_refresh_lag_longest_seconds "))
        assert 300.0 <= float(lag.split(" ")[1]) <= 3600.0
