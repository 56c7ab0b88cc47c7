"""Ages and lateness of every object, from the objects alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from esoctl.informers.store import Broken
from esoctl.metrics import Age
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.keys import Key, Kind
from esoctl.plan import freshness
from esoctl.reconcile.watchdog import Watchdog
from support.builders import NOON, a_store, an_external_secret, synced
from support.memory_cluster import MemoryViews


@dataclass
class Scene:
    """Objects, and a time that the test sets."""

    items: list[Any] = field(default_factory=list)
    views: MemoryViews = field(default_factory=MemoryViews)
    at: datetime = NOON

    def __post_init__(self) -> None:
        self.dog = Watchdog(lambda: self.items, self.views, self, "default")

    def now(self) -> datetime:
        return self.at

    def late(self) -> list[str]:
        return [key.name for key in self.dog.overdue()]


def an_object(name: str = "shop", at: str = "2026-06-01T11:55:00Z", **spec: Any) -> ExternalSecret:
    es = an_external_secret(name=name, **{"refreshInterval": "10m", **spec})
    return msgspec.structs.replace(es, status=msgspec.convert(synced(es, at), type(es.status)))


def never(name: str = "new") -> ExternalSecret:
    es = an_external_secret(name=name)
    meta = msgspec.structs.replace(es.metadata, creation_timestamp="2026-06-01T11:00:00Z")
    return msgspec.structs.replace(es, metadata=meta)


def key(name: str) -> Key:
    return Key(Kind.EXTERNAL_SECRET, "team-a", name)


def test_the_age_counts_from_the_last_success() -> None:
    scene = Scene([an_object(), an_object("future", "2026-06-01T12:05:00Z"), never()])

    assert list(scene.dog.ages()) == [Age("team-a", "shop", 300.0), Age("team-a", "future", 0.0)]


def test_an_object_is_overdue_when_its_refresh_is_a_minute_late_and_until_it_is_made() -> None:
    scene = Scene([an_object()])
    assert scene.late() == []

    scene.at += timedelta(minutes=11)
    assert scene.late() == ["shop"]

    scene.items = [an_object(at="2026-06-01T12:11:00Z")]
    assert scene.late() == []


def test_what_a_window_holds_up_is_not_overdue_until_the_window_opens() -> None:
    held = {"kind": "allow", "windows": [{"schedule": "0 14 * * *", "duration": "1h"}]}
    scene = Scene([an_object(syncWindows=held)])

    scene.at = NOON + timedelta(hours=2)
    assert scene.late() == []
    scene.at += timedelta(minutes=2, seconds=1)
    assert scene.late() == ["shop"]


def test_what_does_not_decode_what_is_gone_and_what_is_another_operators_does_not_count() -> None:
    scene = Scene([Broken(never().metadata, "x"), never("theirs"), never("ours")])
    scene.views.put(a_store(controller="another"))
    assert scene.late() == []

    scene.views.put(a_store())
    assert scene.late() == ["theirs", "ours"]

    scene.items = []
    assert scene.late() == []
    assert scene.dog._known == {}


def test_what_is_due_and_known_to_nobody_is_forgotten() -> None:
    scene = Scene([an_object("known"), an_object("lost"), an_object("early", "2026-06-01T12:10:00Z")])
    scene.at += timedelta(minutes=10, seconds=11)

    def unknown(keys: Iterable[Key]) -> list[Key]:
        return [one for one in keys if one.name != "known"]

    assert scene.dog.forgotten(unknown) == [key("lost")]


changes = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["sync", "delete", "edit", "wait"]), st.integers(0, 900)),
    max_size=60,
)


@given(changes)
def test_REL_26_what_is_told_equals_a_computation_from_nothing(steps: list[tuple[str, str, int]]) -> None:
    """Random lives of objects: what is remembered between scrapes changes nothing."""
    scene, there = Scene(), dict[str, ExternalSecret]()
    for name, what, seconds in steps:
        scene.at += timedelta(seconds=seconds)
        if what == "sync":
            there[name] = an_object(name, scene.at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        elif what == "delete":
            there.pop(name, None)
        elif what == "edit" and name in there:
            meta = msgspec.structs.replace(there[name].metadata, generation=2)
            there[name] = msgspec.structs.replace(there[name], metadata=meta)
        scene.items = list(there.values())

        anew = {item.metadata.name: freshness.expected_by(item, scene.at) for item in scene.items}
        late = [name for name, due in anew.items() if due and due + freshness.GRACE < scene.at]
        assert scene.late() == late
        assert {age.name for age in scene.dog.ages()} == there.keys()
