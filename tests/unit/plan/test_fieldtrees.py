"""Field sets: what a manager owns of an object, and what is left without it."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.model.meta import ManagedFields
from esoctl.plan import fieldtrees

HELD = {
    "data": {"a": "1", "b": "2"},
    "spec": {
        "ports": [{"name": "x", "port": 1}, {"name": "y", "port": 2}],
        "hosts": ["p", "q"],
        "rules": [1, 2],
        "size": 3,
    },
}


def manager(name: str, fields: dict[str, Any], subresource: str = "") -> ManagedFields:
    return ManagedFields(name, "Apply", subresource, msgspec.Raw(json.dumps(fields).encode()))


def test_what_is_owned_is_the_union_of_the_managers_entries_without_subresources() -> None:
    entries = [
        manager("me", {"f:data": {"f:a": {}}}),
        manager("me", {"f:data": {"f:b": {}}}),
        manager("also", {"f:spec": {}}),
        manager("other", {"f:x": {}}),
        manager("me", {"f:status": {}}, "status"),
    ]

    assert fieldtrees.owned_by(("me", "also"), entries) == {"f:data": {"f:a": {}, "f:b": {}}, "f:spec": {}}


@pytest.mark.parametrize(
    ("owned", "path", "left"),
    [
        pytest.param({"f:data": {"f:a": {}}}, ("data",), {"b": "2"}, id="a field"),
        pytest.param({"f:data": {".": {}, "f:a": {}}}, ("data",), {"b": "2"}, id="a map with foreign fields"),
        pytest.param({"f:data": {".": {}, "f:a": {}, "f:b": {}}}, ("data",), None, id="a map that is ours as a whole"),
        pytest.param({"f:data": {"f:a": {}, "f:b": {}}}, ("data",), {}, id="a map that is not"),
        pytest.param({"f:spec": {"f:rules": {}}}, ("spec", "rules"), None, id="a list as a whole"),
        pytest.param(
            {"f:spec": {"f:ports": {'k:{"name":"x"}': {".": {}}}}},
            ("spec", "ports"),
            [{"name": "y", "port": 2}],
            id="an item by its key",
        ),
        pytest.param({"f:spec": {"f:hosts": {'v:"p"': {}}}}, ("spec", "hosts"), ["q"], id="an item by its value"),
        pytest.param(
            {"f:spec": {"f:hosts": {'v:"p"': {}, 'v:"q"': {}}}}, ("spec", "hosts"), None, id="the last items of a list"
        ),
        pytest.param({"f:none": {}}, ("spec", "size"), 3, id="what is not there"),
    ],
)
def test_an_object_without_what_is_owned(owned: dict[str, Any], path: tuple[str, ...], left: object) -> None:
    found: Any = fieldtrees.without(HELD, owned)

    for name in path:
        found = found.get(name)
    assert found == left


def test_lists_can_be_kept_whole() -> None:
    owned = {"f:spec": {"f:rules": {}, "f:hosts": {'v:"p"': {}}, "f:size": {}}}

    found = fieldtrees.without(HELD, owned, keep_lists=True)

    assert found == HELD | {"spec": {"ports": HELD["spec"]["ports"], "hosts": ["p", "q"], "rules": [1, 2]}}


@pytest.mark.parametrize(
    ("owned", "lost"),
    [
        pytest.param({"f:data": {".": {}, "f:a": {}}}, [], id="a field"),
        pytest.param({"f:data": {"f:c": {}}}, ["data.c"], id="another field"),
        pytest.param({"f:data": {"f:a": {"f:x": {}}}}, ["data.a.x"], id="a field below a text"),
        pytest.param({"f:spec": {"f:ports": {'k:{"name":"x"}': {"f:port": {}}}}}, [], id="an item by its key"),
        pytest.param({"f:spec": {"f:ports": {'k:{"name":"z"}': {}}}}, ["spec.ports[]"], id="another item"),
        pytest.param({"f:spec": {"f:hosts": {'v:"q"': {}}}}, [], id="an item by its value"),
        pytest.param({"f:spec": {"f:hosts": {'v:"z"': {}}}}, ["spec.hosts[]"], id="another value"),
        pytest.param({"f:a": {"f:b": {}}}, ["a"], id="a branch"),
        pytest.param({}, [], id="nothing"),
    ],
)
def test_an_object_covers_what_is_owned_or_it_is_said_what_is_lost(owned: dict[str, Any], lost: list[str]) -> None:
    assert list(fieldtrees.lost(HELD, owned)) == lost
    assert fieldtrees.covers(HELD, owned) is (not lost)


def test_a_projection_shows_lists_whole_and_what_is_missing_as_nothing() -> None:
    wanted = {"data": {"a": "?", "z": "?"}, "spec": {"rules": []}, "none": {"x": 1}}

    assert fieldtrees.project(HELD, wanted) == {
        "data": {"a": "1", "z": None},
        "spec": {"rules": [1, 2]},
        "none": {"x": None},
    }


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
objects = st.recursive(
    st.dictionaries(st.text("abc", min_size=1, max_size=1), scalars, max_size=3),
    lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=1), inner | scalars, max_size=3),
    max_leaves=8,
)


@given(objects, objects)
def test_a_difference_laid_over_the_foreign_part_gives_what_was_made(made: Any, foreign: Any) -> None:
    over = fieldtrees.laid_over(foreign, fieldtrees.difference(made, foreign))

    assert fieldtrees.project(over, made) == fieldtrees.project(fieldtrees.laid_over(foreign, made), made)


@given(objects)
def test_nothing_differs_from_itself(made: Any) -> None:
    assert fieldtrees.difference(made, made) == {}
    assert fieldtrees.project(made, made) == made


def tree_of(held: Any) -> dict[str, Any]:
    """What an apply of the object would own."""
    return (
        {f"f:{name}": {".": {}, **tree_of(below)} if below else {} for name, below in held.items()}
        if isinstance(held, dict)
        else {}
    )


@given(objects, objects)
def test_what_we_applied_is_covered_by_itself_and_gone_without_it(ours: Any, foreign: Any) -> None:
    tree = tree_of(ours)

    assert fieldtrees.covers(ours, tree)
    assert fieldtrees.without(ours, tree) == {}
    left = fieldtrees.without(fieldtrees.laid_over(foreign, ours), tree)
    assert all(name in foreign for name in left)
