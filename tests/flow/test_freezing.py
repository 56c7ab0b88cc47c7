"""W01, REL-01, REL-26: what stands still is seen from outside, and what is healed is seen too."""

import random
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import anyio
import pytest

from esoctl.informers.informer import Informer
from esoctl.plan.freshness import GRACE
from esoctl.plan.observed import instant
from esoctl.queue.workqueue import WorkQueue
from support.day import Day, LoopClock, a_day

pytestmark = pytest.mark.asyncio

INTERVAL = 300.0


def series(day: Day, name: str) -> dict[str, float]:
    """Samples of a series by the ``name`` in their labels."""
    found = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", day.metrics.exposition().decode(), re.MULTILINE)
    return {(re.findall(r'name="([^"]*)"', labels) or [""])[0]: float(value) for labels, value in found}


def overdue(day: Day) -> float:
    return series(day, "esoctl_externalsecrets_overdue")[""]


def unready(day: Day) -> dict[str, str]:
    assert day.operator is not None
    assert day.operator.state is not None
    return {name: why for name, why in day.operator.state.ready().items() if why}


def queue_of(day: Day) -> WorkQueue[Any]:
    assert day.operator is not None
    return day.operator._queue


class Driver:
    """Runs a machine until it is told to stand still, and again when it is let go."""

    def __init__(self, drive: Callable[[], Awaitable[None]]) -> None:
        self._drive = drive
        self._scope = anyio.CancelScope()
        self._going = anyio.Event()

    async def run(self) -> None:
        while True:
            self._going = anyio.Event()
            with anyio.CancelScope() as self._scope:
                await self._drive()
            if not self._scope.cancelled_caught:
                return
            await self._going.wait()

    def stop(self) -> Callable[[], None]:
        self._scope.cancel()
        return self._going.set


@pytest.fixture
def drivers(monkeypatch: pytest.MonkeyPatch) -> list[Driver]:
    """The drivers of the queues that are made in a test."""
    found, drive = list[Driver](), WorkQueue.drive

    async def held(queue: WorkQueue[Any]) -> None:
        found.append(Driver(lambda: drive(queue)))
        await found[-1].run()

    monkeypatch.setattr(WorkQueue, "drive", held)
    return found


def stop_workers(day: Day) -> Callable[[], None]:
    queue = queue_of(day)
    queue._wake = lambda: None  # type: ignore[method-assign]  # nobody is woken

    def heal() -> None:
        del queue._wake
        queue._wake()

    return heal


def stop_a_visit(day: Day) -> Callable[[], None]:
    day.vault.stubborn.add("db")
    return day.vault.stubborn.clear


@pytest.mark.parametrize(
    ("freeze", "told"),
    [
        pytest.param(stop_workers, "no worker took any of", id="workers"),
        pytest.param(stop_a_visit, "a visit lasts", id="a visit that no deadline ends"),
    ],
)
async def test_W01_a_component_that_stands_still_is_told_and_its_return_too(
    freeze: Callable[[Day], Callable[[], None]], told: str
) -> None:
    async with a_day() as day:
        await stands_still_and_comes_back(day, freeze, told)


async def test_W01_timers_that_do_not_fire_are_told_and_their_return_too(drivers: list[Driver]) -> None:
    async with a_day() as day:
        await stands_still_and_comes_back(day, lambda day: drivers[0].stop(), "timers are")


async def test_W01_an_informer_that_stands_still_is_told_and_its_return_too(monkeypatch: pytest.MonkeyPatch) -> None:
    found, run = dict[str, Driver](), Informer.run

    async def held(informer: Informer[Any]) -> None:
        found[informer.name] = Driver(lambda: run(informer))
        await found[informer.name].run()

    monkeypatch.setattr(Informer, "run", held)
    async with a_day() as day:
        await stands_still_and_comes_back(
            day, lambda day: found["externalsecrets"].stop(), "has not heard", "externalsecrets"
        )


