"""Starting, restarting and taking over: what is read, what is written, in which order, and what is never done."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pytest
import structlog.testing

from esoctl.kube.transport import Call
from esoctl.model.keys import Key, Kind
from support.day import Day, a_day

pytestmark = pytest.mark.asyncio

HOUR = 3600.0
NAMES = [f"shop-{number}" for number in range(12)]


def make(day: Day, interval: str = "1h") -> None:
    for name in NAMES:
        day.vault.values[name] = b"x"
        day.external_secret(name, data={"password": name}, refreshInterval=interval)


def synced(day: Day) -> bool:
    return all(day.ready(name)[0] == "True" for name in NAMES)


def keys() -> list[Key]:
    return [Key(Kind.EXTERNAL_SECRET, "team-a", name) for name in NAMES]


def writes(day: Day, since: int) -> list[str]:
    """Writes since a mark, without events."""
    return [
        f"{call.method} {call.path}"
        for call in day.transport.calls[since:]
        if call.method != "GET" and "/events" not in call.path
    ]


async def test_T_12_a_restart_with_nothing_due_reads_nothing_and_writes_nothing() -> None:
    async with a_day() as day:
        make(day, "24h")
        await day.until(lambda: synced(day))
        await day.settle()
        read, mark = day.vault.asked.total(), len(day.transport.calls)

        await day.restart()
        await day.settle(10)

        assert day.vault.asked.total() == read
        assert writes(day, mark) == []


async def test_T_12_after_a_long_stop_the_latest_goes_first_measured_by_its_interval() -> None:
    async with a_day(workers=1) as day:
        for name, interval in (("daily", "24h"), ("hourly", "1h"), ("slow", "20h"), ("quick", "10m")):
            day.vault.values[name] = b"x"
            day.external_secret(name, data={"password": name}, refreshInterval=interval)
        await day.until(lambda: all(day.ready(name)[0] == "True" for name in ("daily", "hourly", "slow", "quick")))
        began = anyio.current_time()
        day.vault.delay = 5.0
        await day.restart(60 * HOUR)
        await anyio.sleep(120)

        first = {name: next(at for at in times if at > began) for name, times in day.vault.asked_at.items()}
        assert sorted(first, key=first.__getitem__) == ["quick", "hourly", "slow", "daily"]


async def test_Q_37_a_crash_loses_hints_alone_for_the_first_list_brings_every_key() -> None:
    async with a_day() as day:
        make(day, "24h")
        day.external_secret("never", refreshInterval="0")
        await day.until(lambda: synced(day))
        await day.restart()
        await day.settle(5)

        everything = [*keys(), Key(Kind.EXTERNAL_SECRET, "team-a", "never"), Key(Kind.SECRET_STORE, "team-a", "aws")]
        assert unknown(day, everything) == []


async def test_T_16_another_leader_computes_the_same_slots() -> None:
    async with a_day() as day:
        make(day)
        await anyio.sleep(HOUR * 2.5)
        due = {name: times[-1] + HOUR for name, times in day.vault.asked_at.items() if name in NAMES}
        await day.restart()
        await anyio.sleep(HOUR)

        for name in NAMES:
            after = [at for at in day.vault.asked_at[name] if at > due[name] - HOUR + 1]
            assert len(after) == 1, (name, after, due[name])
            assert after[0] == pytest.approx(due[name], abs=15)


async def test_T_04_a_status_that_was_lost_costs_one_more_read_and_nothing_else() -> None:
    async with a_day() as day:
        make(day)
        await anyio.sleep(HOUR * 1.5)
        read, lost = dict(day.vault.asked), 0

        def refuse_once(call: Call) -> bool:
            nonlocal lost
            hit = call.method == "PATCH" and call.path.endswith("/externalsecrets/shop-3/status") and not lost
            lost += hit
            return hit

        day.transport.forbidden = refuse_once
        await anyio.sleep(HOUR * 3)

        assert lost == 1
        assert {name: day.vault.asked[name] - read[name] for name in ("shop-3", "shop-4")} == {"shop-3": 4, "shop-4": 3}
        assert day.ready("shop-3")[0] == "True"


async def test_I_40_nobody_works_before_every_informer_has_its_list_and_that_is_said() -> None:
    async with a_day() as day:
        make(day, "10m")
        await day.until(lambda: synced(day))
        with structlog.testing.capture_logs() as logs, refusing(day, "GET", "/namespaces$"):
            await day.restart()
            read = day.vault.asked.total()
            await anyio.sleep(HOUR)
            state = day.operator.state if day.operator else None
            assert state is not None
            assert state.ready()["workers"] == "not started"
            assert day.vault.asked.total() == read
        told = [line for line in logs if line["event"] == "waiting for the first list"]
        assert len(told) >= HOUR / 10 - 5
        assert {line["informer"] for line in told} == {"namespaces"}
        await anyio.sleep(60)

        assert day.vault.asked.total() > read


async def test_I_34_an_object_that_a_list_does_not_show_loses_nothing() -> None:
    async with a_day() as day:
        day.external_secret("kept", target={"name": "made", "deletionPolicy": "Delete"}, refreshInterval="30m")
        # The first slot comes after fifteen minutes, and the next list after ten at the latest.
        await day.until(lambda: day.ready("kept")[0] == "True")
        await day.settle()
        mark, secret = len(day.transport.calls), day.get("Secret", "made")
        day.transport.hidden = "kept"
        await anyio.sleep(HOUR)

        kept = [Key(Kind.EXTERNAL_SECRET, "team-a", "kept")]
        assert unknown(day, kept) == kept
        assert writes(day, mark) == []
        assert day.get("Secret", "made") == secret

        day.transport.hidden = ""
        await anyio.sleep(HOUR)
        assert day.get("Secret", "made")["metadata"]["uid"] == secret["metadata"]["uid"]
        assert day.ready("kept")[0] == "True"


@contextmanager
def refusing(day: Day, method: str, path: str) -> Iterator[None]:
    """Requests that are refused while the block lasts."""
    day.transport.forbidden = lambda call: call.method == method and re.search(path, call.path) is not None
    try:
        yield
    finally:
        day.transport.forbidden = lambda _: False


def unknown(day: Day, keys: list[Key]) -> list[Key]:
    """The keys that the operator's queue does not know."""
    assert day.operator is not None
    return day.operator._queue.lost(keys)
