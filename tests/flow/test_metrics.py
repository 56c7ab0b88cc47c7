"""What /metrics says of the whole operator."""

import pytest
from anyio import to_thread

from support.day import Day, a_day

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
