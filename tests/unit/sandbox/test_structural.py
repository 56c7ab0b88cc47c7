"""Whether CRD schemas are structural. The messages were recorded from kube-apiserver 1.36.3."""

import pytest

from esoctl.sandbox.structural import problems

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
HERE = "spec.validation.openAPIV3Schema"


def a_definition(*schemas: dict[str, object]) -> dict[str, object]:
    return {"spec": {"versions": [{"schema": {"openAPIV3Schema": schema}} for schema in schemas]}}


def messages(field: dict[str, object]) -> list[str]:
    """Of a field of the root, with the common beginning cut off."""
    found = problems(a_definition({"type": "object", "properties": {"x": field}}))
    return [error.message().removeprefix(f"{HERE}.properties[x]") for error in found]


def keyed(*keys: str, **item: object) -> dict[str, object]:
    return {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": list(keys),
        "items": {"type": "object", "properties": {"k": STRING}, **item},
    }


@pytest.mark.parametrize(
    "field",
    [
        pytest.param({"x-kubernetes-int-or-string": True}, id="int or string"),
        pytest.param({"x-kubernetes-int-or-string": True, "anyOf": [INTEGER, STRING]}, id="spelled out"),
        pytest.param(
            {"x-kubernetes-int-or-string": True, "allOf": [{"anyOf": [INTEGER, STRING]}, {"pattern": "a"}]},
            id="with more",
        ),
        pytest.param({"x-kubernetes-preserve-unknown-fields": True}, id="anything"),
        pytest.param(keyed("k", required=["k"]), id="list with a required key"),
        pytest.param({"type": "string", "enum": ["a"], "default": "a"}, id="a default that fits"),
        pytest.param(
            {"type": "object", "properties": {"a": STRING}, "anyOf": [{"required": ["a"]}]}, id="an alternative"
        ),
    ],
)
def test_structural_fields(field: dict[str, object]) -> None:
    assert messages(field) == []


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        pytest.param({}, [".type: Required value: must not be empty for specified object fields"], id="no type"),
        pytest.param({"type": "array"}, [".items: Required value: must be specified"], id="no items"),
        pytest.param(
            {"type": "array", "items": {}},
            [".items.type: Required value: must not be empty for specified array items"],
            id="items without type",
        ),
        pytest.param(
            {"type": "foo"},
            [
                (
                    '.type: Unsupported value: "foo": supported values: '
                    '"array", "boolean", "integer", "number", "object", "string"'
                )
            ],
            id="unknown type",
        ),
        pytest.param({"type": "object", "$ref": "#/x"}, [".$ref: Forbidden: $ref is not supported"], id="reference"),
        pytest.param(
            {"type": "array", "items": STRING, "uniqueItems": True},
            [
                (
                    ".uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes "
                    "quadratic"
                )
            ],
            id="unique items",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": STRING}, "additionalProperties": STRING},
            [".additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"],
            id="both kinds of properties",
        ),
        pytest.param(
            {"x-kubernetes-int-or-string": True, "x-kubernetes-preserve-unknown-fields": True},
            [
                (
                    ".x-kubernetes-preserve-unknown-fields: Invalid value: true: "
                    "must be false if x-kubernetes-int-or-string is true"
                )
            ],
            id="int or string or anything",
        ),
        pytest.param(
            {"type": "object", "x-kubernetes-preserve-unknown-fields": False},
            [".x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined"],
            id="preserve set to false",
        ),
        pytest.param(
            {"type": "object", "x-kubernetes-embedded-resource": True},
            [
                (
                    ".properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without "
                    "x-kubernetes-preserve-unknown-fields"
                )
            ],
            id="an embedded resource without content",
        ),
        pytest.param(
            {"type": "object", "anyOf": [{"type": "object", "description": "x"}]},
            [
                ".anyOf[0].description: Forbidden: must be empty to be structural",
                ".anyOf[0].type: Forbidden: must be empty to be structural",
            ],
            id="alternatives that say what there is",
        ),
        pytest.param(
            {"type": "string", "pattern": "("},
            [
                (
                    '.pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: '
                    "error parsing regexp: missing closing ): `(`"
                )
            ],
            id="pattern",
        ),
        pytest.param(
            keyed("k"),
            [
                (
                    ".items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, "
                    "so it must have a default or be a required property"
                )
            ],
            id="an optional key",
        ),
        pytest.param(
            {
                "type": "array",
                "items": {"type": "object", "properties": {"a": STRING}},
                "x-kubernetes-list-type": "map",
            },
            [".x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map"],
            id="a map without keys",
        ),
        pytest.param(
            {"type": "array", "items": STRING, "x-kubernetes-list-type": "bag"},
            ['.x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"'],
            id="unknown list type",
        ),
        pytest.param(
            {"type": "string", "default": 3},
            ['.default: Invalid value: "integer":  in body must be of type string: "integer"'],
            id="a default of another type",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": STRING}, "default": {"b": 1}},
            ['.default: Invalid value: {"b":1}: must not have unknown fields'],
            id="a default with unknown fields",
        ),
    ],
)
def test_fields_that_are_not_structural(field: dict[str, object], expected: list[str]) -> None:
    assert messages(field) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param(
            {"type": "object", "additionalProperties": STRING},
            [f"{HERE}.additionalProperties: Forbidden: must not be used at the root"],
            id="additional properties",
        ),
        pytest.param(
            {"type": "string"}, [f'{HERE}.type: Invalid value: "string": must be object at the root'], id="type"
        ),
        pytest.param({}, [f"{HERE}.type: Required value: must not be empty at the root"], id="no type"),
        pytest.param(
            {
                "type": "object",
                "properties": {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}},
            },
            [
                (
                    f"{HERE}.properties[metadata]: Forbidden: "
                    "must not specify anything other than name and generateName, but metadata is implicitly specified"
                )
            ],
            id="metadata",
        ),
        pytest.param(
            {"type": "object", "anyOf": [{"properties": {"zz": {"minimum": 1}}}]},
            [f"{HERE}.properties[zz]: Required value: because it is defined in {HERE}.anyOf[0].properties[zz]"],
            id="a field only in an alternative",
        ),
    ],
)
def test_the_root_of_a_schema(schema: dict[str, object], expected: list[str]) -> None:
    assert [error.message() for error in problems(a_definition(schema))] == expected


def test_versions_that_differ_are_told_apart() -> None:
    found = problems(a_definition({"type": "object"}, {"type": "string"}))

    assert [error.field for error in found] == ["spec.versions[1].schema.openAPIV3Schema.type"]
