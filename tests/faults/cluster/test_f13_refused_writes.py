"""F13, F14: an API server that asks to wait, and one that fails a third of all writes, half of them once done."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import pytest

from support.faults.asked import LISTS, WRITES, Asked, Match
from support.faults.proxy import KProxy
from support.faults.proxy_faults import Fault, Said, refusal
from support.faults.stage import Stage

THROTTLED_SECONDS = 120.0


class Throttle(Fault):
    """429 for everything, with other seconds to wait each time."""

    def __init__(self) -> None:
        self.random = random.Random(13)
        self.told: dict[int, int] = {}
        """The seconds, by the number of the request."""

    async def before(self, asked: Asked) -> Said | None:
        wait = self.told[asked.number] = self.random.randint(1, 30)
        return await refusal(429, "TooManyRequests", retryAfterSeconds=wait).before(asked)


def too_early(asked: Iterable[Asked], told: dict[int, int], key: Callable[[Asked], object]) -> list[str]:
    """Requests that came before the time that the one before them, of the same key, was told to wait."""
    before: dict[object, Asked] = {}
    found = []
    for one in asked:
        last = before.get(key(one))
        if last is not None and last.number in told and one.time - last.time < told[last.number] - 0.1:
            found.append(f"{one.verb} {one.path} after {one.time - last.time:.1f} s, not {told[last.number]} s")
        before[key(one)] = one
    return found


def test_F13_a_server_that_asks_to_wait_is_waited_for(stage: Stage, kproxy: KProxy) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced(refreshInterval="5s")
    followed = {asked.collection for asked in kproxy.open_watches()}

    throttle = Throttle()
    began = time.monotonic()
    rule = kproxy.add(Match(), throttle)
    kproxy.cut()
    room.put(db="two")
    stage.rotate(stage.bystanders[:100])
    time.sleep(THROTTLED_SECONDS)
    kproxy.remove(rule)

    watches = [one for one in kproxy.found(Match("watch"), began) if one.number in throttle.told]
    writes = [one for one in kproxy.found(Match(WRITES), began) if one.number in throttle.told]
    parts = Counter(int((one.time - began) // 30) for one in writes)
    early = too_early(watches, throttle.told, lambda one: one.collection)
    hasty = too_early(writes, throttle.told, lambda one: (one.method, one.path))
    figures = stage.check(bound=60, late=None)
    print(
        f"{len(watches)} watches asked for, {len(early)} early; writes by half minutes {sorted(parts.items())}, "
        f"{len(hasty)} early: {hasty[:5]}; right {figures.converged:.1f} s after"
    )
    assert kproxy.count(Match(LISTS), since=began) == 0
    assert {one.collection for one in watches} == followed
    assert early == []
    assert max(Counter(one.collection for one in watches).values()) <= THROTTLED_SECONDS
    assert hasty == []
    assert parts[3] < parts[0]
    assert room.data() == {"password": b"two"}


def sharing(seed: int) -> Callable[[float, float], Callable[[Asked], bool]]:
    """Parts of all requests, drawn anew for each request."""
    drawn = defaultdict[int, float](random.Random(seed).random)
    return lambda low, high: lambda asked: low <= drawn[asked.number] < high


@pytest.mark.quick
def test_F14_writes_that_fail_before_or_after_they_are_done_are_made_once(stage: Stage, kproxy: KProxy) -> None:
    room = stage.room()
    room.put(db="one", other="1")
    names = [f"shop-{number}" for number in range(20)]

    part = sharing(14)
    kproxy.add(Match(WRITES, when=part(0.00, 0.15)), refusal(500, "InternalError"))
    kproxy.add(Match(WRITES, when=part(0.15, 0.30)), refusal(500, "InternalError", sent=True))
    began = time.monotonic()
    for name in names:
        room.external_secret(name)
    room.until(lambda: all(room.data(name) == {"password": b"one"} for name in names), lambda: "all are made", 60)
    stage.rotate()
    for name in names:
        room.external_secret(name, data={"password": "db", "more": "other"})
    wanted = {"password": b"one", "more": b"1"}
    room.until(lambda: all(room.data(name) == wanted for name in names), lambda: "all are changed", 60)
    time.sleep(10)
    kproxy.clear()
    figures_begin = time.monotonic()

    written = kproxy.found(Match(WRITES), began)
    failed = Counter((one.status, one.server_status) for one in written)
    stage.oracle.read()
    targets = Counter(stage.oracle.known[room.namespace, name].target_writes for name in names)
    events = Counter(len(room.events(name)) for name in names)
    figures = stage.check(bound=30, quiet=15, late=None, faults=3)
    print(
        f"{len(written)} writes: {failed}; of targets {targets}; events {events}; right {figures.converged:.1f} s after"
    )
    assert targets == {2: len(names)}  # one when made, one when changed
    assert sum(count for (status, done), count in failed.items() if status == 500 and done in (200, 201)) >= 20
    assert max(events) <= 4
    told = repeated(stage, room.namespace)
    assert told == [], told
    assert figures_begin - began < 120


def repeated(stage: Stage, namespace: str) -> list[str]:
    """Events that were written down as more than one."""
    items = stage.items(f"/api/v1/namespaces/{namespace}/events")
    found = Counter((one["involvedObject"]["name"], one["reason"], one["message"]) for one in items)
    return [f"{what} {count} times" for what, count in found.items() if count > 1]
