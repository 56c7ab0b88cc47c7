"""A loop that stands still is told of once, with the place, and so is its end."""

import pathlib
import threading
from dataclasses import dataclass

import anyio
import pytest
from structlog.testing import capture_logs

from esoctl.stalls import STILL_SECONDS, Watch, watched


@dataclass
class Time:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_loop_that_beats_is_not_mentioned() -> None:
    time = Time()
    watch = Watch(time)
    with capture_logs() as told:
        for _ in range(10):
            time.now += STILL_SECONDS - 1
            watch.look()
            watch.beat()

    assert told == []


def test_a_standstill_is_told_once_and_so_is_its_end() -> None:
    time = Time()
    watch = Watch(time)
    with capture_logs() as told:
        for _ in range(3):
            time.now += STILL_SECONDS
            watch.look()
        watch.beat()
        watch.look()
        watch.look()

    assert [(one["event"], one["seconds"]) for one in told] == [
        ("the event loop stands still", 10.0),
        ("the event loop runs again", 15.0),
    ]


def test_F55_it_is_told_where_the_loop_stands_and_no_value() -> None:
    time = Time()
    reached, over = threading.Event(), threading.Event()

    def stuck(password: str) -> None:
        watches.append(Watch(time))
        reached.set()
        over.wait(30)

    watches: list[Watch] = []
    thread = threading.Thread(target=stuck, args=("hunter2",))
    thread.start()
    reached.wait(30)
    time.now += STILL_SECONDS + 1
    with capture_logs() as told:
        watches[0].look()
    over.set()
    thread.join()

    (record,) = told
    places = [pathlib.Path(line.partition(":")[0]).name + " " + line.rpartition(" ")[2] for line in record["stack"]]
    assert "test_stalls.py stuck" in places
    assert "hunter2" not in str(record)


@pytest.mark.wire
@pytest.mark.asyncio
async def test_watching_ends_with_the_block() -> None:
    with anyio.fail_after(20), capture_logs() as told:
        async with watched():
            await anyio.sleep(0.01)

    assert told == []
