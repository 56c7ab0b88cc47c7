"""The clock is set, or the machine sleeps: what is refreshed when, by the whole operator."""

import itertools
from datetime import timedelta

import anyio
import pytest

from support.day import Day, a_day

pytestmark = pytest.mark.asyncio

HOUR = 3600.0
COUNT = 40


def prepare(day: Day) -> None:
    for number in range(COUNT):
        day.vault.values[f"k{number}"] = b"x"
        day.external_secret(f"shop-{number}", data={"password": f"k{number}"}, refreshInterval="1h")


def moments(day: Day) -> list[list[float]]:
    """When each value was read."""
    return [day.vault.asked_at[f"k{number}"] for number in range(COUNT)]


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(times)]


async def test_T_07_a_clock_set_back_makes_nothing_early_and_keeps_nothing_for_longer_than_its_interval() -> None:
    async with a_day() as day:
        prepare(day)
        await anyio.sleep(HOUR * 1.3)
        day.clock.set_by = -timedelta(hours=1)
        await anyio.sleep(HOUR * 3)

        # A minute is what the queue and the fetch may take; only the first gap may be shorter than half an interval.
        assert max(gap for times in moments(day) for gap in gaps(times)) <= HOUR + 60
        assert min(gap for times in moments(day) for gap in gaps(times[1:])) >= HOUR / 2 - 1
        assert min(len(times) for times in moments(day)) >= 4


@pytest.mark.parametrize("hours", [pytest.param(1.0, id="T_07 set on"), pytest.param(2.0, id="T_08 slept")])
async def test_what_becomes_due_by_a_step_is_refreshed_once_and_spread(hours: float) -> None:
    async with a_day() as day:
        prepare(day)
        await anyio.sleep(HOUR * 2.01)
        began = anyio.current_time()
        day.clock.set_by = timedelta(hours=hours)
        await anyio.sleep(330)

        after = [[at for at in times if at >= began] for times in moments(day)]
        assert [len(times) for times in after] == [1] * COUNT
        found = sorted(at - began for times in after for at in times)
        assert found[0] <= 12
        assert 200 <= found[-1] - found[0] <= 301


async def test_T_10_a_refresh_is_followed_by_one_visit_at_its_next_slot() -> None:
    async with a_day() as day:
        day.external_secret("shop", refreshInterval="1h")
        await anyio.sleep(HOUR * 1.5)
        before = visits(day)
        await anyio.sleep(HOUR * 5)

        assert visits(day) - before == 5


def visits(day: Day) -> float:
    series = 'externalsecret_sync_calls_total{name="shop",namespace="team-a"}'
    lines = day.metrics.exposition().decode().splitlines()
    return float(next(line.split(" ")[1] for line in lines if line.startswith(series)))
