"""The store by example, and its indexes against a brute-force scan."""

from collections.abc import Hashable, Iterable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from esoctl.informers.store import Broken, Writer, place
from esoctl.model.meta import Meta, Wire


class Thing(Wire, frozen=True):
    metadata: Meta
    tags: tuple[str, ...] = ()


def a_thing(name: str, *tags: str, namespace: str = "shop") -> Thing:
    return Thing(Meta(name=name, namespace=namespace), tags)


def a_broken(name: str, namespace: str = "shop") -> Broken:
    return Broken(Meta(name=name, namespace=namespace), "bad")


def by_tag(thing: Thing) -> Iterable[Hashable]:
    return thing.tags


def test_a_store_answers_by_namespace_name_and_index() -> None:
    writer = Writer({"tag": by_tag})
    one, two, three = a_thing("a", "x"), a_thing("b", "x", "y"), a_thing("a", "y", namespace="other")

    for thing in (one, two, three):
        writer.put(thing)

    store = writer.store
    assert len(store) == 3
    assert store.get("shop", "a") is one
    assert store.get("shop", "c") is None
    assert store.get("nowhere", "a") is None
    assert store.in_namespace("shop") == [one, two]
    assert store.by("tag", "x") == [one, two]
    assert store.by("tag", "y") == [two, three]
    assert store.by("tag", "z") == []
    assert set(store.values("tag")) == {"x", "y"}


def test_an_index_that_is_not_there_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        Writer().store.by("tag", "x")


def test_an_object_that_is_broken_is_found_and_in_no_index() -> None:
    writer = Writer({"tag": by_tag})
    writer.put(a_thing("a", "x"))

    old = writer.put(a_broken("a"))

    assert old == a_thing("a", "x")
    assert writer.store.get("shop", "a") == a_broken("a")
    assert (writer.store.by("tag", "x"), writer.store.broken) == ([], 1)
    assert writer.put(a_thing("a")) == a_broken("a")
    assert writer.store.broken == 0


def test_indexes_are_left_alone_while_two_states_are_alike() -> None:
    asked: list[str] = []

    def index(thing: Thing) -> Iterable[Hashable]:
        asked.append(thing.metadata.name)
        return thing.tags

    writer = Writer({"tag": index})
    writer.alike = lambda one, other: one.tags == other.tags
    writer.put(a_thing("a", "x"))
    later = a_thing("a", "x")

    assert writer.put(later) is not later
    assert asked == ["a"]
    (found,) = writer.store.by("tag", "x")
    assert found is later

    moved = a_thing("a", "y")
    writer.put(moved)
    assert writer.store.by("tag", "x") == []
    assert writer.store.by("tag", "y") == [moved]


def test_I_33_a_draft_is_unseen_until_it_replaces_everything_at_once() -> None:
    writer = Writer({"tag": by_tag})
    writer.put(a_thing("a", "x"))
    draft = writer.draft()
    draft.put(a_thing("b", "x"))

    before = list(writer.store.all())
    old = writer.swap(draft, "9")

    assert before == [a_thing("a", "x")]
    assert writer.store.by("tag", "x") == [a_thing("b", "x")]
    assert writer.store.resource_version == "9"
    assert list(old.all()) == [a_thing("a", "x")]


def test_I_44_a_reader_cannot_change_what_another_reads() -> None:
    writer = Writer({"tag": by_tag})
    writer.put(a_thing("a", "x"))

    writer.store.in_namespace("shop").clear()
    writer.store.by("tag", "x").clear()

    assert writer.store.by("tag", "x") == writer.store.in_namespace("shop") == [a_thing("a", "x")]
    with pytest.raises(AttributeError):
        writer.store.get("shop", "a").tags = ()  # type: ignore[union-attr, misc]  it must fail


names = st.sampled_from("abcd")
tags = st.lists(st.sampled_from("xyz"), max_size=3).map(tuple)


class Indexes(RuleBasedStateMachine):
    """After any row of operations an index equals a scan."""

    def __init__(self) -> None:
        super().__init__()
        self.writer = Writer({"tag": by_tag, "first": lambda thing: thing.tags[:1]})
        self.model: dict[tuple[str, str], Thing | Broken] = {}

    @rule(namespace=names, name=names, tags=tags)
    def put(self, namespace: str, name: str, tags: tuple[str, ...]) -> None:
        thing = a_thing(name, *tags, namespace=namespace)
        assert self.writer.put(thing) == self.model.get(place(thing))
        self.model[place(thing)] = thing

    @rule(namespace=names, name=names)
    def break_(self, namespace: str, name: str) -> None:
        broken = a_broken(name, namespace)
        assert self.writer.put(broken) == self.model.get(place(broken))
        self.model[place(broken)] = broken

    @rule(namespace=names, name=names)
    def remove(self, namespace: str, name: str) -> None:
        assert self.writer.remove((namespace, name)) == self.model.pop((namespace, name), None)

    @rule(kept=st.sets(names), tags=tags)
    def swap(self, kept: set[str], tags: tuple[str, ...]) -> None:
        draft = self.writer.draft()
        self.model = {}
        for name in kept:
            thing = a_thing(name, *tags)
            draft.put(thing)
            self.model[place(thing)] = thing
        self.writer.swap(draft, "1")

    @invariant()
    def the_store_is_the_model(self) -> None:
        store = self.writer.store
        assert {place(thing): thing for thing in store.all()} == self.model
        assert len(store) == len(self.model)
        assert store.broken == sum(isinstance(thing, Broken) for thing in self.model.values())
        for namespace in "abcd":
            wanted = {key: thing for key, thing in self.model.items() if key[0] == namespace}
            assert {place(thing): thing for thing in store.in_namespace(namespace)} == wanted

    @invariant()
    def every_index_is_a_scan(self) -> None:
        sound = [thing for thing in self.model.values() if isinstance(thing, Thing)]
        for tag in "xyz":
            wanted = {place(thing) for thing in sound if tag in thing.tags}
            assert {place(thing) for thing in self.writer.store.by("tag", tag)} == wanted
            first = {place(thing) for thing in sound if thing.tags[:1] == (tag,)}
            assert {place(thing) for thing in self.writer.store.by("first", tag)} == first
        assert set(self.writer.store.values("tag")) == {tag for thing in sound for tag in thing.tags}


Indexes.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)

Test_I_45_an_index_is_a_scan = Indexes.TestCase
