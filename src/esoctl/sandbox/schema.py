"""What a CRD's structural schema does to an object: unknown fields go, defaults come, wrong values are named.

``prune`` and ``default`` work in place; ``validate`` (see ``validation``) changes nothing.

From: k8s.io/apiextensions-apiserver, ``pkg/apiserver/schema/pruning`` and ``defaulting``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from esoctl.sandbox.documents import Doc, child, copy, written
from esoctl.sandbox.list_items import parts
from esoctl.sandbox.remembered import remembered
from esoctl.sandbox.validation import validate, validate_status

__all__ = ["default", "prune", "validate", "validate_status"]

_META = frozenset({"apiVersion", "kind", "metadata"})
Schema = Mapping[str, object]
_UNKNOWN: Schema = {}


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a schema says of the values inside."""

    fields: Mapping[str, Schema]
    rest: Schema | None
    """Of keys that have no schema of their own; None when those are unknown."""
    items: Schema
    preserves: bool
    keeps: frozenset[str]
    """Keys that are not looked at."""
    defaults: tuple[tuple[str, Schema], ...]
    """The fields that have one."""

    def below(self, key: str) -> Schema | None:
        """The schema of a key; None when it is unknown."""
        return self.fields.get(key, self.rest)


@remembered
def _shape(schema: Schema) -> _Shape:
    fields = {name: one for name, one in child(schema, "properties").items() if isinstance(one, dict)}
    extra = schema.get("additionalProperties")
    return _Shape(
        fields,
        extra if isinstance(extra, dict) else _UNKNOWN if extra is True else None,
        child(schema, "items"),
        schema.get("x-kubernetes-preserve-unknown-fields") is True,
        _META if schema.get("x-kubernetes-embedded-resource") is True else frozenset(),
        tuple((name, one) for name, one in fields.items() if one.get("default") is not None),
    )


def prune(obj: Doc, schema: Schema) -> list[str]:
    """Remove fields the schema does not have, and nulls it does not want; return the paths of the former, sorted.

    Paths read as in strict decoding: ``spec.data[0].x``. The object's own metadata is not looked at.
    """
    found = sorted(_prune_map(obj, _shape(schema), _META, ""))
    if b":null" in (written(obj) or b":null"):
        _drop_nulls(obj, schema)
    return found


def _prune(value: object, schema: Schema, path: str) -> Iterator[str]:
    shape = _shape(schema)
    if isinstance(value, dict):
        yield from _prune_map(value, shape, shape.keeps, path)
    elif isinstance(value, list) and (shape.items or not shape.preserves):
        for number, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from _prune(item, shape.items, f"{path}[{number}]")


def _prune_map(value: Doc, shape: _Shape, keeps: frozenset[str], path: str) -> Iterator[str]:
    for key in [key for key in value if key not in keeps]:
        below = shape.below(key)
        if below is None and not shape.preserves:
            del value[key]
            yield f"{path}.{key}" if path else key
        elif below is not None and isinstance(value[key], dict | list):
            yield from _prune(value[key], below, f"{path}.{key}" if path else key)


def _drop_nulls(value: object, schema: Schema) -> None:
    shape = _shape(schema)
    if isinstance(value, dict):
        for key in [key for key, item in value.items() if item is None or isinstance(item, dict | list)]:
            below, item = shape.below(key), value[key]
            if item is not None:
                _drop_nulls(item, below or _UNKNOWN)
            elif below and below.get("nullable") is not True and below.get("default") is None:
                del value[key]
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list):
                _drop_nulls(item, shape.items)


@remembered
def _has_defaults(schema: Schema) -> bool:
    """Whether a value inside has one, at any depth."""
    return any(one.get("default") is not None or _has_defaults(one) for one in parts(schema))


def default(obj: Doc, schema: Schema) -> None:
    """Fill in the schema's defaults where a field is missing, or is null and may not be."""
    _default(obj, schema)


def _default(value: object, schema: Schema) -> None:
    if not _has_defaults(schema):
        return
    if isinstance(value, dict):
        _default_map(value, _shape(schema))
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        items = child(schema, "items")
        for number, item in enumerate(value):
            value[number] = copy(items.get("default")) if _unwanted_null(item, items) else item
            _default(value[number], items)


def _default_map(value: Doc, shape: _Shape) -> None:
    for key, below in shape.defaults:
        if key not in value or _unwanted_null(value[key], below):
            value[key] = copy(below.get("default"))
    for key, item in value.items():
        found = shape.below(key) or _UNKNOWN
        if item is None and key not in shape.fields and found and _unwanted_null(item, found):
            value[key] = copy(found.get("default"))
        _default(value[key], found)


def _unwanted_null(value: object, schema: Schema) -> bool:
    return value is None and schema.get("nullable") is not True
