"""Validation against schemas. The messages were recorded from kube-apiserver 1.36.3."""

import pytest

from esoctl.sandbox.validation import validate, validate_status

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
KEYED = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["k"],
    "items": {"type": "object", "properties": {"k": STRING, "v": {"type": "integer", "maximum": 5}}},
}


def an_object(value: object) -> dict[str, object]:
    return {"spec": {"x": value}}


def a_schema(field: dict[str, object], **spec: object) -> dict[str, object]:
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": {"x": field}, **spec}}}


def messages(value: object, field: dict[str, object], old: object = None) -> list[str]:
    before = None if old is None else an_object(old)
    return [error.message() for error in validate(an_object(value), a_schema(field), before)]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        pytest.param(
            INTEGER, "a", 'Invalid value: "string": spec.x in body must be of type integer: "string"', id="type"
        ),
        pytest.param(
            STRING, True, 'Invalid value: "boolean": spec.x in body must be of type string: "boolean"', id="bool"
        ),
        pytest.param(STRING, None, 'Invalid value: "null": spec.x in body must be of type string: "null"', id="null"),
        pytest.param(
            {"x-kubernetes-int-or-string": True},
            {},
            'Invalid value: "object": spec.x in body must be of type integer,string: "object"',
            id="int or string",
        ),
        pytest.param(
            {"type": "string", "enum": ["A", "B"]}, "C", 'Unsupported value: "C": supported values: "A", "B"', id="enum"
        ),
        pytest.param(
            {"type": "integer", "enum": [1, 2]}, 3, 'Unsupported value: 3: supported values: "1", "2"', id="int enum"
        ),
        pytest.param(
            {"type": "string", "maxLength": 5}, "abcdef", "Too long: may not be more than 5 bytes", id="too long"
        ),
        pytest.param({"type": "string", "maxLength": 1}, "ab", "Too long: may not be more than 1 byte", id="one byte"),
        pytest.param(
            {"type": "string", "minLength": 2},
            "a",
            'Invalid value: "a": spec.x in body should be at least 2 chars long',
            id="too short",
        ),
        pytest.param(
            {"type": "string", "pattern": "^[a-z]+$"},
            'A"\n\x01',
            'Invalid value: "A\\"\\n\\x01": spec.x in body should match \'^[a-z]+$\'',
            id="pattern",
        ),
        pytest.param(
            {"type": "integer", "minimum": 1},
            0,
            "Invalid value: 0: spec.x in body should be greater than or equal to 1",
            id="minimum",
        ),
        pytest.param(
            {"type": "number", "minimum": 1.5, "exclusiveMinimum": True},
            1.5,
            "Invalid value: 1.5: spec.x in body should be greater than 1.5",
            id="exclusive minimum",
        ),
        pytest.param(
            {"type": "number", "maximum": 3, "exclusiveMaximum": True},
            3.0,
            "Invalid value: 3: spec.x in body should be less than 3",
            id="exclusive maximum",
        ),
        pytest.param(
            {"type": "integer", "multipleOf": 3},
            4,
            "Invalid value: 4: spec.x in body should be a multiple of 3",
            id="multiple",
        ),
        pytest.param(
            {"type": "string", "format": "date-time"},
            "2026-01-01",
            'Invalid value: "2026-01-01": spec.x in body must be of type date-time: "2026-01-01"',
            id="format",
        ),
        pytest.param(
            {"type": "string", "format": "date-time"},
            5,
            'Invalid value: "int64": spec.x in body must be of type date-time: "int64"',
            id="format of another type",
        ),
        pytest.param(
            {"type": "array", "minItems": 1, "items": STRING},
            [],
            "Invalid value: 0: spec.x in body should have at least 1 items",
            id="too few items",
        ),
        pytest.param(
            {"type": "array", "maxItems": 1, "items": STRING},
            ["a", "b"],
            "Too many: 2: must have at most 1 item",
            id="too many",
        ),
        pytest.param(
            {"type": "object", "maxProperties": 1, "additionalProperties": INTEGER},
            {"a": 1, "b": 2},
            "Too many: 2: must have at most 1 item",
            id="too many properties",
        ),
        pytest.param(
            {"type": "object", "minProperties": 1, "additionalProperties": INTEGER},
            {},
            "Invalid value: 0: spec.x in body should have at least 1 properties",
            id="too few properties",
        ),
    ],
)
def test_a_value_beyond_its_limits(field: dict[str, object], value: object, message: str) -> None:
    assert messages(value, field) == [f"spec.x: {message}"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param(INTEGER, 2.0, id="a whole float is an integer"),
        pytest.param({"type": "number"}, 2, id="an integer is a number"),
        pytest.param({"type": "string", "nullable": True}, None, id="nullable"),
        pytest.param({"x-kubernetes-int-or-string": True}, "3%", id="int or string"),
        pytest.param({"x-kubernetes-preserve-unknown-fields": True}, [{"a": 1}], id="anything"),
        pytest.param({"type": "string", "format": "no-such-format"}, "!", id="unknown format"),
        pytest.param({"type": "string", "maxLength": 2}, "éé", id="length counts characters"),
    ],
)
def test_a_value_within_its_limits(field: dict[str, object], value: object) -> None:
    assert messages(value, field) == []


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        pytest.param(
            {"type": "integer", "format": "int32"},
            2**31,
            ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x'],
            id="out of range",
        ),
        pytest.param(
            INTEGER,
            1.5,
            [
                'spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"',
                '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.x',
            ],
            id="a broken number",
        ),
        pytest.param(
            {"type": "array", "items": {"type": "object", "required": ["a"], "properties": {"a": INTEGER}}},
            [{}, {"a": "1"}],
            [
                "spec.x[0].a: Required value",
                'spec.x[1].a: Invalid value: "string": spec.x[1].a in body must be of type integer: "string"',
            ],
            id="inside a list",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": INTEGER},
            {"a": "1"},
            ['spec.x.a: Invalid value: "string": spec.x.a in body must be of type integer: "string"'],
            id="inside a map",
        ),
    ],
)
def test_errors_inside(field: dict[str, object], value: object, expected: list[str]) -> None:
    assert messages(value, field) == expected


