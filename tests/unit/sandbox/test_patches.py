"""JSON patch, merge patch and strategic merge patch against tables and small models."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.sandbox.patches import PatchError, json_patch, merge_patch, strategic_merge
from esoctl.sandbox.topology import BUILTIN, Topology

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


def op(name: str, path: str, **more: object) -> dict[str, object]:
    return {"op": name, "path": path, **more}


@pytest.mark.parametrize(
    ("doc", "operations", "result"),
    [
        pytest.param({"a": 1}, [op("add", "/b", value=2)], {"a": 1, "b": 2}, id="add a key"),
        pytest.param({"a": 1}, [op("add", "/a", value=2)], {"a": 2}, id="add replaces"),
        pytest.param({"a": [1]}, [op("add", "/a/0", value=0)], {"a": [0, 1]}, id="insert"),
        pytest.param({"a": [1]}, [op("add", "/a/-", value=2)], {"a": [1, 2]}, id="append"),
        pytest.param({"a": [1, 2]}, [op("remove", "/a/-1")], {"a": [1]}, id="negative index"),
        pytest.param({"a/b": 1, "c~d": 2}, [op("remove", "/a~1b"), op("remove", "/c~0d")], {}, id="escapes"),
        pytest.param({"a": 1}, [op("replace", "", value={"b": 1})], {"b": 1}, id="replace the whole"),
        pytest.param({"a": 1}, [op("replace", "/b", value=2)], {"a": 1, "b": 2}, id="replace adds"),
        pytest.param({}, [op("copy", "/b", **{"from": "/a"})], {"b": None}, id="copy of nothing"),
        pytest.param({"a": {"b": 1}}, [op("move", "/c", **{"from": "/a/b"})], {"a": {}, "c": 1}, id="move"),
        pytest.param({"a": {"b": 1}}, [op("copy", "/c", **{"from": "/a"})], {"a": {"b": 1}, "c": {"b": 1}}, id="copy"),
        pytest.param({"a": 1}, [op("test", "/a", value=1.0), op("test", "/x", value=None)], {"a": 1}, id="test holds"),
    ],
)
def test_json_patch_operations(doc: dict[str, object], operations: list[object], result: dict[str, object]) -> None:
    before = json.dumps(doc)

    assert json_patch(doc, operations) == result

    assert json.dumps(doc) == before


@pytest.mark.parametrize(
    ("operations", "text"),
    [
        pytest.param([op("test", "/a", value=2)], "testing value /a failed: test failed", id="test fails"),
        pytest.param([op("test", "/a", value=True)], "testing value /a failed: test failed", id="true is not one"),
        pytest.param([op("test", "/x", value=1)], "testing value /x failed: test failed", id="test of nothing"),
        pytest.param(
            [op("remove", "/x")],
            "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value",
            id="remove nothing",
        ),
        pytest.param(
            [op("add", "/x/y", value=1)],
            'add operation does not apply: doc is missing path: "/x/y": missing value',
            id="add below nothing",
        ),
        pytest.param(
            [op("replace", "/x/y", value=1)],
            "replace operation does not apply: doc is missing path: /x/y: missing value",
            id="replace below nothing",
        ),
        pytest.param([op("dance", "/x")], "Unexpected kind: dance", id="unknown operation"),
        pytest.param([{"op": "add"}], "add operation failed to decode path: missing value", id="no path"),
    ],
)
def test_json_patch_that_does_not_apply(operations: list[object], text: str) -> None:
    with pytest.raises(PatchError) as caught:
        json_patch({"a": 1}, operations)

    assert str(caught.value) == text


def model_of_merge_patch(target: object, patch: object) -> object:
    """RFC 7386, section 2, word for word."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = model_of_merge_patch(result.get(name), value)
    return result


@given(doc=OBJECTS, patch=OBJECTS)
def test_merge_patch_is_that_of_the_rfc(doc: dict[str, object], patch: dict[str, object]) -> None:
    assert merge_patch(doc, patch) == model_of_merge_patch(doc, patch)


@given(doc=OBJECTS, patch=OBJECTS)
def test_merge_patch_leaves_its_arguments_alone(doc: dict[str, object], patch: dict[str, object]) -> None:
    before = json.dumps([doc, patch])

    merge_patch(doc, patch)

    assert json.dumps([doc, patch]) == before


