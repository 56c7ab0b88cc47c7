"""F17 to F21: watches that lose events, repeat them, send no bookmarks, refuse to stream lists, and send garbage."""

import json
import time
from collections import Counter

import pytest

from support.faults.asked import FOLLOWS, LISTS, Asked, Match
from support.faults.proxy import KProxy
from support.faults.proxy_faults import Ask, Drop, Fault, Repeat, Truncate, error_event, refusal
from support.faults.stage import Room, Stage

EXPIRED = error_event(410, "Expired", "too old resource version")
SLOT_SECONDS = 5.0
AT_ONCE = 2
"""Lists that are read at the same time."""
MARKED = Match(FOLLOWS, event="BOOKMARK", when=lambda asked: asked.verb == "watch" or asked.complete is not None)
"""Bookmarks but those that end a streaming list."""


def test_F17_whichever_event_is_lost_the_end_is_the_same(stage: Stage, kproxy: KProxy) -> None:
    room = stage.room()
    room.put(db="one", other="1")
    lost = {f"spec-{number}": ("externalsecrets", number) for number in range(1, 6)}
    lost |= {f"target-{number}": ("secrets", number) for number in range(1, 6)}
    for name, (resource, number) in lost.items():
        kproxy.add(Match(FOLLOWS, resource, room.namespace, name, event="*"), Drop(), nth=number, times=1)
    kproxy.add(Match(FOLLOWS, "externalsecrets", room.namespace, "gone", event="DELETED"), Drop())

    names = [*lost, "gone"]
    for name in names:
        room.external_secret(name, refreshInterval=f"{SLOT_SECONDS:g}s")
    room.until(lambda: sum(room.data(name) is not None for name in names) >= len(names) - 1, lambda: "all but one", 30)
    for name in lost:
        room.external_secret(name, data={"password": "db", "more": "other"}, refreshInterval=f"{SLOT_SECONDS:g}s")
    room.delete("ExternalSecret", "gone")
    time.sleep(SLOT_SECONDS)
    for name in lost:
        room.api.patch(room.path("Secret", name), {"data": {"password": "bm8="}}, fieldManager="user")
    began = time.monotonic()

    wanted = {"password": b"one", "more": b"1"}

    def wrong() -> list[str]:
        return [name for name in lost if room.data(name) != wanted]

    while wrong() and time.monotonic() < began + 2 * SLOT_SECONDS:
        time.sleep(0.2)
    by_slot, left = time.monotonic() - began, wrong()
    kproxy.inject(Match(FOLLOWS), EXPIRED)
    relisted = time.monotonic()
    room.until(lambda: wrong() == [], lambda: f"not right after a list: {wrong()}", 15)
    print(f"after {by_slot:.1f} s all but {left}, these {time.monotonic() - relisted:.1f} s after a list")
    fired = [rule.fired for rule in kproxy.passage.rules]
    print(f"lost {fired}")
    assert sum(fired) >= len(lost)
    room.until(lambda: room.data("gone") is None, lambda: "its Secret is gone too")
    asked = len(kproxy.asked)
    kproxy.clear()
    stage.check(bound=SLOT_SECONDS, quiet=15)
    assert room.data("gone") is None
    touched = [one for one in kproxy.asked[asked:] if one.name == "gone"]
    assert len(touched) <= 15, f"{len(touched)} requests about what is gone in 15 s"


class Replay(Fault):
    """Bring old events again, each after the fifth that follows it."""

    def __init__(self) -> None:
        self.seen: dict[int, list[bytes]] = {}

    async def events(self, asked: Asked, line: bytes) -> list[bytes]:
        seen = self.seen.setdefault(asked.number, [])
        seen.append(line)
        return [line, *seen[-6:-5]]


@pytest.mark.parametrize(
    "fault",
    [pytest.param(Repeat(3), id="repeated", marks=pytest.mark.quick), pytest.param(Replay(), id="replayed")],
)
def test_F18_events_that_come_again_cause_no_read(stage: Stage, kproxy: KProxy, fault: Fault) -> None:
    room = stage.room()
    room.put(db="one", other="1")
    room.synced()

    began = time.monotonic()
    kproxy.add(Match(FOLLOWS, "externalsecrets secrets secretstores namespaces", event="ADDED MODIFIED DELETED"), fault)
    changes = 8
    for number in range(changes):
        room.external_secret(data={f"key-{number}": "db"})
        room.until(lambda number=number: set(room.data() or {}) == {f"key-{number}"}, lambda: str(room.data()))
    time.sleep(2)
    read = stage.aws.reads(room.key_id, since=began)
    fired = sum(rule.fired for rule in kproxy.passage.rules)
    kproxy.clear()

    print(f"{changes} changes, {read} reads, {fired} events came again")
    assert fired >= changes
    assert read == changes
    stage.check(bound=stage.allowed(5, time.time() - 20), quiet=15)


def test_F19_without_bookmarks_silence_is_endured_until_the_watch_should_end(stage: Stage, kproxy: KProxy) -> None:
    stage.operator.stop()
    kproxy.add(MARKED, Drop())
    kproxy.add(Match(FOLLOWS), Ask(lambda query: query.update(timeoutSeconds="3600")))
    began = time.monotonic()
    stage.operator.start()
    stage.until(lambda: len(kproxy.open_watches()) >= 6, lambda: str(kproxy.open_watches()))
    watches = kproxy.found(Match(FOLLOWS), began)
    soonest = min(watches, key=lambda one: one.time + int(one.wanted["timeoutSeconds"]))
    lasts = int(soonest.wanted["timeoutSeconds"])

    stage.until(lambda: soonest.ended is not None, lambda: f"{soonest} has ended", lasts + 30)

    assert soonest.ended is not None
    lived = soonest.ended - soonest.time
    quiet = [one.collection for one in watches if one.events <= 1 and one is not soonest]
    print(f"{soonest.collection} was to last {lasts} s and lasted {lived:.1f} s; without an event: {quiet}")
    assert lasts + 5 <= lived <= lasts + 12
    assert quiet
    assert [one for one in watches if one.ended and one.ended - one.time < int(one.wanted["timeoutSeconds"])] == []
    assert all(one.bookmarks <= 1 for one in watches)
    kproxy.clear()
    stage.check(bound=30, quiet=15)
    stage.operator.stop()  # its watches would last for an hour


