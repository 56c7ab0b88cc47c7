"""Merging, comparing and thinning out documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.sandbox import fieldsets, structured
from esoctl.sandbox.fieldsets import NOTHING, PathError
from esoctl.sandbox.topology import Topology, from_schema

ITEM = {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer"}}}
TOPOLOGY = from_schema(
    {
        "properties": {
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
            "set": {"items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            "keyed": {"items": ITEM, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]},
            "whole": {"items": {"type": "string"}},
            "unit": {"properties": {"a": {}}, "x-kubernetes-map-type": "atomic"},
        }
    }
)
KEYS = st.sampled_from("abcd")
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "map": st.dictionaries(KEYS, st.sampled_from("12"), max_size=3),
        "set": st.lists(KEYS, unique=True, max_size=4),
        "keyed": st.lists(
            st.builds(lambda k, v: {"k": k, "v": v}, KEYS, st.integers(0, 1)), unique_by=lambda i: i["k"]
        ),
        "whole": st.lists(KEYS, max_size=2),
        "unit": st.dictionaries(st.just("a"), st.integers(0, 1)),
    },
)


@pytest.mark.parametrize(
    ("live", "wanted", "merged"),
    [
        pytest.param({"map": {"a": "1"}}, {"map": {"b": "2"}}, {"map": {"a": "1", "b": "2"}}, id="maps merge"),
        pytest.param({"unit": {"a": 1}}, {"unit": {"b": 2}}, {"unit": {"b": 2}}, id="units replace"),
        pytest.param({"whole": ["a"]}, {"whole": ["b"]}, {"whole": ["b"]}, id="whole lists replace"),
        pytest.param({"set": ["a", "b"]}, {"set": ["c", "a"]}, {"set": ["c", "a", "b"]}, id="sets unite"),
        pytest.param({"set": ["d", "a"]}, {"set": ["d", "g"]}, {"set": ["d", "a", "g"]}, id="its own before the new"),
        pytest.param(
            {"set": ["a", "b", "c"]}, {"set": ["c", "x", "a"]}, {"set": ["b", "c", "x", "a"]}, id="in the wanted order"
        ),
        pytest.param(
            {"keyed": [{"k": "a", "v": 1}, {"k": "x"}]},
            {"keyed": [{"k": "z"}, {"k": "a", "v": 2}]},
            {"keyed": [{"k": "z"}, {"k": "a", "v": 2}, {"k": "x"}]},
            id="items merge by key",
        ),
        pytest.param({"map": {"a": "1"}}, {"map": None}, {"map": {"a": "1"}}, id="null leaves a map alone"),
        pytest.param({}, {"map": {}}, {"map": {}}, id="an empty map stays"),
    ],
)
def test_merge(live: object, wanted: object, merged: object) -> None:
    assert structured.merge(live, wanted, TOPOLOGY) == merged


def test_wanting_an_item_twice_is_refused() -> None:
    with pytest.raises(PathError, match=r'duplicate entries for key \[="a"\]'):
        structured.merge({"set": ["a"]}, {"set": ["a", "a"]}, TOPOLOGY)


@given(live=DOCUMENTS, wanted=DOCUMENTS)
def test_merging_again_changes_nothing(live: object, wanted: object) -> None:
    once = structured.merge(live, wanted, TOPOLOGY)

    assert structured.merge(once, wanted, TOPOLOGY) == once


@given(document=DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document: object) -> None:
    change = structured.compare(document, document, TOPOLOGY)

    assert not (change.added)
    assert not (change.modified)
    assert not (change.removed)


@given(old=DOCUMENTS, new=DOCUMENTS)
def test_comparing_the_other_way_round_swaps_added_and_removed(old: object, new: object) -> None:
    there, back = structured.compare(old, new, TOPOLOGY), structured.compare(new, old, TOPOLOGY)

    assert there.added == back.removed
    assert there.removed == back.added
    assert there.modified == back.modified


@given(document=DOCUMENTS)
def test_removing_every_field_leaves_nothing(document: dict[str, object]) -> None:
    everything = fieldsets.from_object(document, TOPOLOGY).with_declared(TOPOLOGY)

    left = structured.remove(document, everything, TOPOLOGY)

    assert left is None or all(value in ([], None) for value in left.values())


@given(document=DOCUMENTS)
def test_removing_nothing_keeps_every_field(document: dict[str, object]) -> None:
    kept = structured.remove(document, NOTHING, TOPOLOGY)

    assert (kept or {}) == document


def test_items_that_occur_twice_are_one_unit() -> None:
    change = structured.compare({"set": ["a", "a"]}, {"set": ["a"]}, TOPOLOGY)

    assert change.removed.to_json() == {"f:set": {'v:"a"': {}}}


def test_a_value_of_another_type_is_modified() -> None:
    change = structured.compare({"x": 1}, {"x": {"y": 2}}, Topology.EMPTY)

    assert change.modified.to_json() == {"f:x": {}}
    assert change.added.to_json() == {"f:x": {"f:y": {}}}