def a_deployment(*containers: dict[str, object]) -> dict[str, object]:
    return {"spec": {"template": {"spec": {"containers": list(containers)}}}}


DEPLOYMENT = BUILTIN["apps/v1", "Deployment"]
META = BUILTIN["v1", "ConfigMap"]


@pytest.mark.parametrize(
    ("doc", "patch", "result"),
    [
        pytest.param(
            a_deployment({"name": "a", "image": "x"}),
            a_deployment({"name": "a", "tty": True}),
            a_deployment({"name": "a", "image": "x", "tty": True}),
            id="items merge by key",
        ),
        pytest.param(
            a_deployment({"name": "a"}),
            a_deployment({"name": "b"}),
            a_deployment({"name": "b"}, {"name": "a"}),
            id="new items come first",
        ),
        pytest.param(
            a_deployment({"name": "a"}, {"name": "b"}),
            a_deployment({"name": "a", "$patch": "delete"}),
            a_deployment({"name": "b"}),
            id="an item is deleted",
        ),
        pytest.param(
            a_deployment({"name": "a"}),
            a_deployment({"name": "c"}, {"$patch": "replace"}),
            a_deployment({"name": "c"}),
            id="a list is replaced",
        ),
        pytest.param({"data": {"a": "1"}}, {"data": {"a": None, "b": "2"}}, {"data": {"b": "2"}}, id="null deletes"),
        pytest.param({}, {"data": {"a": None, "b": "2"}}, {"data": {"b": "2"}}, id="null in new content vanishes"),
        pytest.param(
            {"data": {"a": "1"}}, {"data": {"$patch": "replace", "b": "2"}}, {"data": {"b": "2"}}, id="replace"
        ),
        pytest.param({"data": {"a": "1"}}, {"data": {"$patch": "delete"}}, {"data": {}}, id="a map is emptied"),
        pytest.param(
            {"data": {"a": "1", "b": "2"}},
            {"data": {"$retainKeys": ["b", "c"], "c": "3"}},
            {"data": {"b": "2", "c": "3"}},
            id="retain keys",
        ),
        pytest.param(
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"finalizers": ["c", "b"]}},
            {"metadata": {"finalizers": ["c", "a", "b"]}},
            id="a set is united",
        ),
        pytest.param(
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}},
            {"metadata": {"finalizers": ["b"]}},
            id="delete from a set",
        ),
        pytest.param(
            a_deployment({"name": "a"}, {"name": "b"}),
            {"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}}}},
            a_deployment({"name": "b"}, {"name": "a"}),
            id="order of items",
        ),
        pytest.param({"x": [1, 2]}, {"x": [3]}, {"x": [3]}, id="lists without keys are replaced"),
    ],
)
def test_strategic_merge(doc: dict[str, object], patch: dict[str, object], result: dict[str, object]) -> None:
    topology = DEPLOYMENT if "spec" in doc else META

    assert strategic_merge(doc, patch, topology) == result


@pytest.mark.parametrize(
    ("patch", "text"),
    [
        pytest.param({"$patch": "dance"}, "unknown patch type: dance in map: map[$patch:dance]", id="directive"),
        pytest.param(
            {"metadata": {"ownerReferences": [{"name": "x"}]}},
            "map: map[name:x] does not contain declared merge key: uid",
            id="no key",
        ),
        pytest.param({"$retainKeys": ["a"], "b": 1}, "invalid patch format of retainKeys", id="not retained"),
    ],
)
def test_strategic_merge_that_does_not_apply(patch: dict[str, object], text: str) -> None:
    with pytest.raises(PatchError) as caught:
        strategic_merge({}, patch, META)

    assert str(caught.value) == text


@given(doc=OBJECTS, patch=OBJECTS)
def test_without_keys_and_lists_of_objects_a_strategic_patch_is_a_merge_patch(
    doc: dict[str, object], patch: dict[str, object]
) -> None:
    def without_lists(value: object) -> object:
        return (
            {k: without_lists(v) for k, v in value.items() if not isinstance(v, list)}
            if isinstance(value, dict)
            else value
        )

    flat = without_lists(patch)

    assert strategic_merge(doc, flat, Topology.EMPTY) == merge_patch(doc, flat)
