"""Tells whether the schemas of a CustomResourceDefinition are structural and well formed.

Names, versions and scope of the definition are not looked at here. Not checked, unlike in the API server: the
estimated cost of CEL rules, and defaults below ``metadata``.

From: k8s.io/apiextensions-apiserver, ``pkg/apiserver/schema`` (validation.go, complete.go) and
``pkg/apis/apiextensions/validation``, whose words these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import Enum

from esoctl.sandbox import keywords, limits, rule_checks
from esoctl.sandbox.documents import child, copy, equal, text
from esoctl.sandbox.field_errors import NO_FIELD, FieldError, FieldErrorType
from esoctl.sandbox.schema import default, prune
from esoctl.sandbox.validation import validate

Schema = Mapping[str, object]
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
_NESTED_EMPTY = (
    ("type", "must be empty to be structural"),
    ("additionalProperties", "must be undefined to be structural"),
    ("default", "must be undefined to be structural"),
    ("title", "must be empty to be structural"),
    ("description", "must be empty to be structural"),
    ("nullable", "must be false to be structural"),
    ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
    ("x-kubernetes-embedded-resource", "must be false to be structural"),
    ("x-kubernetes-int-or-string", "must be false to be structural"),
    ("x-kubernetes-list-map-keys", "must be empty to be structural"),
    ("x-kubernetes-list-type", "must be undefined to be structural"),
    ("x-kubernetes-map-type", "must be undefined to be structural"),
    ("x-kubernetes-validations", "must be empty to be structural"),
)


class _Level(Enum):
    ROOT = "must not be empty at the root"
    ITEM = "must not be empty for specified array items"
    FIELD = "must not be empty for specified object fields"


def problems(crd: Mapping[str, object]) -> list[FieldError]:
    """What is wrong with the schemas of a definition, each version's in turn."""
    found = child(crd, "spec").get("versions")
    versions = [version for version in found if isinstance(version, dict)] if isinstance(found, list) else []
    schemas = [child(child(version, "schema"), "openAPIV3Schema") for version in versions]
    if schemas and all(equal(schema, schemas[0]) for schema in schemas):
        return _problems_of(schemas[0], "spec.validation.openAPIV3Schema")
    errors: list[FieldError] = []
    for at, schema in enumerate(schemas):
        errors += _problems_of(schema, f"spec.versions[{at}].schema.openAPIV3Schema")
    return errors


def _problems_of(schema: Schema, path: str) -> list[FieldError]:
    """CEL rules are only looked at in a schema that is otherwise sound."""
    found = [*_structure(schema, _Level.ROOT, path), *_completeness(schema, schema, path, path)]
    found.sort(key=FieldError.message)
    if not found:
        found = list(_defaults(schema, path))
    found += keywords.problems(schema, path)
    return found or rule_checks.problems(schema, path)


def _structure(schema: Schema, level: _Level, path: str) -> Iterator[FieldError]:
    kind = text(schema, "type")
    if kind == "array" and not isinstance(schema.get("items"), dict | list):
        yield FieldError(FieldErrorType.REQUIRED, f"{path}.items", "must be specified")
    if isinstance(schema.get("items"), dict):
        yield from _structure(child(schema, "items"), _Level.ITEM, f"{path}.items")
    for name, below in child(schema, "properties").items():
        yield from _structure(below if isinstance(below, dict) else {}, _Level.FIELD, f"{path}.properties[{name}]")
    extra = schema.get("additionalProperties")
    if extra is not None and level is _Level.ROOT:
        yield FieldError(FieldErrorType.FORBIDDEN, f"{path}.additionalProperties", "must not be used at the root")
    if isinstance(extra, dict):
        yield from _structure(extra, _Level.FIELD, f"{path}.additionalProperties")
    yield from _extensions(schema, path)
    yield from _values(schema, path)
    yield from _type(schema, level, path)
    yield from _metadata(schema, level, path)


def _extensions(schema: Schema, path: str) -> Iterator[FieldError]:
    if schema.get("x-kubernetes-int-or-string") is True:
        for key in ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"):
            if schema.get(key) is True:
                words = "must be false if x-kubernetes-int-or-string is true"
                yield FieldError(FieldErrorType.INVALID, f"{path}.{key}", words, True)
    if schema.get("x-kubernetes-embedded-resource") is True:
        if schema.get("additionalProperties") is not None:
            words = "must not be used if x-kubernetes-embedded-resource is set"
            yield FieldError(FieldErrorType.FORBIDDEN, f"{path}.additionalProperties", words)
        if schema.get("x-kubernetes-preserve-unknown-fields") is not True and not child(schema, "properties"):
            words = "must not be empty if x-kubernetes-embedded-resource is true without "
            words += "x-kubernetes-preserve-unknown-fields"
            yield FieldError(FieldErrorType.REQUIRED, f"{path}.properties", words)


def _type(schema: Schema, level: _Level, path: str) -> Iterator[FieldError]:
    kind = text(schema, "type")
    free = ("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields")
    if schema.get("x-kubernetes-embedded-resource") is True and kind != "object":
        words = "must be object if x-kubernetes-embedded-resource is true"
        wrong = FieldErrorType.INVALID if kind else FieldErrorType.REQUIRED
        yield FieldError(wrong, f"{path}.type", words, kind)
    elif not kind and not any(schema.get(key) is True for key in free):
        yield FieldError(FieldErrorType.REQUIRED, f"{path}.type", level.value)
    if level is _Level.ROOT and kind not in ("", "object"):
        yield FieldError(FieldErrorType.INVALID, f"{path}.type", "must be object at the root", kind)


