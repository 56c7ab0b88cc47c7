"""Tells the items of lists apart that a schema declares to be sets or maps.

From: k8s.io/apiextensions-apiserver, ``pkg/apiserver/schema/listtype``; k8s.io/apiserver, ``pkg/cel/common``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from esoctl.sandbox.documents import child, equal, text
from esoctl.sandbox.field_errors import FieldError, FieldErrorType
from esoctl.sandbox.remembered import remembered

Schema = Mapping[str, object]


class Absent:
    """Stands for an old value that does not exist or cannot be told."""


ABSENT = Absent()


@remembered
def keys_of(schema: Schema) -> list[str]:
    """The fields that name an item; none unless the list is a map."""
    if text(schema, "x-kubernetes-list-type") != "map":
        return []
    found = schema.get("x-kubernetes-list-map-keys")
    return [key for key in found if isinstance(key, str)] if isinstance(found, list) else []


def counterpart(item: object, schema: Schema, old: object) -> object:
    """The item of the old list that is the same one; absent where the list's type cannot tell."""
    keys = keys_of(schema)
    if not keys or not isinstance(item, dict) or not isinstance(old, list):
        return ABSENT
    for other in old:
        if isinstance(other, dict) and all(equal(item.get(key), other.get(key)) for key in keys):
            return other
    return ABSENT


def old_value(key: str, old: object) -> object:
    """What was under a key before."""
    return old.get(key, ABSENT) if isinstance(old, dict) else ABSENT


def unchanged(value: object, old: object, schema: Schema) -> bool:
    """Whether a value equals its old self; the order of a list with keys does not count."""
    if not has_keys(schema):
        return equal(value, old)
    if isinstance(value, list) and isinstance(old, list) and keys_of(schema):
        items = child(schema, "items")
        same = (unchanged(item, counterpart(item, schema, old), items) for item in value)
        return len(value) == len(old) and all(same)
    if isinstance(value, dict) and isinstance(old, dict):
        properties, extra = child(schema, "properties"), child(schema, "additionalProperties")
        same = (unchanged(item, old.get(key, ABSENT), child(properties, key) or extra) for key, item in value.items())
        return value.keys() == old.keys() and all(same)
    return equal(value, old)


def parts(schema: Schema) -> Iterator[Schema]:
    """The schemas of the values inside of one."""
    yield from (one for one in (schema.get("items"), schema.get("additionalProperties")) if isinstance(one, dict))
    yield from (one for one in child(schema, "properties").values() if isinstance(one, dict))


@remembered
def has_keys(schema: Schema) -> bool:
    """Whether there are lists with keys, at any depth."""
    return bool(keys_of(schema)) or any(map(has_keys, parts(schema)))


@remembered
def tells_apart(schema: Schema) -> bool:
    """Whether there are lists that must not hold an item twice, at any depth."""
    return text(schema, "x-kubernetes-list-type") in ("set", "map") or any(map(tells_apart, parts(schema)))


def duplicates(value: object, schema: Schema, path: str) -> Iterator[FieldError]:
    """Items that occur a second time, at any depth."""
    if not tells_apart(schema):
        return
    if isinstance(value, list):
        yield from _in_list(value, schema, path)
    elif isinstance(value, dict):
        properties, extra = child(schema, "properties"), schema.get("additionalProperties")
        for key, item in value.items():
            if isinstance(extra, dict):
                yield from duplicates(item, extra, f"{path}[{key}]")
            if isinstance(properties.get(key), dict):
                yield from duplicates(item, child(properties, key), f"{path}.{key}" if path else key)


def _in_list(value: list[object], schema: Schema, path: str) -> Iterator[FieldError]:
    kind = text(schema, "x-kubernetes-list-type")
    if kind == "map":
        for at, item in enumerate(value):
            if item is not None and not isinstance(item, dict):
                words = "must be an object for an array of list-type map"
                yield FieldError(FieldErrorType.INVALID, f"{path}[{at}]", words, item)
                return
    if kind in ("set", "map"):
        keys = keys_of(schema)
        named = [{k: item[k] for k in keys if k in item} if isinstance(item, dict) else {} for item in value]
        yield from _twice(value if kind == "set" else list(named), path)
    for at, item in enumerate(value):
        yield from duplicates(item, child(schema, "items"), f"{path}[{at}]")


def _twice(names: list[object], path: str) -> Iterator[FieldError]:
    """The second of each name; a third is not told again."""
    times: dict[str, int] = {}
    for at, name in enumerate(names):
        written = json.dumps(name, sort_keys=True)
        times[written] = times.get(written, 0) + 1
        if times[written] == 2:
            yield FieldError(FieldErrorType.DUPLICATE, f"{path}[{at}]", "", name)
