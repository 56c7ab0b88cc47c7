"""F10 to F12, F16: versions that the API server knows no more, or not yet: one list each, and nothing is lost by it."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from support.faults.asked import FOLLOWS, LISTS, Asked, Match, most_at_once
from support.faults.proxy import KProxy
from support.faults.proxy_faults import Ask, Delay, Drop, error_event, refusal
from support.faults.stage import EVERY_SECONDS, Room, Stage

FOLLOWING = Match(FOLLOWS)
EXPIRED = error_event(410, "Expired", "too old resource version")
GONE = refusal(410, "Expired", "too old resource version")
AT_ONCE = 2
BEYOND = 10_000_000


def once_each() -> Callable[[Asked], bool]:
    """For a rule about the first request of each collection."""
    seen: set[str] = set()

    def first(asked: Asked) -> bool:
        return asked.collection not in seen and not seen.add(asked.collection)

    return first


def lists(kproxy: KProxy, since: float) -> Counter[str]:
    """Lists begun since then, by collection; the pages of one count once."""
    return Counter(one.collection for one in kproxy.found(Match(LISTS), since) if "continue" not in one.query)


def timeline(kproxy: KProxy, since: float) -> str:
    """What was listed and watched since then, and how it went."""
    return "\n".join(
        f"{one.time - since:.1f} {one.verb} {one.collection} {one.query.get('resourceVersion')}: {one.status}, "
        f"{one.events} events, complete {one.complete and round(one.complete - since, 1)}, "
        f"ended {one.ended and round(one.ended - since, 1)}"
        for one in kproxy.found(Match("list stream watch"), since)
    )


def a_shop(stage: Stage) -> Room:
    """Objects that stay, change, go, and are made anew while nobody looks."""
    room = stage.room()
    room.put(db="one", other="1")
    for name in ("stays", "turns", "goes", "again"):
        room.external_secret(name)
    room.until(lambda: all(room.data(name) for name in ("stays", "turns", "goes", "again")), lambda: "all are made")
    return room


def change(room: Room) -> None:
    """What happens in the gap."""
    room.delete("ExternalSecret", "goes")
    room.delete("ExternalSecret", "again")
    room.until(lambda: room.get("ExternalSecret", "again") is None, lambda: "it is gone")
    room.external_secret("again", data={"other": "other"})
    room.external_secret("turns", data={"turned": "db"})
    room.external_secret("comes")


def as_changed(room: Room) -> bool:
    wanted = {
        "stays": {"password": b"one"},
        "turns": {"turned": b"one"},
        "goes": None,
        "again": {"other": b"1"},
        "comes": {"password": b"one"},
    }
    return all(room.data(name) == data for name, data in wanted.items())


@pytest.mark.parametrize("told", ["by_status", pytest.param("by_event", marks=pytest.mark.quick)])
def test_F10_an_expired_watch_is_listed_once_and_what_went_is_seen_to_be_gone(
    stage: Stage, kproxy: KProxy, told: str
) -> None:
    room = a_shop(stage)
    followed = {asked.collection for asked in kproxy.open_watches()}

    began, today = time.monotonic(), time.time()
    kproxy.add(Match(FOLLOWS, event="*", when=lambda asked: asked.time < began), Drop())
    change(room)
    if told == "by_status":
        kproxy.add(Match("watch", when=once_each()), GONE)
        kproxy.cut()
    else:
        kproxy.inject(FOLLOWING, EXPIRED)
    cleared = time.monotonic()

    stage.until(lambda: as_changed(room), lambda: timeline(kproxy, began))
    took = time.monotonic() - cleared
    stage.until(lambda: len(kproxy.open_watches()) >= len(followed), lambda: str(kproxy.open_watches()))
    found, spent = lists(kproxy, began), time.monotonic() - began
    read = stage.aws.reads(room.key_id, since=began)
    others = stage.aws.reads(since=began) - read
    print(f"right after {took:.1f} s; lists {dict(found)}; reads {read}, of bystanders {others} in {spent:.0f} s")
    assert took <= stage.allowed(15, today), timeline(kproxy, began)
    assert set(found) == followed
    assert max(found.values()) == 1
    assert 1 <= read <= 3  # for what turned, came, and came again, together or not
    assert others <= (spent / EVERY_SECONDS + 1) * len(stage.bystanders)
    stage.check(bound=15, quiet=15, late=None)


@contextmanager
def counted(stage: Stage) -> Iterator[list[float]]:
    """How many ExternalSecrets the operator knows, again and again."""
    found: list[float] = []
    over = threading.Event()

    def count() -> None:
        while not over.wait(0.2):
            found.append(stage.operator.metric("esoctl_queue_keys"))

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def test_F11_a_list_that_expires_between_its_pages_leaves_the_store_whole(stage: Stage, kproxy: KProxy) -> None:
    kproxy.add(Match("stream"), refusal(400, "BadRequest"))
    kproxy.add(Match("list", when=lambda asked: "limit" in asked.query), Ask(lambda query: query.update(limit="50")))
    stage.operator.stop()
    stage.operator.start()
    room = a_shop(stage)

    began, today = time.monotonic(), time.time()
    kproxy.add(Match("list"), Delay(1.0))
    kproxy.add(Match("list", when=lambda asked: "continue" in asked.query and first(asked)), GONE)
    first = once_each()
    with counted(stage) as known:
        kproxy.inject(FOLLOWING, EXPIRED)
        change(room)
        stage.until(lambda: as_changed(room), lambda: str({n: room.data(n) for n in ("turns", "goes", "again")}))
    took = time.monotonic() - began

    pages = kproxy.found(Match("list", "externalsecrets"), began)
    print(f"right after {took:.1f} s; keys from {min(known):g} to {max(known):g}; {[one.query for one in pages]}")
    assert [(("continue" in one.query), ("limit" in one.query), one.status) for one in pages] == [
        (False, True, 200),
        (True, True, 410),
        (False, False, 200),
    ]
    assert min(known) >= len(stage.bystanders)
    assert took <= stage.allowed(15, today) + 3  # three pages of a second each
    assert 1 <= stage.aws.reads(room.key_id, since=began) <= 3
    kproxy.clear()
    stage.check(bound=15, quiet=15, late=None)
    stage.operator.stop()  # it would read lists in pages for the rest of its life


def more_kinds(stage: Stage) -> Room:
    """ExternalSecrets that make the operator follow ConfigMaps and three kinds of generators too."""
    room = stage.room()
    room.put(db="one")
    room.place({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "texts"}, "data": {"t": "{{ .db }}"}})
    template = {"templateFrom": [{"configMap": {"name": "texts", "items": [{"key": "t"}]}}]}
    room.external_secret("text", data={"db": "db"}, target={"template": template, "creationPolicy": "None"})
    for kind in ("Password", "UUID", "Fake"):
        generator = {"apiVersion": "generators.external-secrets.io/v1alpha1", "kind": kind, "name": "made"}
        source = [{"sourceRef": {"generatorRef": generator}}]
        room.external_secret(kind.lower(), data={}, dataFrom=source, target={"creationPolicy": "None"})
    return room


def test_F12_when_all_watches_expire_at_once_few_list_at_a_time(stage: Stage, kproxy: KProxy) -> None:
    room = more_kinds(stage)
    stage.until(lambda: len(kproxy.open_watches()) >= 10, lambda: str(kproxy.open_watches()))
    followed = Counter(asked.collection for asked in kproxy.open_watches())

    began = time.monotonic()
    kproxy.add(Match("watch", when=once_each()), GONE)
    kproxy.add(Match(LISTS), Delay(0.5))
    assert kproxy.cut() >= 10
    stage.until(
        lambda: Counter(asked.collection for asked in kproxy.open_watches()) == followed,
        lambda: str(kproxy.open_watches()),
        60,
    )
    took = time.monotonic() - began

    asked = kproxy.found(Match(LISTS), began)
    starts = sorted(one.time - began for one in kproxy.found(Match("watch"), began) if one.status == 410)
    print(f"{len(asked)} lists, {most_at_once(asked)} at once, all done in {took:.1f} s; asked at {starts}")
    assert max(Counter(one.collection for one in asked).values()) == 1
    assert most_at_once(asked) <= AT_ONCE
    assert starts[-1] - starts[0] > 0.1
    kproxy.clear()
    names = [(room.namespace, name) for name in ("password", "uuid", "fake")]
    stage.check(bound=60, quiet=15, late=None, but=names)


def test_F16_a_version_that_the_server_has_not_reached_is_done_without(stage: Stage, kproxy: KProxy) -> None:
    room = a_shop(stage)

    began, today = time.monotonic(), time.time()
    # A list alone: a watch from such a version is opened, and brings nothing until then.
    upward = Ask(lambda query: query.update(resourceVersion=str(int(query["resourceVersion"]) + BEYOND)))
    of_two = Match(LISTS, "externalsecrets secretstores", when=once_each())
    kproxy.add(of_two, upward)
    kproxy.inject(Match(FOLLOWS, "externalsecrets secretstores"), EXPIRED)
    change(room)
    stage.until(lambda: as_changed(room), lambda: str({n: room.data(n) for n in ("turns", "goes", "again", "comes")}))
    took = time.monotonic() - began

    asked = kproxy.found(Match(LISTS, "externalsecrets"), began)
    told = [(one.query.get("resourceVersion"), one.status) for one in kproxy.found(FOLLOWING, began)]
    print(f"right after {took:.1f} s; {told}")
    assert [bool(one.query.get("resourceVersion")) for one in asked] == [True, False]
    assert asked[1].time - asked[0].time <= 10
    assert took <= stage.allowed(10, today)
    stage.check(bound=10, quiet=15, late=None)
