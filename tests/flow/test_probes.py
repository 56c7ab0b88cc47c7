"""I-41: what the probes say of the whole operator while its API server is away, refuses, and comes back."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.day import Day, a_day

pytestmark = pytest.mark.asyncio

HOUR = 60
"""In minutes."""


def failed(day: Day, which: str) -> dict[str, str]:
    assert day.operator is not None
    state = day.operator.state
    assert state is not None
    return {name: why for name, why in (state.alive() if which == "alive" else state.ready()).items() if why}


def series(day: Day, name: str) -> dict[tuple[str, ...], float]:
    """The values of a family by the values of their labels."""
    families = text_string_to_metric_families(day.metrics.exposition().decode())
    return {
        tuple(sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


async def a_synced(day: Day) -> None:
    day.external_secret(refreshInterval="1m")
    await day.until(lambda: day.ready()[0] == "True")
    await day.settle()


async def test_an_api_server_that_is_away_for_an_hour_makes_nobody_restart_us() -> None:
    async with a_day() as day:
        await a_synced(day)
        day.transport.away = True

        for _ in range(HOUR):
            await day.settle(60)
            assert failed(day, "alive") == {}

        told = failed(day, "ready")
        assert {"externalsecrets", "secretstores", "secrets", "namespaces"} <= told.keys()
        assert "the API server is away" in told["secrets"]
        day.transport.away = False
        await day.until(lambda: not failed(day, "ready"), seconds=60)


async def test_a_short_absence_of_the_api_server_takes_nobody_out_of_service() -> None:
    async with a_day() as day:
        await a_synced(day)
        day.transport.away = True
        await day.settle(120)

        assert failed(day, "ready").keys() <= {"schedule"}
        day.transport.away = False


async def test_a_list_that_is_refused_at_the_start_is_told_and_waited_for() -> None:
    async with a_day() as day:
        day.transport.forbidden = lambda call: call.path.endswith("/secretstores")
        await day.restart()
        await day.settle(60)

        assert failed(day, "alive") == {}
        assert "forbidden" in failed(day, "ready")["secretstores"]
        assert "secrets" not in failed(day, "ready")

        day.transport.forbidden = lambda _: False
        await day.until(lambda: not failed(day, "ready"), seconds=120)


async def test_the_age_of_what_each_informer_heard_is_measured() -> None:
    async with a_day() as day:
        await a_synced(day)
        assert max(series(day, "esoctl_informer_age_seconds").values()) < 180

        day.transport.away = True
        await day.settle(600)

        ages = series(day, "esoctl_informer_age_seconds")
        assert min(ages.values()) > 400
        assert ("externalsecrets",) in ages


async def test_every_key_is_counted_once_by_what_it_waits_for() -> None:
    async with a_day() as day:
        await a_synced(day)
        day.external_secret("once", refreshInterval="0")
        await day.until(lambda: day.ready("once")[0] == "True")
        await day.settle()

        states = series(day, "esoctl_queue_keys")

    assert states == {("active",): 0, ("queued",): 0, ("parked",): 0, ("timer",): 2, ("resting",): 1}


async def test_refreshes_are_measured_by_how_late_they_start() -> None:
    async with a_day() as day:
        await a_synced(day)
        before = series(day, "esoctl_refresh_lag_seconds_count")[()]

        await day.settle(300)

        assert series(day, "esoctl_refresh_lag_seconds_count")[()] >= before + 4
        assert series(day, "esoctl_refresh_lag_seconds_sum")[()] < 1