async def stands_still_and_comes_back(
    day: Day, freeze: Callable[[Day], Callable[[], None]], told: str, check: str = "schedule"
) -> None:
    day.external_secret(refreshInterval="5m")
    await day.until(lambda: day.ready()[0] == "True")
    await day.settle(INTERVAL)
    assert (overdue(day), unready(day)) == (0, {})

    heal = freeze(day)
    await day.settle(2 * INTERVAL)
    assert overdue(day) == 1
    assert unready(day)[check].startswith(told)
    assert series(day, "esoctl_seconds_since_last_success")["shop"] > INTERVAL

    heal()
    await day.settle(60)
    assert (overdue(day), unready(day)) == (0, {})
    assert series(day, "esoctl_seconds_since_last_success")["shop"] < INTERVAL


async def test_W01_a_provider_that_is_away_is_told_as_overdue_and_is_no_reason_to_be_not_ready() -> None:
    async with a_day() as day:
        day.external_secret(refreshInterval="5m")
        await day.until(lambda: day.ready()[0] == "True")

        day.vault.hanging.add("db")
        await day.settle(3 * INTERVAL)
        assert (overdue(day), unready(day)) == (1, {})

        day.vault.hanging.clear()
        await day.settle(INTERVAL)
        assert (overdue(day), unready(day)) == (0, {})


async def test_W01_an_object_that_never_syncs_is_overdue_and_goes_with_its_object() -> None:
    async with a_day() as day:
        day.external_secret(data={"x": "missing"})
        await day.settle(30)
        assert overdue(day) == 0, "it has a minute"

        await day.settle(60)
        assert overdue(day) == 1
        assert series(day, "esoctl_seconds_since_last_success") == {}, "there was none"

        day.delete("ExternalSecret", "shop")
        await day.settle()
        assert overdue(day) == 0


async def test_REL_01_refreshes_that_the_queue_loses_are_made_up_for_within_a_minute() -> None:
    dice = random.Random(1)
    async with a_day() as day:
        names = [f"shop-{number}" for number in range(24)]
        for name in names:
            day.external_secret(name, refreshInterval="5m")
        await day.until(lambda: all(day.ready(name)[0] == "True" for name in names))
        timers = queue_of(day)._core._timers
        kept, lost = timers.set, 0

        assert series(day, "esoctl_externalsecrets_forgotten")[""] == 0

        def forgetful(*timer: Any) -> None:
            nonlocal lost
            if dice.random() < 0.1:
                lost += 1
            else:
                kept(*timer)

        timers.set = forgetful  # type: ignore[method-assign]  # it loses one in ten
        told = 0.0
        for _ in range(40):
            await anyio.sleep(60)
            assert overdue(day) == 0
            told = max(told, series(day, "esoctl_externalsecrets_forgotten")[""])
            assert max(series(day, "esoctl_seconds_since_last_success").values()) <= INTERVAL + GRACE.total_seconds()

        assert lost > 8
        assert told >= 1


async def test_REL_26_series_are_those_of_the_objects_there_are() -> None:
    dice = random.Random(7)
    async with a_day() as day:
        for step in range(80):
            name = f"shop-{dice.randrange(6)}"
            match dice.choice(("make", "fail", "heal", "delete", "wait")):
                case "make":
                    day.external_secret(name, refreshInterval=f"{dice.randrange(1, 9)}m")
                case "fail":
                    day.vault.hanging.add("db")
                case "heal":
                    day.vault.hanging.clear()
                case "delete":
                    day.ask("DELETE", day.path("ExternalSecret", name))
                case _:
                    await day.settle(dice.randrange(600))
            await day.settle(0.5)
            if step % 4 == 0:
                assert_told(day)


def assert_told(day: Day) -> None:
    """What the series say, computed anew from the objects."""
    now, ages, late = LoopClock().now(), {}, 0
    for item in day.do("GET", f"/apis/external-secrets.io/v1/namespaces/{day.namespace}/externalsecrets")["items"]:
        status, made = item.get("status", {}), instant(item["metadata"]["creationTimestamp"])
        success = instant(status.get("refreshTime"))
        assert made is not None
        due = instant(status.get("sync", {}).get("freshUntil")) if success else made
        if success:
            ages[item["metadata"]["name"]] = (now - success).total_seconds()
        late += due is not None and due + GRACE < now - timedelta(seconds=1)
    assert series(day, "esoctl_seconds_since_last_success") == pytest.approx(ages, abs=2)
    assert overdue(day) == late
