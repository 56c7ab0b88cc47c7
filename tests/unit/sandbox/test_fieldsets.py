"""Sets of fields: from objects, to and from fieldsV1, and the algebra."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.sandbox import fieldsets
from esoctl.sandbox.fieldsets import FieldSet
from esoctl.sandbox.topology import BUILTIN, from_schema

STEPS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x","port":80}', 'v:"s"', "v:3", "i:0"])
SETS = st.lists(st.lists(STEPS, min_size=1, max_size=3).map(tuple), max_size=6).map(fieldsets.of)


def paths(found: FieldSet) -> set[tuple[str, ...]]:
    return set(found.paths())


@given(found=SETS)
def test_fields_v1_round_trips(found: FieldSet) -> None:
    assert fieldsets.from_json(found.to_json()) == found


@given(one=SETS, other=SETS)
def test_the_algebra_is_that_of_sets_of_paths(one: FieldSet, other: FieldSet) -> None:
    assert paths(one.union(other)) == paths(one) | paths(other)
    assert paths(one.intersection(other)) == paths(one) & paths(other)
    assert paths(one.difference(other)) == paths(one) - paths(other)


@given(one=SETS, other=SETS)
def test_without_trees_drops_what_lies_below(one: FieldSet, other: FieldSet) -> None:
    gone = paths(other)

    kept = {path for path in paths(one) if not any(path[: n + 1] in gone for n in range(len(path)))}

    assert paths(one.without_trees(other)) == kept


@given(one=SETS)
def test_a_set_contains_its_paths_and_nothing_else(one: FieldSet) -> None:
    found = paths(one)

    assert all(path in one for path in found)
    assert bool(one) == bool(found)
    assert () not in one
    assert ("f:other",) not in one


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param({"f:a": {}}, {("f:a",)}, id="a leaf"),
        pytest.param({"f:a": {".": {}, "f:b": {}}}, {("f:a",), ("f:a", "f:b")}, id="a member with more below"),
        pytest.param({"f:a": {"f:b": {}}}, {("f:a", "f:b")}, id="only what is below"),
        pytest.param({'k:{"b":1,"a":"x"}': {}}, {('k:{"a":"x","b":1}',)}, id="keys in another order"),
        pytest.param({"v:1.0": {}}, {("v:1",)}, id="a whole float"),
        pytest.param({"z:a": {}, "f:b": {}}, {("f:b",)}, id="an unknown kind of step is skipped"),
        pytest.param(None, set(), id="nothing"),
    ],
)
def test_reading_fields_v1(document: object, expected: set[tuple[str, ...]]) -> None:
    assert paths(fieldsets.from_json(document)) == expected


def test_a_step_that_is_no_json_is_refused() -> None:
    with pytest.raises(fieldsets.PathError):
        fieldsets.from_json({"k:{": {}})


def test_fields_of_an_object() -> None:
    service = {
        "kind": "Service",
        "metadata": {"labels": {"a": "b"}, "annotations": {}, "finalizers": ["x/y"]},
        "spec": {
            "selector": {"app": "x"},
            "externalIPs": ["1.1.1.1"],
            "ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}],
        },
    }

    found = fieldsets.from_object(service, BUILTIN["v1", "Service"])

    assert found.to_json() == {
        "f:kind": {},
        "f:metadata": {"f:annotations": {}, "f:finalizers": {'v:"x/y"': {}}, "f:labels": {"f:a": {}}},
        "f:spec": {
            "f:externalIPs": {},
            "f:ports": {
                'k:{"port":53,"protocol":"UDP"}': {".": {}, "f:port": {}, "f:protocol": {}},
                'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}},
            },
            "f:selector": {},
        },
    }


def test_keys_that_users_choose_are_members_but_declared_fields_are_not() -> None:
    inner = {"type": "object", "properties": {"x": {"type": "string"}}}
    topology = from_schema({"properties": {"map": {"additionalProperties": inner}, "struct": inner}})

    found = fieldsets.from_object({"map": {"k": {"x": "1"}}, "struct": {"x": "1"}}, topology)

    assert found.to_json() == {"f:map": {"f:k": {".": {}, "f:x": {}}}, "f:struct": {"f:x": {}}}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param(["f:data", "f:a.b"], ".data.a.b", id="fields"),
        pytest.param(
            ['k:{"port":80,"protocol":"TCP"}', "f:name"], '[port=80,protocol="TCP"].name', id="an item by keys"
        ),
        pytest.param(["f:finalizers", 'v:"x"'], '.finalizers[="x"]', id="an item of a set"),
        pytest.param(["i:3"], "[3]", id="a position"),
    ],
)
def test_paths_are_written_as_conflicts_spell_them(path: list[str], text: str) -> None:
    assert fieldsets.write(path) == text


def test_paths_come_in_the_order_of_the_server() -> None:
    found = fieldsets.of(
        [["i:1"], ["v:true"], ['v:"a"'], ["v:2"], ['k:{"a":2}'], ['k:{"a":10}'], ["f:z", "f:a"], ["f:b"]]
    )

    assert list(found.paths()) == [
        ("f:b",),
        ('k:{"a":2}',),
        ('k:{"a":10}',),
        ("v:2",),
        ('v:"a"',),
        ("v:true",),
        ("i:1",),
        ("f:z", "f:a"),
    ]