def _metadata(schema: Schema, level: _Level, path: str) -> Iterator[FieldError]:
    """What every resource has can hardly be restricted."""
    if level is not _Level.ROOT and schema.get("x-kubernetes-embedded-resource") is not True:
        return
    properties = child(schema, "properties")
    for name in ("kind", "apiVersion"):
        kind = text(child(properties, name), "type")
        if name in properties and kind != "string":
            yield FieldError(FieldErrorType.INVALID, f"{path}.properties[{name}].type", "must be string", kind)
    if "metadata" not in properties:
        return
    metadata = child(properties, "metadata")
    where = f"{path}.properties[metadata]"
    if text(metadata, "type") != "object":
        yield FieldError(FieldErrorType.INVALID, f"{where}.type", "must be object", text(metadata, "type"))
    rest = {key: value for key, value in metadata.items() if key not in ("type", "default", "properties")}
    if level is _Level.ROOT and (rest or child(metadata, "properties").keys() - {"name", "generateName"}):
        words = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        yield FieldError(FieldErrorType.FORBIDDEN, where, words)


def _nested(schema: Schema) -> Iterator[tuple[str, Schema]]:
    for key in ("anyOf", "allOf", "oneOf"):
        found = schema.get(key)
        for at, one in enumerate(found if isinstance(found, list) else []):
            if isinstance(one, dict):
                yield f"{key}[{at}]", one
    if isinstance(schema.get("not"), dict):
        yield "not", child(schema, "not")


def _values(schema: Schema, path: str) -> Iterator[FieldError]:
    """Alternatives may restrict values, but not say what there is; int-or-string may be spelled out."""
    spelled = equal(schema.get("anyOf"), _INT_OR_STRING)
    for where, one in _nested(schema):
        if not (spelled and where.startswith("anyOf")):
            yield from _restriction(one, f"{path}.{where}", first=where == "allOf[0]")
    pattern = schema.get("pattern")
    wrong = limits.pattern_problem(pattern) if isinstance(pattern, str) else ""
    if wrong:
        words = f"must be a valid regular expression, but isn't: {wrong}"
        yield FieldError(FieldErrorType.INVALID, f"{path}.pattern", words, pattern)


def _restriction(schema: Schema, path: str, *, first: bool = False) -> Iterator[FieldError]:
    spelled = first and equal(schema.get("anyOf"), _INT_OR_STRING)
    yield from _values({key: value for key, value in schema.items() if not (spelled and key == "anyOf")}, path)
    if isinstance(schema.get("items"), dict):
        yield from _restriction(child(schema, "items"), f"{path}.items")
    for name, below in child(schema, "properties").items():
        yield from _restriction(below if isinstance(below, dict) else {}, f"{path}.properties[{name}]")
    for key, words in _NESTED_EMPTY:
        if schema.get(key) not in (None, False, "", []):
            yield FieldError(FieldErrorType.FORBIDDEN, f"{path}.{key}", words)
    if "metadata" in child(schema, "properties"):
        words = "must not be specified in a nested context"
        yield FieldError(FieldErrorType.FORBIDDEN, f"{path}.properties[metadata]", words)


def _completeness(values: Schema, schema: Schema | None, path: str, where: str) -> Iterator[FieldError]:
    """Fields that the root's alternatives speak of must be specified outside of them."""
    for step, one in _nested(values):
        yield from _complete(one, schema, path, f"{where}.{step}")


def _complete(values: Schema, schema: Schema | None, path: str, where: str) -> Iterator[FieldError]:
    if schema is None:
        yield FieldError(FieldErrorType.REQUIRED, path, f"because it is defined in {where}")
        return
    yield from _completeness(values, schema, path, where)
    if isinstance(values.get("items"), dict):
        items = child(schema, "items") if isinstance(schema.get("items"), dict) else None
        yield from _complete(child(values, "items"), items, f"{path}.items", f"{where}.items")
    known = child(schema, "properties")
    for name, below in child(values, "properties").items():
        step = f"properties[{name}]"
        found = child(known, name) if name in known else None
        yield from _complete(below if isinstance(below, dict) else {}, found, f"{path}.{step}", f"{where}.{step}")


def _defaults(schema: Schema, path: str) -> Iterator[FieldError]:
    """Defaults must be what the schema would keep and accept."""
    for where, node in nodes(schema, path):
        value = copy(node.get("default"))
        if value is None:
            continue
        holder, whole = {"default": value}, {"properties": {"default": node}}
        if prune(holder, whole):
            words = "must not have unknown fields"
            yield FieldError(FieldErrorType.INVALID, f"{where}.default", words, node["default"])
        default(holder, whole)
        for error in validate(holder.get("default"), node):
            inside = "" if error.field == NO_FIELD else f".{error.field}"
            yield replace(error, field=f"{where}.default{inside}")


def nodes(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Every node of a schema that stands for a value, parents first; alternatives are not entered."""
    yield path, schema
    if isinstance(schema.get("items"), dict):
        yield from nodes(child(schema, "items"), f"{path}.items")
    for name, below in child(schema, "properties").items():
        if isinstance(below, dict):
            yield from nodes(below, f"{path}.properties[{name}]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from nodes(child(schema, "additionalProperties"), f"{path}.additionalProperties")
