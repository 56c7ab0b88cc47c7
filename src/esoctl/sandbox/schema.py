"""What a CRD's structural schema does to an object: unknown fields go, defaults come, wrong values are named.

``prune`` and ``default`` work in place; ``validate`` (see ``validation``) changes nothing.

From: k8s.io/apiextensions-apiserver, ``pkg/apiserver/schema/pruning`` and ``defaulting``.
"""

from collections.abc import Iterator, Mapping

from esoctl.sandbox.documents import Doc, child, copy
from esoctl.sandbox.validation import validate, validate_status

__all__ = ["default", "prune", "validate", "validate_status"]

_META = frozenset({"apiVersion", "kind", "metadata"})
Schema = Mapping[str, object]
_UNKNOWN: Schema = {}


def prune(obj: Doc, schema: Schema) -> list[str]:
    """Remove fields the schema does not have, and nulls it does not want; return the paths of the former, sorted.

    Paths read as in strict decoding: ``spec.data[0].x``. The object's own metadata is not looked at.
    """
    found = sorted(_prune(obj, {**schema, "x-kubernetes-embedded-resource": True}, ""))
    _drop_nulls(obj, schema)
    return found


def _preserves(schema: Schema) -> bool:
    return schema.get("x-kubernetes-preserve-unknown-fields") is True


def _prune(value: object, schema: Schema, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _prune_map(value, schema, path)
    elif isinstance(value, list):
        items = child(schema, "items")
        if items or not _preserves(schema):
            for number, item in enumerate(value):
                yield from _prune(item, items, f"{path}[{number}]")


def _prune_map(value: Doc, schema: Schema, path: str) -> Iterator[str]:
    keep = _META if schema.get("x-kubernetes-embedded-resource") is True else frozenset[str]()
    for key in [key for key in value if key not in keep]:
        below = _below(schema, key)
        where = f"{path}.{key}" if path else key
        if below is not None:
            yield from _prune(value[key], below, where)
        elif not _preserves(schema):
            del value[key]
            yield where


def _below(schema: Schema, key: str) -> Schema | None:
    """The schema of a key; None when it is unknown."""
    found = child(schema, "properties").get(key)
    if isinstance(found, dict):
        return found
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        return extra
    return _UNKNOWN if extra is True else None


def _drop_nulls(value: object, schema: Schema) -> None:
    if isinstance(value, dict):
        for key, item in list(value.items()):
            below = _below(schema, key)
            if item is None and below and below.get("nullable") is not True and below.get("default") is None:
                del value[key]
            else:
                _drop_nulls(item, below or _UNKNOWN)
    elif isinstance(value, list):
        for item in value:
            _drop_nulls(item, child(schema, "items"))


def default(obj: Doc, schema: Schema) -> None:
    """Fill in the schema's defaults where a field is missing, or is null and may not be."""
    _default(obj, schema)


def _default(value: object, schema: Schema) -> None:
    if isinstance(value, dict):
        _default_map(value, schema)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        items = child(schema, "items")
        for number, item in enumerate(value):
            value[number] = copy(items.get("default")) if _unwanted_null(item, items) else item
            _default(value[number], items)


def _default_map(value: Doc, schema: Schema) -> None:
    properties = child(schema, "properties")
    for key in properties:
        below = child(properties, key)
        wanted = below.get("default")
        if wanted is not None and (key not in value or _unwanted_null(value[key], below)):
            value[key] = copy(wanted)
    for key in value:
        found = _below(schema, key) or _UNKNOWN
        if key not in properties and found and _unwanted_null(value[key], found):
            value[key] = copy(found.get("default"))
        _default(value[key], found)


def _unwanted_null(value: object, schema: Schema) -> bool:
    return value is None and schema.get("nullable") is not True