@pytest.mark.parametrize("status", [400, 422])
def test_F20_refused_streaming_lists_are_asked_for_once_and_never_again(
    stage: Stage, kproxy: KProxy, status: int
) -> None:
    stage.operator.stop()
    told = stage.operator.log().count("streams no lists")
    began, today = time.monotonic(), time.time()
    kproxy.add(Match("stream"), refusal(status, "BadRequest" if status == 400 else "Invalid"))
    stage.operator.start()
    stage.until(lambda: len(kproxy.open_watches()) >= 6, lambda: str(kproxy.open_watches()))
    streams = kproxy.found(Match("stream"), began)
    watched = [one for one in kproxy.found(Match("watch"), began) if one.status == 200]
    took = max(one.time for one in watched) - streams[0].time
    room = stage.room()
    room.put(db="one")
    room.synced()

    moment = time.monotonic()
    kproxy.inject(Match(FOLLOWS), EXPIRED)
    stage.until(
        lambda: {one.collection for one in kproxy.found(Match("list"), moment)} >= {one.collection for one in watched},
        lambda: "all are listed anew",
    )
    print(f"{len(streams)} streams refused, all watched {took:.1f} s later")
    assert len(streams) <= AT_ONCE
    assert kproxy.count(Match("stream"), moment) == 0
    assert took <= stage.allowed(5.0, today)
    assert stage.operator.log().count("streams no lists") == told + 1
    stage.check(bound=stage.allowed(5, today), quiet=15)
    stage.operator.stop()  # it would read lists in pages for the rest of its life


DEEP = b'{"type":"MODIFIED","object":' + b'{"a":' * 1000 + b"1" + b"}" * 1000 + b"}\n"
HUGE = b'{"type":"MODIFIED","object":{"metadata":{"name":"x"},"data":"' + b"x" * 5 * 1024 * 1024 + b'"}}\n'
MINE = {"name": "mine", "namespace": "nowhere", "uid": "u", "resourceVersion": "1"}
GARBAGE = [
    b"\n",
    b"garbage\n",
    b"\xff\xfe\x00\n",
    b"[1, 2]\n",
    b"null\n",
    b'"text"\n',
    b"{}\n",
    b'{"type":"MODIFIED"}\n',
    b'{"type":"MODIFIED","object":null}\n',
    b'{"type":"MODIFIED","object":{"metadata":{"name":"x","resourceVersion":NaN}}}\n',
    b'{"type":"MODIFIED","object":{"metadata":{"name":"\\ud800","resourceVersion":"1"}}}\n',
    b'{"type":"MODIFIED","object":{"metadata":{"name":"x","resourceVersion":"1","generation":1e400}}}\n',
    b'{"type":"MODIFIED","object":{"metadata":' + b"9" * 400 + b"}}\n",
    b'{"type":"MODIFIED","type":"ADDED","object":{},"object":[]}\n',
    json.dumps({"type": "INVENTED", "object": {"metadata": MINE}}).encode() + b"\n",
    json.dumps({"type": "MODIFIED", "object": {"kind": "Table", "metadata": MINE, "rows": []}}).encode() + b"\n",
    json.dumps({"type": "ADDED", "object": {"kind": "Pod", "metadata": MINE}}).encode() + b"\n",
    DEEP,
]


def changed(room: Room, key: str) -> float:
    """The seconds until another spec has its Secret."""
    began = time.monotonic()
    room.external_secret(data={key: "db"})
    room.until(lambda: set(room.data() or {}) == {key}, lambda: f"{key}, not {room.data()}", 60)
    return time.monotonic() - began


@pytest.mark.quick
def test_F21_garbage_is_skipped_half_lines_are_dropped_and_what_is_too_long_is_listed_anew(
    stage: Stage, kproxy: KProxy
) -> None:
    room = stage.room()
    room.put(db="one")
    room.synced()
    pid, open_ones = stage.operator.pid, len(kproxy.open_watches())

    began = time.monotonic()
    for line in GARBAGE:
        assert kproxy.inject(Match(FOLLOWS), line) == open_ones
    skipped = changed(room, "skipped")
    assert kproxy.count(Match(FOLLOWS), since=began) == 0

    cut = time.monotonic()
    kproxy.add(Match(FOLLOWS, "externalsecrets", room.namespace, event="MODIFIED"), Truncate(200), times=1)
    halved = changed(room, "halved")
    resumed = kproxy.found(Match(FOLLOWS, "externalsecrets"), since=cut)
    assert [one.verb for one in resumed] == ["watch"]

    long = time.monotonic()
    assert kproxy.inject(Match(FOLLOWS), HUGE) == open_ones
    listed = changed(room, "listed")
    print(f"right after {skipped:.1f} s, {halved:.1f} s and {listed:.1f} s")
    assert max(skipped, halved, listed) <= 30
    stage.until(lambda: len(kproxy.open_watches()) >= open_ones, lambda: str(kproxy.open_watches()))
    assert max(Counter(one.collection for one in kproxy.found(Match(LISTS), long)).values()) == 1
    assert stage.operator.pid == pid
    stage.check(bound=30, quiet=15, late=None)
