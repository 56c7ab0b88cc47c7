"""Checks the keywords of a CRD's schema one node at a time: which are allowed, and what their values must be.

From: k8s.io/apiextensions-apiserver, ``pkg/apis/apiextensions/validation``, whose words these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from esoctl.sandbox.documents import child, text
from esoctl.sandbox.field_errors import FieldError, FieldErrorType, quote

Schema = Mapping[str, object]
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_UNSUPPORTED = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")


def problems(schema: Schema, path: str) -> Iterator[FieldError]:
    """What is wrong with the keywords of a schema, alternatives included."""
    yield from _node(schema, path)
    for step, below in _children(schema):
        yield from problems(below, f"{path}.{step}")


def _children(schema: Schema) -> Iterator[tuple[str, Schema]]:
    for key in ("additionalProperties", "items", "not"):
        if isinstance(schema.get(key), dict):
            yield key, child(schema, key)
    for name, below in child(schema, "properties").items():
        if isinstance(below, dict):
            yield f"properties[{name}]", below
    for key in ("allOf", "oneOf", "anyOf"):
        found = schema.get(key)
        for at, below in enumerate(found if isinstance(found, list) else []):
            if isinstance(below, dict):
                yield f"{key}[{at}]", below


def _node(schema: Schema, path: str) -> Iterator[FieldError]:
    kind = text(schema, "type")
    if kind and kind not in _TYPES:
        yield _not_supported(f"{path}.type", kind, _TYPES)
    if kind == "null":
        words = "type cannot be set to null, use nullable as an alternative"
        yield FieldError(FieldErrorType.FORBIDDEN, f"{path}.type", words)
    for key in _UNSUPPORTED:
        if schema.get(key) not in (None, {}):
            yield FieldError(FieldErrorType.FORBIDDEN, f"{path}.{key}", f"{key} is not supported")
    yield from _forbidden(schema, path)
    yield from _map_type(schema, path)
    yield from _list_type(schema, path)


def _forbidden(schema: Schema, path: str) -> Iterator[FieldError]:
    if isinstance(schema.get("items"), list):
        words = "items must be a schema object and not an array"
        yield FieldError(FieldErrorType.FORBIDDEN, f"{path}.items", words)
    if schema.get("uniqueItems") is True:
        words = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield FieldError(FieldErrorType.FORBIDDEN, f"{path}.uniqueItems", words)
    extra = schema.get("additionalProperties")
    if extra is not None and extra is not True and child(schema, "properties"):
        words = "additionalProperties and properties are mutual exclusive"
        yield FieldError(FieldErrorType.FORBIDDEN, f"{path}.additionalProperties", words)
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        key = "x-kubernetes-preserve-unknown-fields"
        yield FieldError(FieldErrorType.INVALID, f"{path}.{key}", "must be true or undefined", bad_value=False)


def _not_supported(path: str, value: str, supported: tuple[str, ...]) -> FieldError:
    words = "supported values: " + ", ".join(quote(one) for one in supported)
    return FieldError(FieldErrorType.NOT_SUPPORTED, path, words, value)


def _needs_type(schema: Schema, path: str, wanted: str, because: str) -> Iterator[FieldError]:
    kind = text(schema, "type")
    if kind != wanted:
        wrong = FieldErrorType.INVALID if kind else FieldErrorType.REQUIRED
        yield FieldError(wrong, f"{path}.type", f"must be {wanted} if {because} is specified", kind)


def _map_type(schema: Schema, path: str) -> Iterator[FieldError]:
    key = "x-kubernetes-map-type"
    if schema.get(key) is None:
        return
    yield from _needs_type(schema, path, "object", key)
    if text(schema, key) not in ("atomic", "granular"):
        yield _not_supported(f"{path}.{key}", text(schema, key), ("atomic", "granular"))


def _list_type(schema: Schema, path: str) -> Iterator[FieldError]:
    kind, keys = text(schema, "x-kubernetes-list-type"), _keys(schema)
    if kind:
        yield from _needs_type(schema, path, "array", "x-kubernetes-list-type")
    if kind not in ("", "atomic", "set", "map"):
        yield _not_supported(f"{path}.x-kubernetes-list-type", kind, ("atomic", "set", "map"))
    if keys and kind != "map":
        wrong = FieldErrorType.INVALID if kind else FieldErrorType.REQUIRED
        words = "must be map if x-kubernetes-list-map-keys is non-empty"
        yield FieldError(wrong, f"{path}.x-kubernetes-list-type", words, kind)
    if kind == "set":
        yield from _set_items(child(schema, "items"), f"{path}.items")
    if kind == "map":
        yield from _map_items(schema, keys, path)
    if kind in ("set", "map") and child(schema, "items").get("nullable") is True:
        words = f"cannot be nullable when x-kubernetes-list-type is {kind}"
        yield FieldError(FieldErrorType.FORBIDDEN, f"{path}.items.nullable", words)


def _keys(schema: Schema) -> list[str]:
    found = schema.get("x-kubernetes-list-map-keys")
    return [key for key in found if isinstance(key, str)] if isinstance(found, list) else []


def _set_items(items: Schema, path: str) -> Iterator[FieldError]:
    words = "must be atomic as item of a list with x-kubernetes-list-type=set"
    kind = text(items, "type")
    if kind == "array" and text(items, "x-kubernetes-list-type") not in ("", "atomic"):
        key = "x-kubernetes-list-type"
        yield FieldError(FieldErrorType.INVALID, f"{path}.{key}", words, text(items, key))
    if kind == "object" and text(items, "x-kubernetes-map-type") != "atomic":
        yield FieldError(FieldErrorType.INVALID, f"{path}.x-kubernetes-map-type", words, None)


def _map_items(schema: Schema, keys: list[str], path: str) -> Iterator[FieldError]:
    items = child(schema, "items")
    if not keys:
        words = "must not be empty if x-kubernetes-list-type is map"
        yield FieldError(FieldErrorType.REQUIRED, f"{path}.x-kubernetes-list-map-keys", words)
    if "items" not in schema:
        words = "must have a schema if x-kubernetes-list-type is map"
        yield FieldError(FieldErrorType.REQUIRED, f"{path}.items", words)
    elif text(items, "type") != "object":
        words = "must be object if parent array's x-kubernetes-list-type is map"
        yield FieldError(FieldErrorType.INVALID, f"{path}.items.type", words, text(items, "type"))
    else:
        for at, key in enumerate(keys):
            yield from _map_key(items, key, f"{path}.items", f"{path}.x-kubernetes-list-map-keys", keys, keys[:at])


def _map_key(
    items: Schema, key: str, path: str, where: str, keys: list[str], earlier: list[str]
) -> Iterator[FieldError]:
    column = child(child(items, "properties"), key)
    if key not in child(items, "properties"):
        yield FieldError(FieldErrorType.INVALID, where, "entries must all be names of item properties", keys)
    elif text(column, "type") in ("array", "object"):
        words = "must be a scalar type if parent array's x-kubernetes-list-type is map"
        yield FieldError(FieldErrorType.INVALID, f"{path}.properties[{key}].type", words, text(items, "type"))
    if key in earlier:
        yield FieldError(FieldErrorType.INVALID, where, "must not contain duplicate entries", keys)
    required = items.get("required")
    if column and not (isinstance(required, list) and key in required) and column.get("default") is None:
        words = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
        yield FieldError(FieldErrorType.REQUIRED, f"{path}.properties[{key}].default", words)
    if column.get("nullable") is True:
        words = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"
        yield FieldError(FieldErrorType.FORBIDDEN, f"{path}.properties[{key}].nullable", words)
