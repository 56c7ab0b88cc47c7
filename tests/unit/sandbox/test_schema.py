"""Pruning and defaulting by a structural schema."""

import pytest

from esoctl.sandbox.schema import default, prune

STRING = {"type": "string"}


def a_schema(**spec: object) -> dict[str, object]:
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": spec}}}


SCHEMA = a_schema(
    plain=STRING,
    list={"type": "array", "items": {"type": "object", "properties": {"x": STRING}}},
    map={"type": "object", "additionalProperties": {"type": "object", "properties": {"x": STRING}}},
    free={
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
        "properties": {"known": {"type": "object", "properties": {"x": STRING}}},
    },
    embedded={
        "type": "object",
        "x-kubernetes-embedded-resource": True,
        "properties": {"spec": {"type": "object", "properties": {"x": STRING}}},
    },
)


@pytest.mark.parametrize(
    ("spec", "unknown", "left"),
    [
        pytest.param({"plain": "1", "zz": 1}, ["spec.zz"], {"plain": "1"}, id="a field"),
        pytest.param({"list": [{"x": "1"}, {"y": 1}]}, ["spec.list[1].y"], {"list": [{"x": "1"}, {}]}, id="in a list"),
        pytest.param({"map": {"k": {"x": "1", "y": 1}}}, ["spec.map.k.y"], {"map": {"k": {"x": "1"}}}, id="in a map"),
        pytest.param({"free": {"a": {"b": 1}}}, [], {"free": {"a": {"b": 1}}}, id="preserved"),
        pytest.param(
            {"free": {"known": {"x": "1", "y": 1}}},
            ["spec.free.known.y"],
            {"free": {"known": {"x": "1"}}},
            id="known fields among the preserved",
        ),
        pytest.param(
            {"embedded": {"kind": "X", "metadata": {"a": 1}, "foo": 1, "spec": {"y": 1}}},
            ["spec.embedded.foo", "spec.embedded.spec.y"],
            {"embedded": {"kind": "X", "metadata": {"a": 1}, "spec": {}}},
            id="an embedded resource",
        ),
    ],
)
def test_unknown_fields_go(spec: dict[str, object], unknown: list[str], left: dict[str, object]) -> None:
    obj: dict[str, object] = {"kind": "Thing", "metadata": {"any": "thing"}, "spec": spec}

    found = prune(obj, SCHEMA)

    assert found == unknown
    assert obj == {"kind": "Thing", "metadata": {"any": "thing"}, "spec": left}


def test_an_unknown_field_at_the_top_is_named() -> None:
    obj: dict[str, object] = {"foo": 1}

    assert prune(obj, SCHEMA) == ["foo"]


def test_nulls_that_may_not_be_and_have_no_default_go() -> None:
    schema = a_schema(plain=STRING, nullable={**STRING, "nullable": True}, filled={**STRING, "default": "x"})
    obj: dict[str, object] = {"spec": {"plain": None, "nullable": None, "filled": None}}

    assert prune(obj, schema) == []
    default(obj, schema)

    assert obj == {"spec": {"nullable": None, "filled": "x"}}


FILLED = a_schema(
    object={
        "type": "object",
        "default": {"x": "one"},
        "properties": {
            "x": {**STRING, "default": "X"},
            "y": {"type": "integer", "default": 3},
            "below": {"type": "object", "properties": {"w": {**STRING, "default": "W"}}},
        },
    },
    list={"type": "array", "items": {"type": "object", "properties": {"x": {**STRING, "default": "X"}}}},
)


@pytest.mark.parametrize(
    ("spec", "result"),
    [
        pytest.param({}, {"object": {"x": "one", "y": 3}}, id="a default is completed by those below it"),
        pytest.param({"object": {}}, {"object": {"x": "X", "y": 3}}, id="fields of what is there"),
        pytest.param(
            {"object": {"below": {}, "x": "mine"}},
            {"object": {"below": {"w": "W"}, "x": "mine", "y": 3}},
            id="only inside parents that are there",
        ),
        pytest.param({"object": {"x": None}}, {"object": {"x": "X", "y": 3}}, id="instead of null"),
        pytest.param(
            {"list": [{}, {"x": "a"}]},
            {"list": [{"x": "X"}, {"x": "a"}], "object": {"x": "one", "y": 3}},
            id="in lists",
        ),
    ],
)
def test_defaults_come(spec: dict[str, object], result: dict[str, object]) -> None:
    obj: dict[str, object] = {"spec": spec}

    default(obj, FILLED)

    assert obj == {"spec": result}


def test_defaults_are_copies() -> None:
    first: dict[str, object] = {"spec": {}}
    second: dict[str, object] = {"spec": {}}

    default(first, FILLED)
    first["spec"]["object"]["y"] = 99
    default(second, FILLED)

    assert second["spec"]["object"]["y"] == 3