ALTERNATIVES = {"a": STRING, "b": INTEGER, "c": INTEGER}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        pytest.param(
            {"anyOf": [{"required": ["a"]}, {"required": ["b"], "properties": {"b": {"minimum": 3}}}]},
            {"b": 1},
            [
                '<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)',
                "spec.x.b: Invalid value: 1: spec.x.b in body should be greater than or equal to 3",
            ],
            id="any of, the best failure is told",
        ),
        pytest.param(
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {},
            [
                '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found none valid',
                "spec.x.a: Required value",
            ],
            id="one of, none",
        ),
        pytest.param(
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"a": "1", "b": 2},
            [
                (
                    '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). '
                    "Found 2 valid alternatives"
                ),
            ],
            id="one of, two",
        ),
        pytest.param(
            {"allOf": [{"required": ["a"]}, {"properties": {"b": {"minimum": 3}}}]},
            {"b": 1},
            [
                "spec.x.a: Required value",
                "spec.x.b: Invalid value: 1: spec.x.b in body should be greater than or equal to 3",
                '<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf). None validated',
            ],
            id="all of, none",
        ),
        pytest.param(
            {"not": {"required": ["a"]}},
            {"a": "1"},
            ['<nil>: Invalid value: "": "spec.x" must not validate the schema (not)'],
            id="not",
        ),
        pytest.param({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"b": 1}, [], id="any of, one"),
        pytest.param({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": "1"}, [], id="one of, one"),
    ],
)
def test_alternatives(field: dict[str, object], value: object, expected: list[str]) -> None:
    assert messages(value, {"type": "object", "properties": ALTERNATIVES, **field}) == expected


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        pytest.param(
            {"type": "array", "x-kubernetes-list-type": "set", "items": STRING},
            ["a", "a", "a", "b", "b"],
            ['spec.x[1]: Duplicate value: "a"', 'spec.x[4]: Duplicate value: "b"'],
            id="set",
        ),
        pytest.param(KEYED, [{"k": "a"}, {"k": "a"}], ['spec.x[1]: Duplicate value: {"k":"a"}'], id="map"),
        pytest.param(KEYED, [{}, {}], ["spec.x[1]: Duplicate value: {}"], id="map without keys"),
    ],
)
def test_items_that_occur_twice(field: dict[str, object], value: object, expected: list[str]) -> None:
    assert messages(value, field) == expected


def test_causes_carry_reason_message_and_field() -> None:
    [error] = validate({"spec": {}}, a_schema(STRING, required=["x"]))

    assert error.cause() == {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.x"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param([{"k": "a", "v": 9}], [{"k": "a", "v": 9}], [], id="unchanged"),
        pytest.param([{"k": "a", "v": 9}, {"k": "b"}], [{"k": "b"}, {"k": "a", "v": 9}], [], id="another order"),
        pytest.param([{"k": "a", "v": 9}], [{"k": "b"}, {"k": "a", "v": 9}], [], id="the same item elsewhere"),
        pytest.param(
            [{"k": "a", "v": 9}],
            [{"k": "a", "v": 8}],
            ["spec.x[0].v: Invalid value: 8: spec.x[0].v in body should be less than or equal to 5"],
            id="changed",
        ),
    ],
)
def test_what_was_wrong_and_has_not_changed_is_let_pass(old: object, new: object, expected: list[str]) -> None:
    assert messages(new, KEYED, old) == expected


def test_status_is_validated_on_its_own() -> None:
    schema = {
        "type": "object",
        "properties": {"spec": INTEGER, "status": {"type": "object", "properties": {"n": INTEGER}}},
    }

    found = validate_status({"spec": "wrong", "status": {"n": "x"}}, schema, {})
    whole = validate_status({"status": "x"}, schema, {})

    assert [e.message() for e in found] == [
        'status.n: Invalid value: "string": n in body must be of type integer: "string"'
    ]
    assert [e.message() for e in whole] == [
        'status: Invalid value: "string":  in body must be of type object: "string"'
    ]
